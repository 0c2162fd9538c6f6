"""Owns the answer to how many people were in, hour by hour: each page counts some more people."""

from collections.abc import Iterator
from datetime import date, tzinfo
from itertools import groupby

from sqlalchemy import Connection

from central import headcount as hourly
from central.directory.directory import Directory
from central.headcount import Hour, Stay
from central.reports import AsOf
from central.requests.asking import Refusal
from central.requests.choosing import Chosen
from central.requests.stored import Place, stored
from central.workdays.interpretation import Sites
from central.workdays.span import number
from wire.days import DayResult
from wire.reporting import ReportPage, ReportRequest

_LONGEST_DAYS = 31
"""The hours of so many days fit into one message, and one page has all hours of its people."""
_MOST_HOURS = 1000


def headcount(
    connection: Connection,
    request: ReportRequest,
    chosen: Chosen,
    directory: Directory,
    sites: Sites,
    as_of: AsOf,
) -> ReportPage:
    """The hours of `limit` more people; rows of several pages with the same hour add up. Raises Refusal.

    An hour goes by the units of its own date. The workdays beside the span are looked at, too: a night shift
    ends on the date behind its own.
    """
    span = request.span
    if (span.last - span.first).days >= _LONGEST_DAYS:
        raise Refusal(f"a headcount covers {_LONGEST_DAYS} days at the most; ask for less at a time")
    days = (number(span.first) - 1, number(span.last) + 1)
    after: Place | None = None
    people: list[dict[Hour, Stay]] = []
    hours: set[Hour] = set()
    going_on = stored(connection, chosen, days, Place.read(request.after))
    for employee_id, some in groupby(going_on, key=lambda one: one[0].employee_id):
        if len(people) >= request.limit or len(hours) >= _MOST_HOURS:
            return _page(people, after)
        held = list(some)
        after = held[-1][0]

        def wanted(day: date, who: str = employee_id) -> bool:
            return span.first <= day <= span.last and chosen.has_on(who, day)

        zoned = _zoned(directory, sites, [day for _, day in held])
        people.append(hourly.stays(zoned, wanted, as_of))
        hours |= people[-1].keys()
    return _page(people, None)


def _page(people: list[dict[Hour, Stay]], after: Place | None) -> ReportPage:
    rows = hourly.rows(hourly.counted(people))
    return ReportPage(columns=hourly.HEADER, rows=rows, after=None if after is None else str(after))


def _zoned(directory: Directory, sites: Sites, days: list[DayResult]) -> Iterator[tuple[DayResult, tzinfo]]:
    """Workdays with the zone of the branch that the person had then; who has left the directory has none."""
    for day in days:
        employee = directory.employees.get(day.employee)
        if employee is not None:
            edges = sites.edges_of(employee.on(day.date).branch)
            yield day, sites.zones.of(edges[0]) if edges else sites.zones.organization
