"""The pipeline of workdays: from punches, people and settings in the ledger to published results."""

import itertools
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from central import computing
from central.ledger.database import Ledger
from central.ledger.workdays import doubts, marks, results
from central.rules.clocking import Event
from central.rules.day import DayResult
from central.rules.plan import Plan
from central.rules.policy import evaluate
from tests.central.conftest import NOW
from tests.central.days.works import MONDAY, OFFICE, Killed, Works, person

TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """A works on Wednesday, 13 May 2026, 11:30, whose office runs from nine to five."""
    made = Works(ledger, tmp_path)
    made.settings(OFFICE)
    made.settle()
    made.published.clear()
    return made


def test_a_punch_becomes_a_stored_and_published_day(works: Works) -> None:
    """Two punches of a terminal give a day with figures, its inputs and the version of its shift."""
    came, went = works.punch("2026-05-11 09:10"), works.punch("2026-05-11 17:30")
    works.settle()
    day = works.day(MONDAY)
    assert day is not None
    assert (day.status, day.late_s, day.work_s, day.overtime_s) == ("present", 600, 8 * 3600, 20 * 60)
    assert [clocking.punch for clocking in day.clockings] == [came, went]
    assert day.shift == "office@2026-05-01#1"
    assert day.shift_from == "organization"
    assert day.clockings[0].at.isoformat() == "2026-05-11T09:10:00+05:30"
    assert works.published.count(day) == 1


def test_a_late_punch_changes_yesterday_and_is_published_once(works: Works) -> None:
    """A punch that arrives a day later changes its own workday, and nobody hears of the others."""
    works.punch("2026-05-11 09:00")
    works.punch("2026-05-12 09:00")
    works.punch("2026-05-12 17:00")
    works.settle()
    works.published.clear()
    works.punch("2026-05-11 16:00")
    works.settle()
    assert [(day.date, day.early_leave_s) for day in works.published] == [(MONDAY, 3600)]


def test_the_same_punch_again_changes_nothing(works: Works) -> None:
    """A punch that the ledger holds already marks nothing."""
    works.punch("2026-05-11 09:00")
    works.settle()
    works.published.clear()
    works.punch("2026-05-11 09:00")
    assert works.marks() == 0
    works.settle()
    assert works.published == []


def test_days_between_punches_are_absent_and_before_the_first_unknown(works: Works) -> None:
    """From a person's first punch on every workday has a result; nothing is claimed of the time before."""
    works.punch("2026-05-07 09:00")
    works.settle()
    assert works.day(date(2026, 5, 6)) is None
    statuses = [works.day(date(2026, 5, day)) for day in range(7, 13)]
    assert [day and day.status for day in statuses] == ["present", "absent", "off", "off", "absent", "absent"]


def test_an_old_punch_reaches_back_and_fills_the_days_up_to_now(works: Works) -> None:
    """A terminal that brings an old log extends what is known of a person to its first punch."""
    works.punch("2026-05-11 09:00")
    works.settle()
    works.punch("2026-05-05 09:00")
    works.settle()
    days = [works.day(date(2026, 5, day)) for day in (4, 5, 6, 8)]
    assert [day and day.status for day in days] == [None, "present", "absent", "absent"]


def test_today_is_open_until_the_shift_is_over(works: Works) -> None:
    """Nobody is absent while the shift still runs; when it is over the day is looked at again by itself."""
    day = works.day(WEDNESDAY)
    assert day is not None
    assert (day.status, day.clockings) == ("open", ())
    works.at("2026-05-13 17:01")
    works.settle()
    assert (open_still := works.day(WEDNESDAY))
    assert open_still.status == "open"
    works.at("2026-05-13 17:03")
    works.settle()
    assert (over := works.day(WEDNESDAY))
    assert over.status == "absent"
    assert [(day.date, day.status) for day in works.published] == [(WEDNESDAY, "absent")]


