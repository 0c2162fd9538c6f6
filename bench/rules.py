"""Measures the rule engine: plain punches in, day results out, with figures, flags and the ids behind them.

    python -m bench.rules [--employees N] [--days N] [--processes N] [--rounds N] [--json]

A made-up company works three shifts (office with a fixed lunch, late, a cycle of nights without directions),
four punches a day, one day in twenty with something missing or doubled. It is made and computed in pieces of
250 employees. Rates are employee-days a second of one core's processor time, so that a busy machine tells the
same; the minute is wall time of all processes, once without and once with making the punches. The baseline
pairs the same punches as a script would: sort, group by date, IN to OUT, hours as a float; no rules at all.
"""

import argparse
import json
import random
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from central.rules.clocking import Direction, Event
from central.rules.plan import Options, Plan, prepare
from central.rules.policy import evaluate
from central.rules.shift import DayRow, Lunch, Overtime, Shift, always

ASKED = 100_000
PIECE = 250
PUNCHES = 4
FIRST = date(2026, 3, 1)
ZONE = "Asia/Kolkata"
HOUR = 3600

_OFF = DayRow(workday=False)
_ROWS = {
    "office": DayRow(True, 9 * HOUR, 18 * HOUR, Lunch("fixed", 13 * HOUR, 14 * HOUR), 300),  # noqa: FBT003
    "late": DayRow(True, 14 * HOUR, 22 * HOUR, Lunch("flexible", length=1800)),  # noqa: FBT003
    "night": DayRow(True, 22 * HOUR, 6 * HOUR, Lunch("flexible", length=1800)),  # noqa: FBT003
}
_COUNTS = Overtime(after_end=True, day_off=True)
SHIFTS = (
    Shift("office/1", "weekly", (_ROWS["office"],) * 6 + (_OFF,), _COUNTS),
    Shift("late/1", "weekly", (_ROWS["late"],) * 7, _COUNTS),
    Shift("night/1", "regular", (_ROWS["night"],) * 4 + (_OFF,), _COUNTS, FIRST),
)

People = Sequence[tuple[int, Sequence[Event]]]
"""The shift's number and the punches of each employee."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What computing some employees took. Seconds of processor and wall; peak resident memory in KiB."""

    days: int
    made_s: float
    cpu_s: float
    wall_s: float
    peak_kib: int
    checksum: int

    @property
    def rate(self) -> float:
        """Employee-days a second of processor time."""
        return self.days / self.cpu_s


@cache
def plan_of(number: int, days: int) -> Plan:
    """The plan that all employees of a shift share."""
    return prepare(always(SHIFTS[number]), FIRST, FIRST + timedelta(days=days - 1), Options(zone=ZONE))


def punches(employee: int, days: int) -> tuple[int, list[Event]]:
    """The month of one employee, in no particular order, always the same for the same number."""
    dice = random.Random(employee)  # noqa: S311
    number = employee % len(SHIFTS)
    told: list[Event] = []
    for workday in plan_of(number, days).period:
        begin = workday.starts or workday.opens + 10 * HOUR
        for turn, hours in enumerate((0, 4, 4.75, 8.25)):
            at = begin + int(hours * HOUR + dice.random() * 1200) - 600
            direction: Direction | None = None if number == 2 else ("IN", "OUT")[turn % 2]
            told.append(Event(at, direction, f"{employee}/{len(told)}"))
        if dice.random() < 0.05:
            told[-1] = Event(told[-2].at + 30, told[-2].direction, f"{employee}/x{len(told)}")
    dice.shuffle(told)
    return number, told


def engine(people: People, days: int) -> int:
    """Compute everybody's days; the sum makes sure that every result is looked at."""
    checksum = 0
    for number, events in people:
        for result in evaluate(plan_of(number, days), events):
            checksum += result.figures.work + len(result.flags) + len(result.event_ids)
    return checksum


def script(people: People, _days: int) -> int:
    """Pair punches as a script does, with objects and dates."""
    zone = ZoneInfo(ZONE)
    hours = 0.0
    for _, events in people:
        by_date: dict[date, list[tuple[datetime, Direction | None]]] = defaultdict(list)
        for event in events:
            wall = datetime.fromtimestamp(event.at, UTC).astimezone(zone)
            by_date[wall.date()].append((wall, event.direction))
        for told in by_date.values():
            told.sort(key=lambda punch: punch[0])
            for (came, _), (went, _) in zip(told[::2], told[1::2], strict=False):
                hours += (went - came).total_seconds() / HOUR
    return int(hours)


