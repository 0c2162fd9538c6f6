"""The notation of settings: scenario files' keys for shifts, and the same plain data back from a shift."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from central.rules.explain.form import Form
from central.rules.explain.scenario import SWITCHES, read_dates, read_shift
from central.rules.shift import WEEKDAYS, DayRow, Lunch, Shift

MINUTE = 60


def shift_from(body: Mapping[str, Any], version: str) -> Shift:
    """The engine's shift behind a body that `written` made."""
    keys = {key: value for key, value in body.items() if key != "calendars"}
    return read_shift(Form(keys, version, []), version)


def dates_from(body: Mapping[str, Any]) -> dict[date, DayRow]:
    """The day rows behind the body of a calendar."""
    return read_dates(Form(body, "", []))


def written(shift: Shift) -> dict[str, Any]:
    """The body of a shift: every key that has a meaning, none that has not."""
    body: dict[str, Any] = {
        "type": shift.kind,
        "overtime": {name: getattr(shift.overtime, name) for name in SWITCHES},
    }
    rows = [written_row(row) for row in shift.rows]
    if shift.kind == "weekly":
        body["days"] = dict(zip(WEEKDAYS, rows, strict=True))
    else:
        body |= {"start_date": shift.start.isoformat(), "rows": rows}
    return body | {"exceptions": written_dates(shift.exceptions)}


def written_dates(dates: Mapping[date, DayRow]) -> dict[str, Any]:
    """The body of a calendar, or of a shift's own exceptions."""
    return {day.isoformat(): written_row(row) for day, row in sorted(dates.items())}


def written_row(row: DayRow) -> dict[str, Any]:
    """A day row; the times of a day off mean nothing and are left out."""
    times: dict[str, Any] = {}
    if row.workday:
        times = {"report": _clock(row.report), "knock_off": _clock(row.knock_off), "lunch": _lunch(row.lunch)}
    return {
        "workday": row.workday,
        **times,
        "min_overtime": row.minimum // MINUTE,
        "max_overtime": None if row.maximum is None else row.maximum // MINUTE,
    }


def _lunch(lunch: Lunch) -> dict[str, Any]:
    match lunch.mode:
        case "fixed":
            return {"mode": "fixed", "begin": _clock(lunch.begin), "end": _clock(lunch.end)}
        case "flexible":
            return {"mode": "flexible", "minutes": lunch.length // MINUTE}
        case _:
            return {"mode": "none"}


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def flat(value: object, place: str = "") -> dict[str, str]:
    """Each value of a body as a short text by its place: `{"days.mon.report": "08:30"}`."""
    if isinstance(value, Mapping):
        parts = {f"{place}.{key}" if place else str(key): part for key, part in value.items()}
    elif isinstance(value, list) and any(isinstance(part, Mapping) for part in value):
        parts = {f"{place}[{number}]": part for number, part in enumerate(value, 1)}
    else:
        return {place: told(value)}
    return {where: text for at, part in parts.items() for where, text in flat(part, at).items()}


def told(value: object) -> str:
    """A single value, or a list of names, as a difference shows it."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(map(str, value)) or "none"
        case _:
            return str(value)
