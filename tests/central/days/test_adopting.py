"""What central.toml says of rules and readers: a change of it is computed, where it can make a difference."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from central.days.adopting import adopt
from central.ledger import audit
from central.ledger.database import Ledger
from central.rules.plan import Options
from central.workdays.interpretation import Sites
from central.zones import Zones
from tests.central.days.works import MONDAY, OFFICE, SITES, ZONE, Works, person
from wire.days import DayResult

DEFAULTS = Options(zone=ZONE.key)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def works(ledger: Ledger, tmp_path: Path) -> Works:
    """A works of two in Pune and Surat, each with a Monday, adopted as it stands."""
    made = Works(ledger, tmp_path, (person(1), person(2, branch="Surat")))
    made.settings(OFFICE)
    for wall, code in (("09:00", 0), ("12:00", 1), ("12:02", 0), ("17:00", 1)):
        made.punch(f"2026-05-11 {wall}", code)
        made.punch(f"2026-05-11 {wall}", code, user="2", edge="surat-02")
    made.settle()
    adopt(ledger, DEFAULTS, SITES, made.now)
    made.settle()
    return made


def _adopted(works: Works, options: Options = DEFAULTS, sites: Sites = SITES) -> Mapping[str, object] | None:
    """What the audit says of a start with another configuration, None if nothing."""
    with works.ledger.read() as connection:
        before = len(audit.entries(connection))
    adopt(works.ledger, options, sites, works.now)
    with works.ledger.read() as connection:
        entries = audit.entries(connection)
    if len(entries) == before:
        return None
    assert (entries[0].actor, entries[0].verb) == ("punchwire-central", "configuration")
    return entries[0].detail


def _monday(works: Works, employee: str = "E1") -> DayResult:
    found = works.day(MONDAY, employee)
    assert found is not None
    return found


def test_the_same_configuration_marks_nothing(works: Works) -> None:
    """A start is no reason to compute everything again, and no line of the audit."""
    assert _adopted(works) is None
    assert works.marks() == 0


def test_an_empty_ledger_takes_its_first_configuration_in_silence(ledger: Ledger, tmp_path: Path) -> None:
    """Where nothing was computed, nothing is computed again."""
    assert _adopted(Works(ledger, tmp_path)) is None


def test_an_option_of_the_rules_is_applied_to_all_days(works: Works) -> None:
    """Three minutes between two clockings are a break, until a distance of five makes the second a repeat."""
    assert _monday(works).break_s == 120
    works.punch("2026-05-12 09:00")
    works.punch("2026-05-12 09:02")
    works.settle()
    options = Options(zone=ZONE.key, duplicate_s=300)
    told = _adopted(works, options)
    assert told == {"changed": {"rules.duplicate_s": ["60", "300"]}, "people": 2, "days": 6}
    works.days = works.new_days(options)
    works.settle()
    tuesday = works.day(TUESDAY)
    assert tuesday is not None
    assert len(tuesday.dropped) == 1
    assert _adopted(works, options) is None


def test_a_role_touches_those_who_use_the_readers_of_the_edge(works: Works) -> None:
    """A reader that turns out to be for going only changes the days of those who punched at its edge."""
    sites = Sites(SITES.zones, {("surat-02", "gate"): "out"}, SITES.branches)
    told = _adopted(works, sites=sites)
    assert told == {"changed": {"edges.surat-02.roles.gate": [None, "out"]}, "people": 1, "days": 3}
    before = _monday(works)
    works.days = works.new_days(sites=sites)
    works.settle()
    assert _monday(works) == before
    assert "in_added" in _monday(works, "E2").flags


def test_a_zone_touches_those_who_use_the_readers_of_the_edge(works: Works) -> None:
    """A branch whose zone was wrong gets its times right."""
    zones = Zones(ZONE, {"surat-02": ZoneInfo("Asia/Dubai")})
    told = _adopted(works, sites=Sites(zones, branches=SITES.branches))
    assert told is not None
    assert (told["people"], told["changed"]) == (1, {"edges.surat-02.timezone": [None, "Asia/Dubai"]})


def test_the_edges_of_a_branch_touch_its_people(works: Works) -> None:
    """Who may have punched where decides who is awaited."""
    sites = Sites(SITES.zones, branches={**SITES.branches, "surat": ("surat-02",)})
    told = _adopted(works, sites=sites)
    assert told is not None
    assert (told["people"], told["changed"]) == (1, {"branches.surat": [None, "surat-02"]})


def test_results_of_a_version_that_noted_no_configuration_are_computed_again(
    ledger: Ledger, tmp_path: Path
) -> None:
    """Nobody can say by what they were computed."""
    works = Works(ledger, tmp_path)
    works.settings(OFFICE)
    works.punch("2026-05-11 09:00")
    works.settle()
    told = _adopted(works)
    assert told is not None
    assert (told["people"], told["days"]) == (1, 3)
    assert works.marks() == 1
