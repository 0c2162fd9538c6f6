"""E: scenario files, their answers, and what is said of files with mistakes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from central.rules.explain.answer import as_text, explain
from central.rules.explain.scenario import ScenarioError, read_scenario
from central.rules.policy import Card, Cardholder, Unit
from central.rules.shift import DayRow, Lunch, Overtime

SAMPLES = sorted((Path(__file__).parent / "scenarios").glob("*.json"))
FIGURES = {
    "presence_minutes",
    "allotted_minutes",
    "work_minutes",
    "overtime_minutes",
    "discarded_minutes",
    "break_minutes",
    "lunch_minutes",
    "late_minutes",
    "early_leave_minutes",
}


def _sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "scenarios" / f"{name}.json").read_text())
    return found


def _changed(name: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The scenario of a sample, with values replaced by their place, `events__0__dir`; ... removes."""
    data: dict[str, Any] = _sample(name)["input"]
    for place, value in changes.items():
        *path, last = (int(part) if part.isdigit() else part for part in place.split("__"))
        inside: Any = data
        for part in path:
            inside = inside[part]
        if value is ...:
            del inside[last]
        else:
            inside[last] = value
    return data


def _office(**changes: Any) -> dict[str, Any]:
    return _changed("office-week", changes)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_are_answered_to_the_letter(sample: Path) -> None:
    """The published scenarios keep their published answers, field by field."""
    told = json.loads(sample.read_text())
    answered = explain(told["input"])
    for day in answered["days"].values():
        assert day.pop("why")
        day.pop("flags")
    assert answered == told["answer"]


def test_a_day_has_every_field_of_the_contract_and_no_other() -> None:
    """The names of the fields are what users rely on."""
    answered = explain(_office())
    assert list(answered) == ["active_cards", "included", "active_shift", "shift_from", "days"]
    for day in answered["days"].values():
        assert set(day) == {"status", "rule", "events", "flags", "why"} | FIGURES
    assert answered["days"]["2026-03-05"]["flags"] == ["duplicate_dropped", "discarded"]


def test_the_answer_is_plain_json() -> None:
    """What comes out survives JSON unchanged."""
    answered = explain(_office())
    assert json.loads(json.dumps(answered)) == answered


def test_every_figure_is_cut_for_itself() -> None:
    """R26: 59 seconds are no minute, and the figures of a day need not add up to the minute."""
    events = [
        {"at": "2026-03-02T08:31:59", "card": "06008E6D5D", "dir": "IN"},
        {"at": "2026-03-02T12:00:00", "card": "06008E6D5D", "dir": "OUT"},
        {"at": "2026-03-02T12:10:59", "card": "06008E6D5D", "dir": "IN"},
        {"at": "2026-03-02T16:28:01", "card": "06008E6D5D", "dir": "OUT"},
        {"at": "2026-03-03T08:30:00", "card": "06008E6D5D", "dir": "IN"},
        {"at": "2026-03-03T17:50:59", "card": "06008E6D5D", "dir": "OUT"},
    ]
    days = explain(_office(events=events))["days"]
    monday, tuesday = days["2026-03-02"], days["2026-03-03"]
    assert (monday["late_minutes"], monday["early_leave_minutes"]) == (1, 61)
    assert (monday["break_minutes"], monday["lunch_minutes"]) == (10, 10)
    assert (monday["presence_minutes"], monday["work_minutes"], monday["discarded_minutes"]) == (465, 405, 60)
    assert (tuesday["overtime_minutes"], tuesday["allotted_minutes"]) == (20, 480)
    assert all(type(day[name]) is int for day in days.values() for name in FIGURES)


@pytest.mark.parametrize(("last", "included"), [("2026-03-02", True), ("2026-03-01", False)])
def test_a_card_that_ended_before_the_period_does_not_count(last: str, included: bool) -> None:
    """C2.1 through the file, where the date may carry a time."""
    assert explain(_office(cardholder__cards__0__deactivation=f"{last}T12:00:00"))["included"] is included