def test_somebody_who_is_in_has_an_open_day_that_ends_at_the_end_of_the_shift(works: Works) -> None:
    """A running day counts up to now; afterwards the missing OUT stands at Knock Off."""
    works.punch("2026-05-13 09:00")
    works.settle()
    day = works.day(WEDNESDAY)
    assert day is not None
    assert (day.status, day.presence_s) == ("open", 9000)
    works.at("2026-05-13 17:05")
    works.settle()
    day = works.day(WEDNESDAY)
    assert day is not None
    assert (day.status, day.work_s, day.flags) == ("present", 8 * 3600, ("out_added", "direction_inferred"))


def test_every_new_day_begins_for_everybody(works: Works) -> None:
    """After midnight all who are expected get a day, so that their absence will be seen."""
    works.at("2026-05-14 00:00")
    works.settle()
    day = works.day(date(2026, 5, 14))
    assert day is not None
    assert day.status == "open"


def test_somebody_who_left_is_not_absent(ledger: Ledger, tmp_path: Path) -> None:
    """People with another status than active are not expected; their punches still count."""
    works = Works(ledger, tmp_path, [person(1, status="Inactive")])
    works.settings(OFFICE)
    works.punch("2026-05-11 09:00")
    works.settle()
    assert (day := works.day(MONDAY))
    assert day.status == "present"
    assert works.day(TUESDAY) is None


def test_a_punch_of_nobody_counts_when_somebody_gets_its_badge(works: Works) -> None:
    """An import of people computes again what their badges did before they were known."""
    works.punch("2026-05-11 09:00", user="7")
    works.punch("2026-05-11 17:00", user="7")
    works.settle()
    assert works.day(MONDAY, "E7") is None
    works.hire(person(7))
    works.settle()
    assert (day := works.day(MONDAY, "E7"))
    assert day.work_s == 8 * 3600


def test_a_badge_that_goes_to_somebody_else_takes_its_punches_along(works: Works) -> None:
    """When the directory corrects whose badge it is, both people's days follow."""
    works.punch("2026-05-11 09:00")
    works.settle()
    one, other = person(1), person(2)
    works.hire(
        type(one)(employee_id="E1", name="One", status="Active"),
        type(one)(employee_id="E2", name="Two", status="Active", credentials=one.credentials),
    )
    works.settle()
    assert (first := works.day(MONDAY, "E1"))
    assert first.status == "absent"
    assert (second := works.day(MONDAY, other.employee_id))
    assert second.status == "present"


def test_changed_shifts_touch_only_the_days_on_which_they_differ(works: Works) -> None:
    """A holiday touches its date and its neighbours; the days far from it keep result and version."""
    works.punch("2026-05-04 09:00")
    works.settle()
    works.published.clear()
    found = works.settings(
        OFFICE.replace(
            "[shifts.office.days]",
            '[shifts.office.exceptions]\n"2026-05-08" = { workday = false }\n\n[shifts.office.days]',
        )
    )
    assert (found.people, found.days) == (1, 3)
    works.settle()
    assert (holiday := works.day(date(2026, 5, 8)))
    assert holiday.status == "off"
    assert holiday.shift == "office@2026-05-01#2"
    assert (far := works.day(date(2026, 5, 5)))
    assert far.shift == "office@2026-05-01#1"
    assert {day.date.day for day in works.published} <= {7, 8, 9}


def test_a_new_version_is_in_force_from_its_date_on(works: Works) -> None:
    """A change of times leaves the days before its date as they were, version and all."""
    for day in (11, 12):
        works.punch(f"2026-05-{day} 09:30")
        works.punch(f"2026-05-{day} 17:00")
    works.settle()
    works.settings(OFFICE.replace('"09:00"', '"09:30"'), since=TUESDAY)
    works.settle()
    monday, tuesday = works.day(MONDAY), works.day(TUESDAY)
    assert monday is not None
    assert tuesday is not None
    assert (monday.late_s, monday.shift) == (1800, "office@2026-05-01#1")
    assert (tuesday.late_s, tuesday.shift) == (0, "office@2026-05-12#2")


def test_impossible_times_count_nowhere_and_are_listed(works: Works) -> None:
    """A terminal that lost its clock makes no workday in 2000, and none next year."""
    works.punch("2000-01-01 00:05")
    works.punch("2026-05-15 09:00")
    works.punch("2026-05-09 09:00", how="live")
    works.settle()
    with works.ledger.read() as connection:
        listed = doubts.listed(connection, 10)
    assert sorted(reason for _, reason in listed) == ["before-2000", "clock-wrong", "in-the-future"]
    assert works.day(date(2026, 5, 15)) is None
    assert works.day(date(2026, 5, 9)) is None


