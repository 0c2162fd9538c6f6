"""The way from the engine's result to the one that is stored, published and answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from central.directory.employee import Employee
from central.rules.clocking import Duplicate, Event, Step
from central.rules.day import DayResult as Evaluated
from central.schedule.rosters import Entry
from central.workdays.contacts import Contacts, Reader
from wire.days import Clocking, DayResult, DayRule, DayStatus, Dropped

SETTLE_S = 120
"""A shift is taken to be over so long after its end: by then a reader that works has been heard again."""


def published(
    employee_id: str,
    evaluated: Evaluated,
    entry: Entry,
    readers: Mapping[str, str],
    zone: ZoneInfo,
    now: int,
) -> DayResult:
    """The result of a workday as of `now`, in epoch seconds; `readers` are `edge/reader` by punch id.

    Without events a day is `open` until its shift is over; only then somebody can have been absent.
    """
    workday, figures, rule = evaluated.workday, evaluated.figures, evaluated.rule
    status: DayStatus = evaluated.status
    if status == "absent" and not is_over(evaluated, now):
        status = "open"
    return DayResult(
        employee=employee_id,
        date=workday.date,
        status=status,
        rule=DayRule(source=rule.source, key=rule.key),
        shift=evaluated.shift,
        shift_from=entry.source,
        starts=_wall(workday.starts, zone) if workday.scheduled else None,
        ends=_wall(workday.ends, zone) if workday.scheduled else None,
        clockings=tuple(_clocking(step, readers, zone) for step in evaluated.sequence),
        dropped=tuple(_dropped(duplicate, readers, zone) for duplicate in evaluated.duplicates),
        presence_s=figures.presence,
        allotted_s=evaluated.allotted,
        work_s=figures.work,
        overtime_s=figures.overtime,
        discarded_s=figures.discarded,
        break_s=figures.breaks,
        lunch_s=figures.lunch,
        late_s=figures.late,
        early_leave_s=figures.early_leave,
        flags=evaluated.flags,
    )


def unless_employed(result: DayResult, employee: Employee) -> DayResult:
    """Before somebody joined and after they left nobody waits for them; what they punch then is flagged."""
    if employee.employed(result.date):
        return result
    expected = result.status in ("absent", "open", "awaiting") and not result.clockings
    status: DayStatus = "no_shift" if expected else result.status
    return msgspec.structs.replace(result, status=status, flags=(*result.flags, "not_employed"))


def is_over(evaluated: Evaluated, now: int) -> bool:
    """Whether the scheduled time of a workday has passed; of one without it this is nothing to wait for."""
    return not evaluated.workday.scheduled or evaluated.workday.ends + SETTLE_S <= now


def unread_for(evaluated: Evaluated, contacts: Contacts, readers: set[Reader], now: int) -> list[Reader]:
    """Those of the readers that a person may have used which were not read past the end of a shift."""
    if not evaluated.workday.scheduled or not is_over(evaluated, now):
        return []
    return contacts.unread(readers, evaluated.workday.ends)


def waiting_for(result: DayResult, unread: Sequence[Reader]) -> DayResult:
    """The result of a day that is over, while these readers have not been read past its end."""
    if not unread:
        return result
    status: DayStatus = "awaiting" if result.status == "absent" else result.status
    awaiting = tuple(f"{edge}/{reader}" for edge, reader in unread)
    return msgspec.structs.replace(result, status=status, awaiting=awaiting)


def _clocking(step: Step, readers: Mapping[str, str], zone: ZoneInfo) -> Clocking:
    event = step.event
    return Clocking(
        at=_wall(step.at, zone),
        direction=step.direction,
        how=step.how,
        punch=event.id if event is not None else None,
        reader=readers.get(event.id, "") if event is not None else "",
        carried=step.carried,
        clamped=step.clamped,
    )


def _dropped(duplicate: Duplicate, readers: Mapping[str, str], zone: ZoneInfo) -> Dropped:
    event: Event = duplicate.event
    return Dropped(
        at=_wall(event.at, zone), punch=event.id, kept=duplicate.kept.id, reader=readers.get(event.id, "")
    )


def _wall(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone)