def test_a_guessed_direction_depends_on_all_days_before_it() -> None:
    """C9.6: one day asked alone gives what it gives in the whole period, however far back that begins."""
    data = _changed(
        "night-cycle",
        {"shifts__guard__rows__2": _sample("night-cycle")["input"]["shifts"]["guard"]["rows"][0]},
    )
    data["period"] = {"start": "2026-05-11", "end": "2026-05-20"}
    times = ["2026-05-11T23:00:00"]
    for day in range(12, 22):
        times += [f"2026-05-{day}T15:00:00", f"2026-05-{day}T23:00:00"]
    data["events"] = [{"at": at, "card": "06008E6D5D", "dir": None} for at in times]
    whole = explain(data)["days"]
    assert whole["2026-05-20"]["events"] == [
        ["2026-05-20T23:00:00", "IN", "real"],
        ["2026-05-21T15:00:00", "OUT", "real"],
    ]
    for day in range(11, 21):
        data["period"] = {"start": f"2026-05-{day}", "end": f"2026-05-{day}"}
        assert explain(data)["days"] == {f"2026-05-{day}": whole[f"2026-05-{day}"]}


def test_what_came_before_is_looked_for_by_the_clock_of_the_zone() -> None:
    """An evening in Chicago is the next date in UTC: what is silent there may have been worked here."""
    walls = ["01-05T16:00", "01-06T07:00", "01-06T17:30", "01-07T18:30", "01-08T09:00"]
    scenario = {
        "period": {"start": "2026-01-08", "end": "2026-01-08"},
        "cardholder": {"id": "E1", "cards": [{"id": "A"}]},
        "events": [{"at": f"2026-{wall}:00", "card": "A", "dir": None} for wall in walls],
        "options": {"timezone": "America/Chicago", "carry_hours": 48},
    }
    thursday = explain(scenario)["days"]["2026-01-08"]
    assert thursday["events"][0] == ["2026-01-08T09:00:00", "IN", "real"]
    assert thursday["flags"] == ["out_added", "direction_inferred", "discarded"]


def test_what_came_before_may_have_come_on_the_evening_of_the_date_behind_it() -> None:
    """A shift of 24 hours from a quarter to midnight has what comes on the next date, far west of UTC."""
    rows = [{"workday": True, "report": "23:45", "knock_off": "23:45"}, *[{"workday": False}] * 3]
    walls = ["01-06T23:50", "01-06T23:55", "01-07T10:00", "01-08T01:00"]
    scenario = {
        "period": {"start": "2026-01-08", "end": "2026-01-08"},
        "cardholder": {"id": "E1", "cards": [{"id": "A"}], "custom_shift": "long"},
        "shifts": {"long": {"type": "regular", "start_date": "2026-01-05", "rows": rows}},
        "events": [{"at": f"2026-{wall}:00", "card": "A", "dir": None} for wall in walls],
        "options": {"timezone": "Etc/GMT+12"},
    }
    assert explain(scenario)["days"]["2026-01-08"]["status"] == "off"
    scenario["period"] = {"start": "2026-01-05", "end": "2026-01-08"}
    days = explain(scenario)["days"]
    assert [len(day["events"]) for day in days.values()] == [2, 0, 2, 0]


def test_a_person_without_a_card_is_not_in_the_result() -> None:
    """C2.2: the answer says so and has no days."""
    answered = explain(_office(cardholder__cards__0__enabled=False))
    assert (answered["included"], answered["active_cards"], answered["days"]) == (False, [], {})
    assert "not in the result" in as_text(answered)


def test_events_of_other_cards_are_not_used() -> None:
    """C2.2: an event of a card that does not count is as if it were not there."""
    events = [{"at": "2026-03-06T08:30:00", "card": "FFFF", "dir": "IN"}]
    assert explain(_office(events=events))["days"]["2026-03-06"]["status"] == "absent"


