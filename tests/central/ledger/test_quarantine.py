"""What cannot be read is kept, counted, and read again by a central that understands more."""

from datetime import timedelta

from central.ledger import quarantine, queries
from central.ledger.database import Ledger
from central.ledger.replay import replay
from central.streams import Unread
from tests.central.conftest import NOW
from tests.central.facts import envelope, terminal_punch
from wire.codec import encode

GARBAGE = Unread("pune-01", b"\xff\x00", "not JSON")


def test_same_bytes_are_kept_once_and_counted(ledger: Ledger) -> None:
    """An edge repeats what it gets no receipt for; that must not fill the disk."""
    fact = Unread("pune-01", b"{}", "unknown", "outbox-1", 7)
    for at in range(3):
        with ledger.write() as connection:
            quarantine.keep(connection, [GARBAGE, fact], NOW + timedelta(seconds=at))
    with ledger.read() as connection:
        kept = {one.unread: one for one in quarantine.waiting(connection)}
        assert quarantine.count(connection) == 2
    assert kept.keys() == {GARBAGE, fact}
    assert kept[GARBAGE].times == 3
    assert kept[GARBAGE].received_at == NOW


def test_replay_stores_what_can_be_read_by_now(ledger: Ledger) -> None:
    """After an upgrade messages and facts are stored as if they had been read at once; the rest stays."""
    whole = encode(envelope(1, terminal_punch(1), terminal_punch(2)))
    half = encode(envelope(3, terminal_punch(3), terminal_punch(4))).replace(
        b'"front-gate"', b'"Odd Name"', 1
    )
    unread = [
        GARBAGE,
        Unread("pune-01", whole, "once unknown"),
        Unread("pune-01", half, "once unknown"),
        Unread("pune-01", encode(terminal_punch(5)), "once unknown", "outbox-1", 9),
    ]
    with ledger.write() as connection:
        quarantine.keep(connection, unread, NOW)
        new = replay(connection, NOW)
        again = replay(connection, NOW)
    with ledger.read() as connection:
        left = [(one.unread.seq, one.unread.payload) for one in quarantine.waiting(connection)]
        held = queries.counts(connection)
    assert (new, again) == (4, 0)
    assert held == {("pune-01", "front-gate"): 4}
    assert len(left) == 2
    assert (None, GARBAGE.payload) in left
    assert {seq for seq, _ in left} == {None, 3}
