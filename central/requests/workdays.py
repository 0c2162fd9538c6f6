"""Owns the answers about workdays: pages of reports, and one day with everything that explains it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from central.access.scope import Sight
from central.computing import Computer
from central.directory.directory import Directory
from central.ledger.database import Ledger
from central.ledger.settings import Schedule
from central.ledger.staff import Staff
from central.ledger.workdays import results, waiting
from central.reports import REPORTS, AsOf, Cell, Reported
from central.requests.asking import Refusal, check_span
from central.requests.choosing import Choosing, Chosen, introduced
from central.requests.headcount import headcount
from central.requests.lists import known
from central.requests.review import review
from central.requests.stored import Place, stored
from central.rules.explain.why import why
from central.rules.plan import Options
from central.schedule.rosters import told
from central.timing.flags import UNSURE, flagged, unsure_dates
from central.workdays.contacts import Contacts
from central.workdays.interpretation import Sites
from central.workdays.published import published, unless_employed, unread_for, waiting_for
from central.workdays.span import DaySpan, number
from wire.codec import encode
from wire.days import DayResult
from wire.reporting import DayAnswer, DayRequest, ReportPage, ReportRequest

_LOOKED_AT = 20_000
"""Workdays looked at for one page, at the most: a rare thing in a large company takes several short pages."""
_LONGEST_PAGE = 36_000
"""Characters of a page; even if each takes three bytes, the wire can carry it."""
_LONGEST_DAYS = 3700


class WorkdayDesk:
    """Answers about workdays. Not for more than one thread."""

    def __init__(self, ledger: Ledger, staff: Staff, sites: Sites, options: Options) -> None:
        self._ledger = ledger
        self._choosing = Choosing(staff)
        self._sites = sites
        self._options = options
        self._schedule = Schedule()

    def report(self, request: ReportRequest, sight: Sight, now: datetime) -> ReportPage:
        """A page of a report on those in sight. Raises Refusal for dates and filters that make no sense."""
        check_span(request.span)
        days = (number(request.span.first), number(request.span.last))
        if days[1] - days[0] >= _LONGEST_DAYS:
            raise Refusal(f"a report covers {_LONGEST_DAYS} days at the most")
        chosen = self._choosing.choose_through(
            request.people, sight.scope.units, sight.directory, request.span
        )
        as_of = AsOf(now, timedelta(seconds=self._options.carry_s))
        with self._ledger.read() as connection:
            match request.kind:
                case "review":
                    page = review(connection, request, chosen, self._computer(connection, sight.directory))
                case "headcount":
                    page = headcount(connection, request, chosen, sight.directory, self._sites, as_of)
                case _:
                    page = _page(connection, request, chosen, sight.directory, days, as_of)
        return introduced(page, request, chosen)

    def day(self, request: DayRequest, sight: Sight, now: datetime) -> DayAnswer:
        """A workday computed from the ledger as it is now, with its reasons. Raises Refusal."""
        employee = known(sight.directory, request.employee)
        day = number(request.date)
        as_of = int(now.timestamp())
        with self._ledger.read() as connection:
            computer = self._computer(connection, sight.directory)
            if day > computer.today(as_of) + 1:
                raise Refusal(f"{request.date} lies in the future")
            (person,) = computer.compute(connection, [employee.employee_id], (day, day), as_of)
            held = results.held(connection, [employee.employee_id], day, day)
            contacts = Contacts(waiting.load_contacts(connection))
            used = waiting.used(connection, [employee.employee_id]).get(employee.employee_id, {})
        (evaluated,) = person.results
        entry = person.assigned.on(request.date)
        readers = {punch: f"{edge}/{reader}" for punch, (edge, reader) in person.readers.items()}
        result = published(employee.employee_id, evaluated, entry, readers, computer.zone, as_of)
        candidates = contacts.used(self._sites.edges_of(employee.branch), used, day)
        if unsure_dates(person.results, person.times):
            result = flagged(result)
        result = waiting_for(result, unread_for(evaluated, contacts, candidates, as_of))
        result = unless_employed(result, employee)
        there = held.get((employee.employee_id, day))
        return DayAnswer(
            name=employee.name,
            day=result,
            why=(
                told(entry, employee.employee_id),
                *why(evaluated, self._options),
                *_beside_the_rules(result),
            ),
            stored=there is not None and there.result == encode(result),
        )

    def _computer(self, connection: Connection, directory: Directory) -> Computer:
        return Computer(directory, self._schedule.rosters(connection), self._sites, self._options)


def _page(
    connection: Connection,
    request: ReportRequest,
    chosen: Chosen,
    directory: Directory,
    days: DaySpan,
    as_of: AsOf,
) -> ReportPage:
    report = REPORTS[request.kind]
    rows: list[tuple[Cell, ...]] = []
    begin = Place.read(request.after)
    size = 0
    for looked_at, (place, day) in enumerate(stored(connection, chosen, days, begin), 1):
        employee = directory.employees.get(day.employee)
        if employee is not None and chosen.has_on(day.employee, day.date) and report.tells(day, as_of):
            row = report.row(Reported(employee.name, employee.on(day.date).department, day))
            rows.append(row)
            size += len(str(row))
        if len(rows) >= request.limit or size >= _LONGEST_PAGE or looked_at >= _LOOKED_AT:
            return ReportPage(columns=report.header, rows=tuple(rows), after=str(place))
    return ReportPage(columns=report.header, rows=tuple(rows), after=None)


def _beside_the_rules(result: DayResult) -> Iterator[str]:
    for reader in result.awaiting:
        yield f"The reader {reader} has not been read past the end of the shift, so punches may still come."
    if UNSURE in result.flags:
        yield "A clock was wrong or never set: a punch may belong to another time, or to a neighbouring day."