def test_several_cards_make_one_sequence() -> None:
    """C2.2: IN with the one and OUT with the other is a pair."""
    card = {"id": "B", "enabled": True, "activation": "2026-03-02T18:00:00", "deactivation": None}
    data = _office(events__1__card="B", events__3__card="B")
    data["cardholder"]["cards"].append(card)
    answered = explain(data)
    assert answered["active_cards"] == ["06008E6D5D", "B"]
    assert answered["days"]["2026-03-02"]["work_minutes"] == 480


def test_no_shift_at_all() -> None:
    """R23 in the words of the contract."""
    answered = explain(_office(org_path__1__shift=None))
    assert (answered["active_shift"], answered["shift_from"]) == (None, None)
    monday = answered["days"]["2026-03-02"]
    assert (monday["status"], monday["rule"], monday["work_minutes"]) == ("no_shift", {"source": "none"}, 0)
    assert monday["why"][0] == "C2.3: neither E1042 nor a unit of theirs names a shift."
    assert monday["why"][1].startswith("R23: ")


def test_an_open_day() -> None:
    """R27 through the options."""
    answered = explain(_office(options__as_of="2026-03-03T16:00:00"))
    tuesday = answered["days"]["2026-03-03"]
    assert tuesday["status"] == "open"
    assert tuesday["events"][-1] == ["2026-03-03T16:00:00", "OUT", "added"]


def test_a_time_with_an_offset_is_an_instant() -> None:
    """C10: an offset is believed, a time without one is local to the options' zone."""
    answered = explain(_office(events__0__at="2026-03-02T03:00:00Z", options__timezone="Asia/Kolkata"))
    assert answered["days"]["2026-03-02"]["events"][0] == ["2026-03-02T08:30:00", "IN", "real"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("cardholder__custom_shift", "C2.3: the shift office is E1042's own."),
        (
            "org_path__0__shift",
            "C2.3: the shift office comes from the department QC-Online, the nearest that names one.",
        ),
        (
            "org_path__1__shift",
            "C2.3: the shift office comes from the organization ACCUMAX, the nearest that names one.",
        ),
    ],
)
def test_each_day_tells_where_its_shift_comes_from(place: str, reason: str) -> None:
    """The first sentence names the person or the unit."""
    days = explain(_office(**{"org_path__1__shift": None, place: "office"}))["days"]
    assert {day["why"][0] for day in days.values()} == {reason}


def test_what_may_be_left_out_has_its_default() -> None:
    """The least that a scenario needs: no units, no switches, no lunch, cards that are enabled since ever."""
    least = _office(org_path=..., events=..., options=..., cardholder__custom_shift="office")
    least["cardholder"]["cards"] = [{"id": "A"}]
    least["shifts"]["office"].pop("overtime")
    least["shifts"]["office"].pop("exceptions")
    least["shifts"]["office"]["days"]["mon"] = {"workday": True, "report": "08:00", "knock_off": "16:00"}
    scenario = read_scenario(least)
    assert scenario.person == Cardholder("E1042", (Card("A"),), (), "office")
    assert (scenario.events, scenario.as_of) == ((), None)
    shift = scenario.shifts["office"]
    assert (shift.version, shift.overtime, shift.exceptions) == ("office", Overtime(), {})
    assert shift.rows[0] == DayRow(workday=True, report=8 * 3600, knock_off=16 * 3600)
    assert shift.rows[6] == DayRow(workday=False)
    assert read_scenario(_office(shifts={}, org_path=[])).shifts == {}
    assert read_scenario(_office(shifts=..., org_path=[])).shifts == {}
    assert read_scenario(_office(cardholder__custom_shift=...)).person.custom_shift is None


