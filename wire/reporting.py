"""What people ask of workdays: reports, and one day explained."""

from datetime import date
from typing import Annotated, Literal

import msgspec

from wire.days import DayResult
from wire.facts import Span
from wire.people import OrgFilter
from wire.request import RequestId

ReportKind = Literal[
    "attendance", "timecard", "overtime", "breaks", "late", "missing", "who-is-in", "headcount", "review"
]


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report on the workdays of some people, by employee id and date, about `limit` rows at a time.

    Of a `headcount` a page counts `limit` people; its rows are hours, and those of several pages add up.
    """

    request_id: RequestId
    kind: ReportKind
    span: Span
    people: OrgFilter = OrgFilter()
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 500
    after: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class DayRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One workday of one employee with everything that explains it."""

    request_id: RequestId
    employee: str
    date: date


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a report: rows as wide as `columns`; `after` continues it, None at the end.

    A page may be short, even empty, and still not be the last. Lengths are whole minutes, cut. On the first
    page `people` is the filter as it was understood, and `selected` how many people it selects, on any of the
    dates, of the `visible` whom the user may see at all.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    after: str | None
    people: OrgFilter | None = None
    selected: int = 0
    visible: int = 0


class DayAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A workday explained: one sentence for each decision, with its rule, punches and numbers.

    `stored` is False if the day is not in the ledger as it is told here: it will be in a moment, or it lies
    outside of what is kept.
    """

    name: str
    day: DayResult
    why: tuple[str, ...]
    stored: bool