def test_what_could_not_be_published_is_published_later(works: Works) -> None:
    """Without the broker results wait in the ledger; afterwards they go out once, after a restart too."""
    works.broker_there = False
    works.punch("2026-05-11 09:00")
    works.settle()
    works.days = works.new_days()
    works.broker_there = True
    works.days.connected()
    works.settle()
    assert [day.date for day in works.published] == [MONDAY, TUESDAY]
    works.days.connected()
    works.settle()
    assert len(works.published) == 2


def test_a_full_disk_does_not_make_central_forget_what_it_published(tmp_path: Path) -> None:
    """What went out while the ledger took nothing is noted when it does again, and not published twice."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    works = Works(ledger, tmp_path)
    works.settings(OFFICE)
    works.settle()
    works.punch("2026-05-11 09:00")
    works.days.turn()
    works.punch("2026-05-12 09:00")
    refuse = "CREATE TRIGGER full BEFORE UPDATE ON workdays BEGIN SELECT RAISE(ABORT, 'full'); END"
    with ledger.write() as connection:
        connection.exec_driver_sql(refuse)
    with pytest.raises(IntegrityError):
        works.settle()
    with ledger.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    works.settle()
    with ledger.read() as connection:
        assert results.unsent(connection, 10) == []
    ledger.close()


def test_what_was_in_hand_when_central_died_is_done_by_the_next(works: Works) -> None:
    """Killed behind the first piece it stored, central leaves the rest marked and the piece to be sent."""
    works.hire(*(person(number) for number in range(2, 5)))
    works.settle()
    works.published.clear()
    for number, when in enumerate(("2026-05-11", "2026-05-08", "2026-05-06", "2026-05-04"), 1):
        works.punch(f"{when} 09:00", user=str(number))
    works.dies_publishing = True
    with pytest.raises(Killed):
        works.settle()
    assert works.marks() > 0
    works.dies_publishing = False
    works.days = works.new_days()
    works.days.connected()
    works.settle()
    assert works.marks() == 0
    present = [(day.employee, day.date.day) for day in works.published if day.status == "present"]
    assert sorted(present) == [("E1", 11), ("E2", 8), ("E3", 6), ("E4", 4)]


def test_a_live_punch_does_not_wait_behind_a_backlog(works: Works) -> None:
    """While thousands of days are computed again, the day of a punch that lands now comes first."""
    crowd = [person(number) for number in range(2, 60)]
    works.hire(*crowd)
    for one in crowd:
        works.punch("2026-01-05 09:00", user=one.employee_id[1:])
    works.settle()
    with works.ledger.write() as connection:
        marks.mark_whole(connection, [one.employee_id for one in crowd])
    works.published.clear()
    works.punch("2026-05-12 09:00")
    works.days.turn()
    assert [day.employee for day in works.published if day.date == TUESDAY] == ["E1"]
    assert works.marks() > 0


def test_a_person_whose_day_cannot_be_computed_harms_nobody_else(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in one person's workday is logged, and everybody else's days are computed."""
    works.hire(person(2), person(3))
    works.settle()

    def faulty(plan: Plan, events: Sequence[Event], as_of: int | None = None) -> list[DayResult]:
        if any(event.direction == "OUT" for event in events):
            raise ArithmeticError("nobody foresaw this")
        return evaluate(plan, events, as_of)

    monkeypatch.setattr(computing, "evaluate", faulty)
    for number, code in ((1, 0), (2, 1), (3, 0)):
        works.punch("2026-05-11 09:00", code, user=str(number))
    works.settle()
    days = [works.day(MONDAY, f"E{number}") for number in (1, 2, 3)]
    assert [day is not None and day.clockings != () for day in days] == [True, False, True]
    assert works.marks() == 0