def test_everything_that_is_told_is_read() -> None:
    """A whole scenario, field by field."""
    row = {"workday": False, "report": "07:00", "max_overtime": 90}
    scenario = read_scenario(_office(shifts__office__exceptions={"2026-03-04": row}))
    assert scenario.person.cards == (Card("06008E6D5D", enabled=True, activation=date(2025, 1, 1)),)
    assert scenario.person.units[1] == Unit("organization", "ACCUMAX", "office")
    assert [event.id for event in scenario.events[:2]] == ["1", "2"]
    assert (scenario.events[1].direction, scenario.events[1].card) == ("OUT", "06008E6D5D")
    shift = scenario.shifts["office"]
    assert shift.overtime == Overtime(after_end=True, day_off=True)
    assert shift.exceptions == {date(2026, 3, 4): DayRow(workday=False, report=7 * 3600, maximum=90 * 60)}
    assert shift.rows[0].lunch == Lunch("fixed", 12 * 3600 + 1800, 13 * 3600 + 1800)
    cycle = read_scenario(_sample("night-cycle")["input"]).shifts["guard"]
    assert (cycle.kind, cycle.start, len(cycle.rows)) == ("regular", date(2026, 5, 11), 3)
    assert cycle.rows[0].lunch == Lunch("flexible", length=1800)


@pytest.mark.parametrize("end", ["2026-03-02", "2036-04-17"])
def test_a_period_may_be_one_day_or_ten_years(end: str) -> None:
    """Both ends of what may be asked."""
    assert read_scenario(_office(period__end=end)).last == date.fromisoformat(end)


def test_the_text_has_a_table_and_the_sentences() -> None:
    """For reading: a line for each day in minutes, and below it its clockings and the reasons."""
    expected = (Path(__file__).parent / "scenarios" / "office-week.txt").read_text()
    assert as_text(explain(_office())) + "\n" == expected


def test_the_page_shows_what_the_command_says() -> None:
    """The example of docs/rules.md gives the text that stands behind it."""
    page = (Path(__file__).parents[3] / "docs" / "rules.md").read_text()
    scenario = page.split("```json\n", 1)[1].split("```", 1)[0]
    shown = page.split("```text\n", 1)[1].split("```", 1)[0]
    assert as_text(explain(json.loads(scenario))) + "\n" == shown


def test_the_text_tells_what_is_missing() -> None:
    """No shift and no card have their words, too, and two cards are told apart."""
    two = [{"id": "A"}, {"id": "B"}]
    assert as_text(explain(_office(cardholder__cards=two))).startswith("cards A, B; shift office")
    assert as_text(explain(_office(org_path=[]))).splitlines()[0] == "cards 06008E6D5D; no shift"
    assert as_text(explain(_office(cardholder__cards=[]))).splitlines() == [
        "cards none; shift office of the organization",
        "C2.2: no card counts in this period, so the person is not in the result",
    ]


def test_the_options_have_their_defaults() -> None:
    """A scenario without options is read in UTC with the defaults of the specification."""
    options = read_scenario(_office(options=...)).options
    assert (options.zone, options.duplicate_s, options.just_s) == ("UTC", 60, 1)
    assert (options.carry_s, options.early_s) == (16 * 3600, 4 * 3600)


def test_the_options_are_used() -> None:
    """Each option reaches the engine in its own unit."""
    given = {"dedupe_seconds": 5, "just_seconds": 2, "carry_hours": 1.5, "early_margin_hours": 3}
    options = read_scenario(_office(options=given)).options
    assert (options.duplicate_s, options.just_s, options.carry_s, options.early_s) == (5, 2, 5400, 10800)


