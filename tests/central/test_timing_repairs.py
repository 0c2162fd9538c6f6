"""Repairs beside the punches, on both databases, and the workdays that follow them by themselves."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from central.ledger import landing, repairs
from central.ledger.database import Ledger
from central.ledger.repairs import boots
from central.ledger.schema import punches
from central.ledger.workdays import doubts
from central.post import Delivery
from central.streams import Parcel
from edge.readers.identity import memoryless_punch_id
from tests.central.days.works import MONDAY, OFFICE, Works, person
from tests.central.facts import envelope
from wire.codec import encode
from wire.facts import EdgeEvent, Fact
from wire.punch import Badge, Clock, Punch, Trust
from wire.vitals import Heartbeat

EDGE = "pune-01"
BOOTED = datetime(2026, 5, 11, 3, 0, tzinfo=UTC)
"""08:30 in Pune on a Monday: the Pi starts, its clock in January."""
BEHIND = timedelta(days=120)
CARD = Badge(raw="1", form="user-id")


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """A works on Wednesday with an office shift and two people."""
    made = Works(ledger, tmp_path, (person(1), person(2)))
    made.settings(OFFICE)
    made.settle()
    made.published.clear()
    return made


class Pi:
    """A Pi in one boot: what its facts say of the time, with its clock `off` by so much."""

    def __init__(self, works: Works, boot_id: str = "boot-1") -> None:
        self._works = works
        self._boot_id = boot_id
        self._seq = 0

    def tells(self, *facts: Fact) -> None:
        """Land facts."""
        first = self._seq + 1
        self._seq += len(facts)
        parcel = Parcel.of(EDGE, envelope(first, *facts), enumerate(facts, first))
        with self._works.ledger.write() as connection:
            landing.land(connection, [parcel], self._works.now)

    def card(self, minutes: float, trust: Trust = "unset", off: timedelta = -BEHIND) -> Punch:
        """A card presented so many minutes after the boot."""
        at = BOOTED + timedelta(minutes=minutes) + off
        return Punch(
            punch_id=memoryless_punch_id(self._boot_id, int(minutes * 60), at),
            reader="desk",
            kind="wedge",
            badge=CARD,
            read_at=at,
            clock=Clock(trust=trust, boot_id=self._boot_id, uptime_s=minutes * 60),
            how="live",
        )

    def synced(self, minutes: float) -> EdgeEvent:
        """The edge's word that a time server has set the clock."""
        fields: dict[str, str | int | float | None] = {"boot_id": self._boot_id, "uptime_s": minutes * 60}
        return EdgeEvent(event="clock_synced", at=BOOTED + timedelta(minutes=minutes), fields=fields)

    def beats(self, minutes: float, trust: Trust = "synced") -> None:
        """A heartbeat."""
        beat = Heartbeat(
            at=BOOTED + timedelta(minutes=minutes),
            session="s",
            boot_id=self._boot_id,
            uptime_s=minutes * 60,
            trust=trust,
            backlog=0,
        )
        levels = ("edge", EDGE, "heartbeat")
        self._works.days.take(Delivery(levels, encode(beat), retained=False, mid=0, connection=0))


def doubted(works: Works) -> list[str]:
    """Why punches are to be reviewed."""
    with works.ledger.read() as connection:
        return [reason for _, reason in doubts.listed(connection, 10)]


def came(works: Works, day: date = MONDAY) -> list[str]:
    """The real clockings of a workday."""
    result = works.day(day)
    return [f"{one.at:%H:%M:%S}" for one in result.clockings if one.punch] if result else []


def test_a_boot_months_behind_is_repaired_when_it_is_synchronised(works: Works) -> None:
    """Cards read in January by the Pi's clock count on the Monday of May on which they were read."""
    pi = Pi(works)
    pi.tells(pi.card(30), pi.card(510))
    works.settle()
    assert doubted(works) == ["clock-unset"] * 2
    assert came(works) == []
    pi.tells(pi.synced(600))
    works.settle()
    assert doubted(works) == []
    assert came(works) == ["09:00:00", "17:00:00"]
    told = [day for day in works.published if day.date == MONDAY]
    assert "time_unsure" not in told[-1].flags


def test_what_comes_together_with_the_word_that_dates_it_is_repaired_at_once(works: Works) -> None:
    """The very first punches of a reader may come in one message with one that was synchronised."""
    pi = Pi(works)
    pi.tells(pi.card(30), pi.card(510, "synced", timedelta(0)))
    works.settle()
    assert doubted(works) == []
    assert came(works) == ["09:00:00", "17:00:00"]


@pytest.mark.parametrize("by", ["a heartbeat", "a punch"])
def test_any_synchronised_word_of_the_boot_repairs_it(works: Works, by: str) -> None:
    """A later punch does it, and a heartbeat does it where nobody punches any more."""
    pi = Pi(works)
    pi.tells(pi.card(30))
    works.settle()
    if by == "a punch":
        pi.tells(pi.card(510, "synced", timedelta(0)))
    else:
        pi.beats(100, "unset")
        works.settle()
        assert came(works) == []
        pi.beats(510)
        works.days.turn()
    works.settle()
    assert came(works)[0] == "09:00:00"