def measure(employees: range, days: int, compute: Callable[[People, int], int]) -> Spent:
    """Make and compute some employees, piece by piece, in this process."""
    made = cpu = wall = 0.0
    checksum = 0
    for start in range(employees.start, employees.stop, PIECE):
        begun = time.perf_counter()
        people = [punches(employee, days) for employee in range(start, min(start + PIECE, employees.stop))]
        made += time.perf_counter() - begun
        begun, cpu_begun = time.perf_counter(), time.process_time()
        checksum += compute(people, days)
        cpu += time.process_time() - cpu_begun
        wall += time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Spent(len(employees) * days, made, cpu, wall, peak, checksum)


def shared_out(employees: int, days: int, processes: int) -> tuple[list[Spent], float]:
    """Compute a company in several processes; returns what each spent, and the wall time with making."""
    shares = [
        range(employees * one // processes, employees * (one + 1) // processes) for one in range(processes)
    ]
    begun = time.perf_counter()
    with ProcessPoolExecutor(processes) as pool:
        spent = list(pool.map(measure, shares, [days] * processes, [engine] * processes))
    return spent, time.perf_counter() - begun


def _rate(spent: Iterable[Spent]) -> float:
    return statistics.median(one.rate for one in spent)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.rules", description="Measures the rule engine.")
    parser.add_argument("--employees", type=int, default=ASKED)
    parser.add_argument("--days", type=int, default=31)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3, help="rounds of the comparison with the baseline")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()

    measure(range(PIECE), args.days, engine)
    rounds = [
        (measure(range(1000), args.days, engine), measure(range(1000), args.days, script))
        for _ in range(args.rounds)
    ]
    small, baseline = _rate(one for one, _ in rounds), _rate(other for _, other in rounds)
    spent, elapsed = shared_out(args.employees, args.days, args.processes)
    large = sum(one.days for one in spent) / sum(one.cpu_s for one in spent)
    parent_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = {
        "employees": args.employees,
        "days": args.days,
        "processes": args.processes,
        "rate_1000_employees": round(small),
        "rate_all_employees": round(large),
        "flatness": round(small / large, 3),
        "baseline_rate": round(baseline),
        "ratio_to_baseline": round(statistics.median(one.rate / other.rate for one, other in rounds), 2),
        "compute_wall_s": round(max(one.wall_s for one in spent), 1),
        "elapsed_with_making_s": round(elapsed, 1),
        "peak_mib_all_processes": round((parent_kib + sum(one.peak_kib for one in spent)) / 1024),
    }
    if args.json:
        json.dump(figures, sys.stdout)
        print()
        return
    _table(figures)


def _table(figures: dict[str, float]) -> None:
    punched = figures["employees"] * figures["days"] * PUNCHES
    print(
        f"{figures['employees']:,.0f} employees x {figures['days']} days x {PUNCHES} = {punched:,.0f} punches"
    )
    if figures["employees"] < ASKED:
        print(f"A smaller run: {ASKED:,} employees are the company to measure.")
    rows = [
        ("employee-days/s a core, 1,000 employees", f"{figures['rate_1000_employees']:,}"),
        ("employee-days/s a core, all employees", f"{figures['rate_all_employees']:,}"),
        ("cost of all / cost of 1,000", f"{figures['flatness']:.3f}"),
        ("baseline, pairing alone, employee-days/s a core", f"{figures['baseline_rate']:,}"),
        ("engine / baseline, median of rounds", f"{figures['ratio_to_baseline']:.2f}"),
        (f"computing, wall s, {figures['processes']} processes", f"{figures['compute_wall_s']:.1f}"),
        ("with making the punches, wall s", f"{figures['elapsed_with_making_s']:.1f}"),
        ("peak memory of all processes, MiB", f"{figures['peak_mib_all_processes']:,}"),
    ]
    for label, value in rows:
        print(f"{label:<50}{value:>12}")


if __name__ == "__main__":
    main()
