"""What heartbeats prove about how far a reader has been read."""

from datetime import UTC, datetime, timedelta

from central.workdays.contacts import Contacts
from wire.punch import Trust
from wire.vitals import Heartbeat, ReaderState, ReaderVital

NOON = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
GATE = ("pune-01", "gate")


def beat(
    minute: int,
    *,
    contact: int | None = None,
    backlog: int = 0,
    session: str = "s",
    state: ReaderState = "ok",
    trust: Trust = "synced",
) -> Heartbeat:
    """A heartbeat some minutes after noon, whose reader last answered at `contact`, or just then."""
    at = NOON + timedelta(minutes=minute)
    seen = at if contact is None else NOON + timedelta(minutes=contact)
    vital = ReaderVital(reader="gate", state=state, since=NOON, last_contact=seen)
    return Heartbeat(at=at, session=session, uptime_s=1.0, trust=trust, backlog=backlog, readers=(vital,))


def upto(contacts: Contacts) -> int | None:
    """Minutes after noon up to which the gate is read, None for never."""
    seconds = contacts.upto.get(GATE)
    return None if seconds is None else (seconds - int(NOON.timestamp())) // 60


def test_a_contact_counts_once_a_later_heartbeat_has_nothing_left_to_send() -> None:
    """The first heartbeat may come between the contact and the reading; the second proves it."""
    contacts = Contacts()
    assert contacts.heard("pune-01", beat(0)) == {GATE}
    assert upto(contacts) is None
    assert contacts.heard("pune-01", beat(1)) == {GATE}
    assert upto(contacts) == 0


def test_a_backlog_moves_nothing() -> None:
    """What was read and waits at the branch is not known here."""
    contacts = Contacts()
    for minute in range(5):
        contacts.heard("pune-01", beat(minute, backlog=1))
    assert upto(contacts) is None
    contacts.heard("pune-01", beat(5))
    assert upto(contacts) == 4


def test_a_restarted_edge_begins_anew() -> None:
    """Two heartbeats of different sessions prove nothing together."""
    contacts = Contacts()
    contacts.heard("pune-01", beat(0, session="before"))
    contacts.heard("pune-01", beat(1, session="after"))
    assert upto(contacts) is None


def test_a_reader_that_does_not_answer_stays_where_it_was() -> None:
    """Only a contact in good state moves the mark."""
    contacts = Contacts()
    contacts.heard("pune-01", beat(0))
    contacts.heard("pune-01", beat(1))
    for minute in range(2, 6):
        contacts.heard("pune-01", beat(minute, state="lost", contact=minute))
    assert upto(contacts) == 1
    assert contacts.unread({GATE}, int((NOON + timedelta(minutes=3)).timestamp())) == [GATE]


def test_an_edge_whose_clock_was_never_set_proves_nothing() -> None:
    """Its times cannot be compared with the end of a shift."""
    contacts = Contacts()
    contacts.heard("pune-01", beat(0, trust="unset"))
    contacts.heard("pune-01", beat(1, trust="unset"))
    assert upto(contacts) is None


def test_an_older_heartbeat_takes_nothing_back() -> None:
    """The mark of a reader never moves back."""
    contacts = Contacts()
    contacts.heard("pune-01", beat(8))
    contacts.heard("pune-01", beat(9))
    contacts.heard("pune-01", beat(2))
    contacts.heard("pune-01", beat(3))
    assert upto(contacts) == 9


def test_a_reader_that_its_edge_no_longer_has_is_forgotten() -> None:
    """Nobody waits for a reader that was taken away."""
    contacts = Contacts()
    contacts.heard("pune-01", beat(0))
    gone = Heartbeat(at=NOON, session="s", uptime_s=1.0, trust="synced", backlog=0)
    assert contacts.heard("pune-01", gone) == {GATE}
    assert contacts.unread({GATE}, 2**40) == []
