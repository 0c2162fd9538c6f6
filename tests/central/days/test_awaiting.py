"""Nobody is called absent on the word of a reader that was not read."""

from datetime import timedelta
from pathlib import Path

import pytest

from central.ledger.database import Ledger
from tests.central.days.works import MONDAY, OFFICE, Works, person
from wire.days import DayResult

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """A works on Monday at noon: two readers were read just now, and a person was there on Friday."""
    made = Works(ledger, tmp_path)
    made.settings(OFFICE)
    made.at("2026-05-11 12:00")
    made.heartbeat(made.now, "gate", "canteen")
    made.punch("2026-05-08 09:00", reader="gate")
    made.settle()
    made.published.clear()
    return made


def monday(works: Works) -> DayResult:
    """Monday as it is stored."""
    day = works.day(MONDAY)
    assert day is not None
    return day


def test_a_reader_that_its_edge_no_longer_has_is_not_waited_for(works: Works) -> None:
    """A reader that was taken away can bring nothing, even to somebody who used it last week."""
    works.at("2026-05-11 17:10")
    works.heartbeat(works.now, "canteen")
    works.settle()
    assert monday(works).status == "absent"


def test_it_waits_for_the_readers_of_the_branch(works: Works) -> None:
    """Both readers stand at the person's branch, so both must have been read."""
    works.at("2026-05-11 17:10")
    works.settle()
    day = monday(works)
    assert (day.status, day.awaiting) == ("awaiting", ("pune-01/canteen", "pune-01/gate"))


def test_it_resolves_by_itself_when_the_readers_return(works: Works) -> None:
    """Once the last reader was read past the end, the day becomes what it is, and that is published."""
    works.at("2026-05-11 17:10")
    works.settle()
    works.published.clear()
    works.at("2026-05-12 08:00")
    works.heartbeat(works.now, "gate", "canteen")
    works.settle()
    assert (monday(works).status, monday(works).awaiting) == ("absent", ())
    assert [(day.date, day.status) for day in works.published] == [(MONDAY, "absent")]


def test_the_punches_that_the_reader_brings_count(works: Works) -> None:
    """A reader that was away brings what it recorded; nobody was ever called absent in between."""
    works.at("2026-05-11 17:10")
    works.settle()
    works.at("2026-05-12 08:00")
    works.punch("2026-05-11 09:00")
    works.punch("2026-05-11 17:00")
    works.settle()
    works.heartbeat(works.now, "gate", "canteen")
    works.settle()
    assert (monday(works).status, monday(works).work_s) == ("present", 8 * 3600)
    assert "absent" not in {day.status for day in works.published if day.date == MONDAY}


def test_an_edge_with_a_backlog_has_not_delivered_what_it_read(works: Works) -> None:
    """The reader was read, but its punches still wait at the branch: the day waits with them."""
    works.at("2026-05-11 17:10")
    works.heartbeat(works.now, "gate", "canteen", backlog=40)
    works.settle()
    assert monday(works).status == "awaiting"


def test_a_day_with_punches_says_what_may_still_come(works: Works) -> None:
    """Somebody who came and whose reader then went away is present, and the day says for whom it waits."""
    works.punch("2026-05-11 09:00")
    works.at("2026-05-11 17:10")
    works.settle()
    day = monday(works)
    assert (day.status, day.awaiting) == ("present", ("pune-01/canteen", "pune-01/gate"))


def test_a_reader_elsewhere_is_waited_for_if_it_was_used_of_late(ledger: Ledger, tmp_path: Path) -> None:
    """Who punches at another branch than their own is not absent while that branch is offline."""
    works = Works(ledger, tmp_path, [person(1, branch="Nowhere"), person(2, branch="Nowhere")])
    works.settings(OFFICE)
    works.at("2026-05-11 12:00")
    works.heartbeat(works.now, "gate", edge="surat-02")
    works.punch("2026-05-08 09:00", edge="surat-02")
    works.settle()
    works.at("2026-05-11 17:10")
    works.settle()
    one, other = works.day(MONDAY, "E1"), works.day(MONDAY, "E2")
    assert one is not None
    assert other is not None
    assert (one.status, one.awaiting) == ("awaiting", ("surat-02/gate",))
    assert other.status == "absent"


def test_what_was_waited_for_is_known_after_a_restart(works: Works) -> None:
    """A central that starts anew neither forgets who waits nor how far readers were read."""
    works.at("2026-05-11 17:10")
    works.settle()
    works.days = works.new_days()
    works.settle()
    assert monday(works).status == "awaiting"
    works.at("2026-05-12 08:00")
    works.heartbeat(works.now, "gate", "canteen")
    works.settle()
    assert monday(works).status == "absent"
    assert (tuesday := works.day(TUESDAY))
    assert tuesday.status == "open"
