"""The lives of daemons in the ledger: widened as they go on, and prolonged by what was read meanwhile."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from central.availability import Life, uptime
from central.ledger import lives
from central.ledger.database import Ledger
from tests.central.facts import START, envelope, terminal_punch
from tests.central.ledger.test_landing import land
from wire.punch import Punch


def hours(count: float) -> datetime:
    """So long after the start."""
    return START + timedelta(hours=count)


def keep(ledger: Ledger, *told: tuple[str, str, float, float], edge: str = "") -> None:
    """Store lives, in one transaction."""
    with ledger.write() as connection:
        lives.keep(
            connection,
            {(edge or one, name): Life(hours(began), hours(last)) for one, name, began, last in told},
        )


def test_a_life_is_widened_by_what_is_heard_of_it(ledger: Ledger) -> None:
    """A beginning that a slow network made later is corrected, and no sign is forgotten."""
    keep(ledger, ("pune-01", "a", 1, 2), ("surat-02", "b", 0, 9))
    keep(ledger, ("pune-01", "a", 0.5, 3))
    keep(ledger, ("pune-01", "a", 0.9, 2.5))
    keep(ledger)
    with ledger.read() as connection:
        assert lives.of_edges(connection, {"pune-01"}, START, hours(24)) == {
            "pune-01": [Life(hours(0.5), hours(3))]
        }
        assert lives.of_edges(connection, None, START, hours(24)).keys() == {"pune-01", "surat-02"}
        assert lives.of_edges(connection, set(), START, hours(24)) == {}


def test_lives_that_were_over_long_ago_change_no_figure(ledger: Ledger) -> None:
    """However many starts there were, those that matter are read, and the first: since when it is known."""
    whole = [Life(hours(begin), hours(begin + 1.5)) for begin in range(0, 100, 2)]
    keep(ledger, *(("pune-01", f"{at:03}", at, at + 1.5) for at in range(0, 100, 2)))
    since, until = hours(50.5), hours(60)
    with ledger.read() as connection:
        found = lives.of_edges(connection, None, since, until)["pune-01"]
    assert len(found) < 10
    assert uptime(found, since, until, hours(200)) == uptime(whole, since, until, hours(200))


def test_a_punch_that_was_read_without_a_network_is_a_sign(ledger: Ledger) -> None:
    """The last one within a gap, of this edge, by a clock that was right."""

    def read_at(number: int, hour: float, trust: str = "synced") -> Punch:
        punch = terminal_punch(number)
        clock = replace(punch.clock, trust=trust)
        return replace(punch, read_at=hours(hour), clock=clock)

    land(ledger, envelope(1, read_at(1, 1), read_at(2, 2), read_at(3, 3, "unset"), read_at(4, 5)))
    land(ledger, envelope(1, replace(read_at(5, 3.5), reader="gate")), edge="surat-02")
    gaps = [(hours(0.5), hours(4)), (hours(6), hours(7))]
    with ledger.read() as connection:
        assert lives.signs_within(connection, "pune-01", gaps) == [hours(2)]
        assert lives.signs_within(connection, "nobody", gaps) == []