NIGHT = """
effective_from = 2026-05-01
[custom_shifts]
E1 = "night"
[shifts.night]
type = "regular"
start_date = 2026-05-01
rows = [ { workday = true, report = "22:00", knock_off = "06:00" } ]
"""


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_days_computed_as_punches_arrive_equal_days_computed_at_once(data: st.DataObject) -> None:
    """In whatever order punches without direction land, the days end as if all had been there at once."""
    # A punch at 14:30 may still end the night before, if that has an IN: one more turns all behind it.
    likely = [datetime(2026, 5, day, *at) for day in range(4, 13) for at in ((14, 30), (23, 0))]  # noqa: DTZ001
    others = [datetime(2026, 5, day, 23, 30) for day in range(4, 8)]  # noqa: DTZ001 - all wall times
    missing = data.draw(st.sets(st.sampled_from(likely), max_size=2))
    extra = data.draw(st.sets(st.sampled_from(others), max_size=2))
    walls = data.draw(st.permutations([*extra, *(wall for wall in likely if wall not in missing)]))
    groups = data.draw(st.lists(st.sampled_from([1, 3, 20]), min_size=1, max_size=4))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(str(Path(folder) / "ledger.db"))
        ledger.migrate(NOW)
        works = Works(ledger, Path(folder))
        works.settings(OFFICE)
        works.settings(NIGHT)
        at = iter(walls)
        for size in itertools.cycle(groups):
            some = list(itertools.islice(at, size))
            if not some:
                break
            for wall in some:
                works.punch(wall.isoformat(" "))
            works.settle()
        piecewise = [works.day(date(2026, 5, day)) for day in range(4, 14)]
        with ledger.write() as connection:
            marks.mark_whole(connection, ["E1"])
        works.settle()
        at_once = [works.day(date(2026, 5, day)) for day in range(4, 14)]
        ledger.close()
    assert piecewise == at_once


def test_nobody_is_absent_before_joining_or_after_leaving(ledger: Ledger, tmp_path: Path) -> None:
    """Outside of the employment nobody is waited for, and what is punched then is flagged."""
    works = Works(ledger, tmp_path, [person(1)])
    works.settings(OFFICE, since=MONDAY)
    works.at("2026-05-16 08:00")
    works.punch("2026-05-11 09:00")
    works.punch("2026-05-11 17:00")
    works.punch("2026-05-15 09:00")
    works.settle()
    works.heartbeat(works.now, "gate")
    works.settle()
    before = [works.day(MONDAY + timedelta(days=day)) for day in range(5)]
    works.hire(person(1, joined=MONDAY, left=MONDAY + timedelta(days=2)))
    works.settle()
    after = [works.day(MONDAY + timedelta(days=day)) for day in range(5)]
    assert [day and day.status for day in before] == ["present", "absent", "absent", "absent", "present"]
    assert [day and day.status for day in after] == ["present", "absent", "absent", "no_shift", "present"]
    assert [day and "not_employed" in day.flags for day in after] == [False, False, False, True, True]


def test_card_that_was_handed_on_leaves_old_days_alone(ledger: Ledger, tmp_path: Path) -> None:
    """Days before a badge changed hands stay with whom it belonged to."""
    works = Works(ledger, tmp_path, [person(1), person(2)])
    works.settings(OFFICE, since=MONDAY)
    works.at("2026-05-13 20:00")
    for day in ("11", "13"):
        works.punch(f"2026-05-{day} 09:00")
        works.punch(f"2026-05-{day} 17:00")
    works.settle()
    tuesday = MONDAY + timedelta(days=1)
    one, two = person(1), person(2)
    ended = replace(next(iter(one.credentials)), until=MONDAY)
    begun = replace(next(iter(one.credentials)), since=tuesday)
    works.hire(replace(one, credentials=frozenset({ended})), replace(two, credentials=frozenset({begun})))
    works.settle()
    wednesday = MONDAY + timedelta(days=2)
    found = {
        (employee, day): (result := works.day(day, employee)) and result.status == "present"
        for employee in ("E1", "E2")
        for day in (MONDAY, wednesday)
    }
    assert found[("E1", MONDAY)]
    assert not found[("E1", wednesday)]
    assert not found[("E2", MONDAY)]
    assert found[("E2", wednesday)]