def test_a_minimum_left_empty_is_none() -> None:
    """Empty extents switch them off."""
    data = _office(shifts__office__days__mon__min_overtime=None, shifts__office__days__tue__min_overtime=...)
    rows = read_scenario(data).shifts["office"].rows
    assert (rows[0].minimum, rows[1].minimum, rows[2].minimum) == (0, 0, 600)


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        (
            {"shifts__office__days__mon__report": "25:00"},
            'shifts.office.days.mon.report: "25:00" is not a time of day',
        ),
        (
            {"shifts__office__days__mon__report": "8:30"},
            'shifts.office.days.mon.report: "8:30" is not a time of day',
        ),
        (
            {"shifts__office__days__mon__report": 830},
            "shifts.office.days.mon.report: 830 is not a time of day",
        ),
        ({"shifts__office__days__mon__knock_off": ...}, "shifts.office.days.mon.knock_off: missing"),
        (
            {"shifts__office__days__sat__report": "24:00"},
            'shifts.office.days.sat.report: "24:00" is not a time of day',
        ),
        ({"shifts__office__days__tue": ...}, "shifts.office.days.tue: missing"),
        ({"shifts__office__days__tue": []}, "shifts.office.days.tue: a list is not an object"),
        (
            {"shifts__office__days__mon__reprot": "08:00"},
            'shifts.office.days.mon.reprot: unknown key; did you mean "report"?',
        ),
        ({"shifts__office__days__mon__zzz": 1}, "shifts.office.days.mon.zzz: unknown key"),
        ({"shifts__office__rows": []}, "shifts.office.rows: unknown key"),
        ({"shifts__office__type": "monthly"}, 'shifts.office.type: "monthly" is not weekly or regular'),
        ({"shifts__office__overtime__day_off": 1}, "shifts.office.overtime.day_off: 1 is not true or false"),
        ({"shifts__office__overtime__night": True}, "shifts.office.overtime.night: unknown key"),
        ({"shifts__office__days__mon__lunch__mode": "long"}, None),
        (
            {"shifts__office__days__mon__lunch": {"mode": "flexible"}},
            "shifts.office.days.mon.lunch.minutes: missing",
        ),
        (
            {"shifts__office__days__mon__min_overtime": -1},
            "shifts.office.days.mon.min_overtime: -1 is not a whole number of minutes",
        ),
        (
            {"shifts__office__days__mon__max_overtime": True},
            "shifts.office.days.mon.max_overtime: true is not a whole number of minutes",
        ),
        (
            {"shifts__office__exceptions": {"4 March": {"workday": False}}},
            'shifts.office.exceptions.4 March: "4 March" is not a date',
        ),
        ({"period__start": "2026-02-30"}, 'period.start: "2026-02-30" is not a date'),
        ({"period__start": "2026-W10-1"}, 'period.start: "2026-W10-1" is not a date'),
        ({"period__end": "2026-03-01"}, "period.end: 2026-03-01 is before the start 2026-03-02"),
        ({"period__end": "2036-04-18"}, "period.end: 2036-04-18 makes a period of more than 3700 days"),
        (
            {"period": {"start": "1899-12-31", "end": "1900-01-01"}},
            "period.start: 1899-12-31 is not in the years 1900 to 2199",
        ),
        (
            {"period": {"start": "2199-12-31", "end": "2200-01-01"}},
            "period.end: 2200-01-01 is not in the years 1900 to 2199",
        ),
        ({"cardholder__cards": ...}, "cardholder.cards: missing"),
        ({"cardholder__cards__0__deactivation": 5}, "cardholder.cards[1].deactivation: 5 is not a date"),
        ({"period__until": "2026-03-09"}, "period.until: unknown key"),
        ({"cardholder": ...}, "cardholder: missing"),
        ({"cardholder__id": ""}, 'cardholder.id: "" is not a text'),
        ({"cardholder__custom_shift": "x"}, 'cardholder.custom_shift: "x" is not among the shifts'),
        ({"cardholder__cards__0__id": ...}, "cardholder.cards[1].id: missing"),
        (
            {"cardholder__cards__0__activation": "soon"},
            'cardholder.cards[1].activation: "soon" is not a date',
        ),
        ({"cardholder__cards__0__activation": "2026-13-01T00:00"}, None),
        ({"cardholder__cards__0__color": "red"}, "cardholder.cards[1].color: unknown key"),
        ({"org_path__1__shift": "x"}, 'org_path[2].shift: "x" is not among the shifts'),
        (
            {"org_path__0__kind": "team"},
            'org_path[1].kind: "team" is not department or division or organization',
        ),
        ({"events__1__dir": "in"}, 'events[2].dir: "in" is not IN or OUT'),
        ({"events__1__dir": ...}, "events[2].dir: missing"),
        (
            {"events__1__at": "2026-03-02"},
            'events[2].at: "2026-03-02" is not a time like 2026-03-02T08:24:10',
        ),
        ({"events__1__at": "2026-03-02T25:00:00"}, None),
        ({"events__1": 5}, "events[2]: 5 is not an object"),
        ({"events": {}}, "events: an object is not a list"),
        ({"options__timezone": "Mars/Base"}, 'options.timezone: "Mars/Base" is not a known time zone'),
        ({"options__timezone": "../etc"}, 'options.timezone: "../etc" is not a known time zone'),
        ({"options__timezone": "Europe"}, 'options.timezone: "Europe" is not a known time zone'),
        ({"options__dedupe_seconds": 1.5}, "options.dedupe_seconds: 1.5 is not a whole number of seconds"),
        ({"options__carry_hours": 49}, "options.carry_hours: 49 is not a number of hours from 0 to 48"),
        ({"options__early_margin_hours": float("nan")}, None),
        ({"options__as_of": "noon"}, 'options.as_of: "noon" is not a time like 2026-03-02T08:24:10'),
        ({"extra": 1}, "extra: unknown key"),
        ({"evnets": 1}, 'evnets: unknown key; did you mean "events"?'),
    ],
)
def test_a_mistake_is_one_line_with_its_place(changes: dict[str, Any], mistake: str | None) -> None:
    """Every wrong value, missing key and unknown key is told by its place, and nothing is evaluated."""
    with pytest.raises(ScenarioError) as caught:
        explain(_office(**changes))
    assert len(caught.value.mistakes) == 1
    if mistake is not None:
        assert caught.value.mistakes == [mistake]


