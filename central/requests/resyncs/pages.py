"""Owns the pages of what a resync found: people, workdays, punches, nobody's badges, and the proof."""

from collections.abc import Callable

from msgspec.structs import replace
from sqlalchemy import Connection

from central.ledger.resyncs import changes, proofs, strangers, verdicts
from central.ledger.resyncs.changes import Changed
from central.ledger.resyncs.jobs import Job
from central.requests.asking import Refusal
from central.requests.resyncs.telling import entry, progress
from central.workdays.span import day_of
from wire.codec import decode
from wire.days import DayResult
from wire.resync import ResyncShown, ResyncsRequest

Cell = str | int | None
Rows = tuple[list[tuple[Cell, ...]], str | None]
"""Rows of a page, and where it goes on."""

_LONGEST_PAGE = 60_000
"""Characters of a page; the wire can carry it with what is around it."""
COLUMNS: dict[str, tuple[str, ...]] = {
    "people": (
        "employee",
        "matched",
        "to add",
        "added",
        "to change",
        "changed",
        "only on device",
        "only in ledger",
        "in conflict",
        "days changed",
    ),
    "days": (
        "employee",
        "date",
        "status before",
        "status after",
        "work before",
        "work after",
        "overtime before",
        "overtime after",
        "late before",
        "late after",
        "note",
    ),
    "punches": ("punch", "what", "employee", "badge", "wall time", "reader", "word", "why"),
    "badges": ("badge", "of", "reader", "punches", "first", "last"),
    "proof": ("reader", "date", "device", "edge", "ledger", "equal"),
}


def shown(connection: Connection, job: Job, request: ResyncsRequest) -> ResyncShown:
    """A job with a page of what it found. Raises Refusal for a place that no page gave out."""
    told, after = _PAGES[request.what](connection, job, request.limit, request.after)
    size = 0
    for number, row in enumerate(told):
        size += len(str(row))
        if size > _LONGEST_PAGE and number:
            return shown(connection, job, replace(request, limit=number))
    return ResyncShown(
        entry=entry(job),
        progress=progress(connection, job),
        columns=COLUMNS[request.what],
        rows=tuple(told),
        after=after,
    )


def _people(connection: Connection, job: Job, limit: int, after: str | None) -> Rows:
    page = verdicts.of_people(connection, job.job_id, limit, after or "")
    days = changes.counts_by_person(connection, job.job_id, [one for one, _, _ in page])
    rows: list[tuple[Cell, ...]] = [
        (
            employee_id,
            matched + counted.get("matched", 0),
            *(
                counted.get(what, 0)
                for what in (
                    "to-add",
                    "added",
                    "to-change",
                    "changed",
                    "only-on-device",
                    "only-in-ledger",
                    "in-conflict",
                )
            ),
            days.get(employee_id, 0),
        )
        for employee_id, matched, counted in page
    ]
    return rows, page[-1][0] if len(page) == limit else None


def _days(connection: Connection, job: Job, limit: int, after: str | None) -> Rows:
    employee_id, day = _place(after)
    page = changes.page(connection, job.job_id, limit, (employee_id, day))
    rows = [_day(one) for one in page if one.before != one.after]
    return rows, f"{page[-1].employee_id}@{page[-1].day}" if len(page) == limit else None


def _day(one: Changed) -> tuple[Cell, ...]:
    before = None if one.before is None else decode(one.before, DayResult)
    after = decode(one.after, DayResult)
    return (
        one.employee_id,
        day_of(one.day).isoformat(),
        None if before is None else before.status,
        after.status,
        *(
            figure
            for name in ("work_s", "overtime_s", "late_s")
            for figure in (
                None if before is None else getattr(before, name) // 60,
                getattr(after, name) // 60,
            )
        ),
        "others changed it meanwhile" if one.mixed else "",
    )


def _punches(connection: Connection, job: Job, limit: int, after: str | None) -> Rows:
    try:
        page = verdicts.page(connection, job.job_id, limit, bytes.fromhex(after or ""))
    except ValueError:
        raise Refusal(f"{after!r} is no place to go on from") from None
    rows: list[tuple[Cell, ...]] = [
        (
            row.punch_id.hex(),
            row.what,
            row.employee_id or None,
            row.badge,
            None if row.wall is None else row.wall.isoformat(sep=" "),
            _reader(job, row.part),
            row.word,
            row.why,
        )
        for row in page
    ]
    return rows, page[-1].punch_id.hex() if len(page) == limit else None


def _badges(connection: Connection, job: Job, limit: int, after: str | None) -> Rows:
    badge, _, place = (after or "").rpartition("@")
    edge, _, reader = place.partition("/")
    page = strangers.page(connection, job.job_id, limit, (badge, edge, reader))
    rows: list[tuple[Cell, ...]] = [
        (
            one.badge,
            "nobody",
            f"{one.edge}/{one.reader}",
            one.punches,
            *(None if at is None else at.isoformat(sep=" ") for at in (one.first, one.last)),
        )
        for one in page
    ]
    return rows, f"{page[-1].badge}@{page[-1].edge}/{page[-1].reader}" if len(page) == limit else None


def _proof(connection: Connection, job: Job, limit: int, after: str | None) -> Rows:
    reader, day = _place(after)
    edge, _, name = reader.partition("/")
    page = proofs.page(connection, job.job_id, limit, (edge, name, day))
    rows: list[tuple[Cell, ...]] = [
        (f"{edge}/{name}", day_of(day).isoformat(), device, taken, ledger, "no" if differ else "yes")
        for edge, name, day, device, taken, ledger, differ in page
    ]
    return rows, f"{page[-1][0]}/{page[-1][1]}@{page[-1][2]}" if len(page) == limit else None


_PAGES: dict[str, Callable[[Connection, Job, int, str | None], Rows]] = {
    "people": _people,
    "days": _days,
    "punches": _punches,
    "badges": _badges,
    "proof": _proof,
}


def _place(after: str | None) -> tuple[str, int]:
    """The place behind a cursor `text@number`."""
    if after is None:
        return "", -1
    text, _, number = after.rpartition("@")
    if not (number.isascii() and number.isdecimal()):
        raise Refusal(f"{after!r} is no place to go on from")
    return text, int(number)


def _reader(job: Job, part: int) -> str:
    return next((f"{it.part.edge}/{it.part.reader}" for it in job.asked if it.number == part), "")
