"""The words of the explanations: times, lengths, clockings and schedules as people say them."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from central.rules.clocking import Event, Step
from central.rules.shift import DayRow

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Words:
    """How instants are said on one workday: the date only where it is another one."""

    day: date
    zone: ZoneInfo

    def at(self, instant: int) -> str:
        """Return a wall time: 12:31, 08:24:10, 06:10 on 2026-05-12."""
        wall = datetime.fromtimestamp(instant, self.zone)
        clock = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
        return clock if wall.date() == self.day else f"{clock} on {wall.date()}"

    def step(self, step: Step) -> str:
        """Return a clocking of a sequence: the IN at 08:24:10."""
        return f"the {step.direction} at {self.at(step.at)}"

    def event(self, event: Event) -> str:
        """Return an event as it was read, its direction perhaps unknown."""
        return f"the {event.direction or 'clocking without direction'} at {self.at(event.at)}"

    def is_midnight(self, instant: int) -> bool:
        """Whether a date begins at an instant."""
        wall = datetime.fromtimestamp(instant, self.zone)
        return wall.hour == wall.minute == wall.second == 0


def length(seconds: int) -> str:
    """Return a length: 8 h 5 min, 51 min 30 s, 0 min."""
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if minutes else []
    parts += [f"{rest} s"] if rest else []
    return " ".join(parts) or "0 min"


def expected(row: DayRow) -> str:
    """Return what a day row expects: 08:30 to 17:30, lunch 12:30 to 13:30."""
    if not row.workday:
        return "a day off"
    lunch = ""
    if row.lunch.mode == "fixed":
        lunch = f", lunch {clock(row.lunch.begin)} to {clock(row.lunch.end)}"
    elif row.lunch.mode == "flexible":
        lunch = f", {length(row.lunch.length)} of lunch at any time"
    following = " on the next date" if row.overnight else ""
    return f"{clock(row.report)} to {clock(row.knock_off)}{following}{lunch}"


def clock(seconds: int) -> str:
    """Return seconds after midnight as a time of day."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