@pytest.mark.parametrize(
    ("changes", "mistake"),
    [
        ({"shifts__guard__rows": []}, "shifts.guard.rows: a cycle needs one row at least"),
        ({"shifts__guard__rows__1__report": "6"}, 'shifts.guard.rows[2].report: "6" is not a time of day'),
        ({"shifts__guard__rows__0__lunch__minutes": 7.5}, None),
        ({"shifts__guard__rows": ...}, "shifts.guard.rows: missing"),
        ({"shifts__guard__start_date": ...}, "shifts.guard.start_date: missing"),
        ({"shifts__guard__start_date": 20260511}, "shifts.guard.start_date: 20260511 is not a date"),
        ({"shifts__guard__days": {}}, "shifts.guard.days: unknown key"),
    ],
)
def test_mistakes_of_a_cycle(changes: dict[str, Any], mistake: str | None) -> None:
    """The keys of a regular shift; its rows are counted from 1 as everywhere."""
    with pytest.raises(ScenarioError) as caught:
        explain(_changed("night-cycle", changes))
    assert len(caught.value.mistakes) == 1
    if mistake is not None:
        assert caught.value.mistakes == [mistake]


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to run the command once per mistake."""
    changes = {"period__end": ..., "events__0__dir": "x", "shifts__office__days__sun": ..., "more": 1}
    with pytest.raises(ScenarioError) as caught:
        explain(_office(**changes))
    assert len(caught.value.mistakes) == 4
    assert str(caught.value) == "\n".join(caught.value.mistakes)


@pytest.mark.parametrize("data", [[], None, 5, "x"])
def test_a_scenario_is_an_object(data: object) -> None:
    """Other JSON gets one line and no more."""
    with pytest.raises(ScenarioError) as caught:
        explain(data)
    assert len(caught.value.mistakes) == 1
    assert caught.value.mistakes[0].startswith("scenario: ")
    assert caught.value.mistakes[0].endswith(" is not an object")


def test_a_long_value_is_cut_in_the_message() -> None:
    """A line stays a line whatever stands in the file."""
    with pytest.raises(ScenarioError) as caught:
        explain(_office(period__start="x" * 500))
    assert len(caught.value.mistakes[0]) < 100
