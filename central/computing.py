"""Owns the way from the ledger's punches to evaluated workdays: gather what is needed, then ask the rules."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from central.directory.directory import Directory
from central.directory.employee import Employee
from central.ledger.punches import badge_key
from central.ledger.workdays import raw
from central.rules.clocking import Event
from central.rules.day import DayResult
from central.rules.plan import DAY, Options, Plan, prepare
from central.rules.policy import evaluate
from central.schedule.rosters import Assigned, Rosters
from central.timing.verdict import Timed, timed
from central.workdays.anchors import anchored, rests
from central.workdays.contacts import Reader
from central.workdays.interpretation import Raw, Sites, direction, read_on
from central.workdays.span import DaySpan, day_of, number

REACHES = (2, 9, 37)
"""Workdays planned before those asked for: two do, unless guessed directions hang together further back."""

_MARGIN_BEFORE, _MARGIN_BEHIND = 3, 4
"""Days by which the id of an event may miss its workday: limits of workdays, and zones on either side."""

_PLANS = 4096
_at = attrgetter("at")


@dataclass(slots=True)
class Clocked:
    """The events of one person within the days gathered, in order of time, and where each was read."""

    events: list[Event] = field(default_factory=list)
    readers: dict[str, Reader] = field(default_factory=dict)
    times: list[Timed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PersonDays:
    """The evaluated workdays of one person.

    `times` are those of their punches, with the bounds of the true ones. `settled_behind` tells that no
    change of the last workday can reach the one behind it.
    """

    employee: Employee
    assigned: Assigned
    results: list[DayResult]
    readers: Mapping[str, Reader]
    times: Sequence[Timed]
    settled_behind: bool


class Computer:
    """Computes workdays by one state of directory and settings. Not for more than one thread."""

    def __init__(self, directory: Directory, rosters: Rosters, sites: Sites, options: Options) -> None:
        self.directory = directory
        self.rosters = rosters
        self.sites = sites
        self.options = options
        self.zone = ZoneInfo(options.zone)
        self._plans: dict[tuple[int, int, int, int], Plan] = {}
        self._owners: dict[tuple[str, str, str, str | None], Employee | None] = {}

    def owner(self, punch: Raw) -> Employee | None:
        """Whose punch it is."""
        badge = (punch.edge, punch.badge_form, punch.badge_raw, punch.badge_canon)
        if self.directory.dated(*badge[1:]):
            return self.directory.who(*badge, read_on(punch, self.sites))
        if badge not in self._owners:
            self._owners[badge] = self.directory.who(*badge)
        return self._owners[badge]

    def today(self, now: int) -> int:
        """The organization's date at an instant, in days since 1970."""
        return number(datetime.fromtimestamp(now, self.zone).date())

    def touched(self, employee: Employee, punch: Raw, at: int) -> DaySpan:
        """The workdays whose results a punch may change: its own and its neighbours (C9.7).

        Behind a punch without direction it is one more, and further ones by `settled_behind`.
        """
        around = datetime.fromtimestamp(at, self.zone).date()
        plan = self._plan(self.rosters.of(employee), around - DAY, around + DAY, 0)
        own = number(plan.days[bisect_right(plan.limits, at) - 1].date)
        return own - 1, own + (1 if direction(punch, self.sites) is not None else 2)

    def compute(
        self, connection: Connection, employee_ids: Collection[str], days: DaySpan, now: int
    ) -> list[PersonDays]:
        """Evaluate the same workdays of people, leaving out unknown ones; `now` is in epoch seconds."""
        people = [
            employee
            for employee_id in sorted(employee_ids)
            if (employee := self.directory.employees.get(employee_id)) is not None
        ]
        found: list[PersonDays] = []
        for reach in REACHES:
            if not people:
                break
            clocked = self._gather(connection, people, days, reach)
            further = []
            for employee in people:
                theirs = clocked[employee.employee_id]
                assigned = self.rosters.of(employee)
                plan = self._plan(assigned, day_of(days[0]), day_of(days[1]), reach)
                if reach != REACHES[-1] and not rests(plan, theirs.events):
                    further.append(employee)
                    continue
                found.append(
                    PersonDays(
                        employee,
                        assigned,
                        evaluate(plan, theirs.events, now),
                        theirs.readers,
                        theirs.times,
                        anchored(plan, theirs.events, plan.end),
                    )
                )
            people = further
        return found

    def _gather(
        self, connection: Connection, people: Iterable[Employee], days: DaySpan, reach: int
    ) -> dict[str, Clocked]:
        found = {employee.employee_id: Clocked() for employee in people}
        keys = {badge_key(badge) for employee_id in found for badge in self.directory.badges(employee_id)}
        dates = range(days[0] - reach - _MARGIN_BEFORE, days[1] + _MARGIN_BEHIND + 1)
        for punch in raw.of_badges(connection, dates, keys):
            owner = self.owner(punch)
            if owner is None or (clocked := found.get(owner.employee_id)) is None:
                continue
            time = timed(punch, self.sites)
            if time.doubt is None:
                punch_id = punch.punch_id.hex()
                clocked.events.append(Event(time.at, direction(punch, self.sites), punch_id))
                clocked.readers[punch_id] = (punch.edge, punch.reader)
                clocked.times.append(time)
        for clocked in found.values():
            clocked.events.sort(key=_at)
        return found

    def _plan(self, assigned: Assigned, first: date, last: date, reach: int) -> Plan:
        """The plan for all who share the settings; the rosters keep `assigned`, so its id is its own."""
        key = (id(assigned), first.toordinal(), last.toordinal(), reach)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _PLANS:
                self._plans.clear()
            plan = self._plans[key] = prepare(assigned.roster, first, last, self.options, reach)
        return plan
