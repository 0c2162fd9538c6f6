"""The answer to a scenario: what the days give and why, by the field names that people rely on (E)."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from central.rules.clocking import Event
from central.rules.day import DayResult
from central.rules.explain.scenario import Scenario, read_scenario
from central.rules.explain.why import why
from central.rules.plan import Options, prepare
from central.rules.policy import Cardholder, evaluate, shift_of, used_cards
from central.rules.shift import Rule, always

COLUMNS = (
    ("presence", "presence_minutes"),
    ("allotted", "allotted_minutes"),
    ("work", "work_minutes"),
    ("overtime", "overtime_minutes"),
    ("discarded", "discarded_minutes"),
    ("breaks", "break_minutes"),
    ("lunch", "lunch_minutes"),
    ("late", "late_minutes"),
    ("early", "early_leave_minutes"),
)


def explain(data: object) -> dict[str, Any]:
    """Answer the plain data of a scenario file, or raise `scenario.ScenarioError` with all its mistakes."""
    return answer(read_scenario(data))


def answer(scenario: Scenario) -> dict[str, Any]:
    """Return the answer as plain data, ready for JSON: minutes are whole, cut and not rounded (R26)."""
    cards = used_cards(scenario.person.cards, scenario.first, scenario.last)
    chosen = shift_of(scenario.person)
    name, source = chosen or (None, None)
    days = {}
    if cards:
        reason = _shift_reason(scenario.person, name, source)
        days = {
            result.workday.date.isoformat(): {
                **day_answer(result, scenario.options),
                "why": [reason, *why(result, scenario.options)],
            }
            for result in _evaluate(scenario, name, cards)
        }
    return {
        "active_cards": list(cards),
        "included": bool(cards),
        "active_shift": name,
        "shift_from": source,
        "days": days,
    }


def day_answer(result: DayResult, options: Options) -> dict[str, Any]:
    """Return one day of the answer without its `why`; times are local to the zone of its plan's `options`."""
    zone = ZoneInfo(options.zone)
    figures = result.figures
    return {
        "status": result.status,
        "rule": _rule(result.rule),
        "events": [
            [_local(step.at, zone), step.direction, "added" if step.event is None else "real"]
            for step in result.sequence
        ],
        "presence_minutes": figures.presence // 60,
        "allotted_minutes": result.allotted // 60,
        "work_minutes": figures.work // 60,
        "overtime_minutes": figures.overtime // 60,
        "discarded_minutes": figures.discarded // 60,
        "break_minutes": figures.breaks // 60,
        "lunch_minutes": figures.lunch // 60,
        "late_minutes": figures.late // 60,
        "early_leave_minutes": figures.early_leave // 60,
        "flags": list(result.flags),
    }


def as_text(answered: Mapping[str, Any]) -> str:
    """Return an answer as a table of the days in minutes, with the sentences of each day below it."""
    shift = (
        f"shift {answered['active_shift']} of the {answered['shift_from']}"
        if answered["shift_from"]
        else "no shift"
    )
    lines = [f"cards {', '.join(answered['active_cards']) or 'none'}; {shift}"]
    if not answered["included"]:
        return "\n".join([*lines, "C2.2: no card counts in this period, so the person is not in the result"])
    rows = [("workday", "status", *(label for label, _ in COLUMNS), "flags")]
    for workday, told in answered["days"].items():
        figures = (str(told[field]) for _, field in COLUMNS)
        rows.append((workday, told["status"], *figures, ", ".join(told["flags"])))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    for workday, told in answered["days"].items():
        clockings = ", ".join(f"{kind} {at} ({how})" for at, kind, how in told["events"])
        lines += ["", f"{workday} {told['status']}: {clockings or 'no clockings'}"]
        lines += [f"  {sentence}" for sentence in told["why"]]
    return "\n".join(lines)


def _evaluate(scenario: Scenario, name: str | None, cards: tuple[str, ...]) -> list[DayResult]:
    events = [event for event in scenario.events if event.card in cards]
    roster = always(scenario.shifts[name] if name is not None else None)
    plan = prepare(roster, scenario.first, scenario.last, scenario.options, _reach(scenario, events))
    return evaluate(plan, events, scenario.as_of)


def _reach(scenario: Scenario, events: list[Event]) -> int:
    """Return how many workdays before the period matter: back to the first silent date, two at least.

    A guessed direction can turn those of the workdays behind it, day by day; a date without events ends
    that. So a long period gives the same in one run and in pieces (C9.6).
    """
    punched = {event.at // 86400 for event in events}
    epoch_day = (scenario.first - date(1970, 1, 1)).days
    reach = 2
    while not punched.isdisjoint(range(epoch_day - reach - 1, epoch_day - reach + 2)):
        reach += 1
    return reach


def _shift_reason(person: Cardholder, name: str | None, source: str | None) -> str:
    if source is None:
        return f"C2.3: neither {person.id} nor a unit of theirs names a shift."
    if source == "cardholder":
        return f"C2.3: the shift {name} is {person.id}'s own."
    unit = next(unit for unit in person.units if unit.shift is not None)
    return f"C2.3: the shift {name} comes from the {unit.kind} {unit.id}, the nearest that names one."


def _rule(rule: Rule) -> dict[str, Any]:
    """Return where the row came from; the number of a cycle's row is called `row`, anything else `key`."""
    if rule.source == "none":
        return {"source": "none"}
    return {"source": rule.source, "row" if rule.source == "regular" else "key": rule.key}


def _local(instant: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(instant, zone).replace(tzinfo=None).isoformat()