def test_punches_that_arrive_after_the_sync_are_repaired_at_once(works: Works) -> None:
    """The heartbeat may overtake a backlog."""
    pi = Pi(works)
    pi.beats(510)
    works.days.turn()
    pi.tells(pi.card(30), pi.card(480))
    works.settle()
    assert came(works) == ["09:00:00", "16:30:00"]


def test_a_boot_that_is_never_synchronised_stays_in_review(works: Works) -> None:
    """Another boot of the same Pi, or the nameless boot of another, dates nothing."""
    pi = Pi(works)
    pi.tells(pi.card(30))
    other = Pi(works, "boot-2")
    other.beats(510)
    nameless = Pi(works, "unknown")
    nameless.tells(nameless.card(31), nameless.synced(40))
    works.settle()
    assert doubted(works) == ["clock-unset"] * 2
    assert came(works) == []


@pytest.mark.parametrize("step", [timedelta(hours=3), timedelta(days=-2)], ids=["forward", "back"])
def test_a_clock_that_somebody_moved_is_put_right(works: Works, step: timedelta) -> None:
    """In holdover the boot knows better than the clock; the day on which the punch counted first loses it."""
    pi = Pi(works)
    wrong = pi.card(30, "holdover", step)
    pi.tells(wrong)
    works.settle()
    there = (wrong.read_at + timedelta(hours=5.5)).date()
    assert came(works, there) != []
    pi.tells(pi.synced(5))
    works.settle()
    assert came(works) == ["09:00:00"]
    if there != MONDAY:
        assert came(works, there) == []


def test_the_punch_itself_stays_as_it_was_read(works: Works) -> None:
    """The repair stands beside the original, with its bounds."""
    pi = Pi(works)
    read = pi.card(30)
    pi.tells(read, pi.synced(600))
    with works.ledger.read() as connection:
        row = connection.execute(select(punches)).mappings().one()
        repair = connection.execute(select(repairs.repairs)).mappings().one()
    assert (row["read_at"], row["clock_trust"]) == (read.read_at, "unset")
    assert repair["read_at"] == BOOTED + timedelta(minutes=30)
    assert repair["within_s"] == pytest.approx(1 + 1e-4 * 570 * 60)


def test_a_terminals_offset_is_repaired_with_its_pi(works: Works) -> None:
    """Measured against a clock months behind, a right terminal looked wrong; repaired its day is sure."""
    pi = Pi(works)
    read = pi.card(40)
    works.punch(
        "2026-05-11 09:05",
        clock=Clock(
            trust="unset", boot_id="boot-1", uptime_s=40 * 60, offset_s=BEHIND.total_seconds() + 5.5 * 3600
        ),
        read_at=read.read_at,
    )
    works.settle()
    before = works.day(MONDAY)
    assert before is not None
    assert "time_unsure" in before.flags
    pi.tells(pi.synced(60))
    works.settle()
    after = works.day(MONDAY)
    assert after is not None
    assert "time_unsure" not in after.flags
    assert came(works) == ["09:05:00"]


def test_a_terminal_three_hours_off_is_flagged_and_counts_as_it_printed(works: Works) -> None:
    """Nobody's time is changed in silence; the workday says that it is unsure."""
    works.punch(
        "2026-05-13 09:05",
        clock=Clock(trust="synced", boot_id="b", uptime_s=9.0, offset_s=8.5 * 3600),
    )
    works.settle()
    day = works.day(date(2026, 5, 13))
    assert day is not None
    assert "time_unsure" in day.flags
    assert came(works, date(2026, 5, 13)) == ["09:05:00"]


def test_an_accepted_time_counts(works: Works) -> None:
    """A punch of a dead battery counts where a person put it, and waits for nobody any more."""
    punch_id = works.punch("2000-01-01 00:05")
    works.settle()
    assert doubted(works) == ["before-2000"]
    true_at = datetime(2026, 5, 11, 3, 40, tzinfo=UTC)
    with works.ledger.write() as connection:
        assert repairs.accept(connection, bytes.fromhex(punch_id), true_at, "anna", works.now)
        assert not repairs.accept(connection, bytes(16), true_at, "anna", works.now)
    works.settle()
    assert doubted(works) == []
    assert came(works) == ["09:10:00"]


def test_a_boot_is_known_by_few_sightings(works: Works) -> None:
    """Hours of synchronised punches leave one row, moved on now and then."""
    pi = Pi(works)
    pi.tells(*(pi.card(minutes, "synced", timedelta(0)) for minutes in range(1, 200, 3)))
    pi.tells(*(pi.card(minutes, "synced", timedelta(0)) for minutes in range(202, 208)))
    with works.ledger.read() as connection:
        row = connection.execute(select(boots)).mappings().one()
    assert (row["first_uptime_s"], row["last_uptime_s"]) == (60, 199 * 60)
