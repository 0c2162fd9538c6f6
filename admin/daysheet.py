"""Owns one explained workday in words: figures, clockings, punches that count nowhere, and the reasons."""

from collections.abc import Iterator

from admin.board import lines, plain
from wire.days import DayResult
from wire.reporting import DayAnswer

_FIGURES = (
    ("presence", "presence_s"),
    ("allotted", "allotted_s"),
    ("work", "work_s"),
    ("overtime", "overtime_s"),
    ("discarded", "discarded_s"),
    ("breaks", "break_s"),
    ("lunch", "lunch_s"),
    ("late", "late_s"),
    ("early leave", "early_leave_s"),
)


def day_lines(answer: DayAnswer) -> list[str]:
    """The whole explanation, a line each; lengths are cut to whole minutes (R26)."""
    day = answer.day
    told = [f"{day.employee} {plain(answer.name)}, {day.date}: {_status(day)}", f"shift {_shift(day)}", ""]
    told += (f"{label:<12} {length(getattr(day, field)):>10}" for label, field in _FIGURES)
    if clockings := list(_clockings(day)):
        told += ["", *lines(("time", "direction", "how", "reader", "punch"), clockings)]
    if day.flags:
        told += ["", f"to be looked at: {', '.join(day.flags).replace('_', ' ')}"]
    told += ["", *(plain(sentence) for sentence in answer.why)]
    if not answer.stored:
        told += ["", "The reports do not show this day as it stands here, or not yet."]
    return told


def length(seconds: int) -> str:
    """Seconds as hours and whole minutes: `7 h 05 min`."""
    return f"{seconds // 3600} h {seconds // 60 % 60:02} min"


def _status(day: DayResult) -> str:
    return f"{day.status} {', '.join(day.awaiting)}".strip().replace("_", " ")


def _shift(day: DayResult) -> str:
    if day.shift is None:
        return "none"
    scheduled = "a day off" if day.starts is None else f"{day.starts:%H:%M} to {day.ends:%H:%M}"
    row = "" if day.rule.key is None else f", row {day.rule.key}"
    return f"{plain(day.shift)} of the {day.shift_from}{row}: {scheduled}"


def _clockings(day: DayResult) -> Iterator[tuple[str, ...]]:
    """What stands in the sequence, and behind it the punches that were dropped."""
    for one in day.clockings:
        how = f"added, {one.how}" if one.punch is None else one.how + (", carried" if one.carried else "")
        yield f"{one.at:%Y-%m-%d %H:%M:%S}", one.direction, how, one.reader, one.punch or ""
    for dropped in day.dropped:
        how = f"duplicate of {dropped.kept}"
        yield f"{dropped.at:%Y-%m-%d %H:%M:%S}", "", how, dropped.reader, dropped.punch
