"""Measures the directory at the size of a million people: pages, search, counts, facets, and keeping up.

    python -m bench.directory [--people N] [--rounds N] [--json]

Each line is measured through the columns in memory, and through plain SQLite over the same people, with an
index on each column; every round asks for something else. `p95` is wall time; `busy` is the median of the
time that the processor was at work for it, which tells how much of the rest was waiting for other programs.
"""

import argparse
import json
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from central.directory.columns import FIELDS
from central.directory.directory import Directory
from central.directory.employee import DIMENSIONS, Employee
from central.directory.paging import Order, cursor
from central.ledger import people
from central.ledger.database import Ledger
from central.ledger.staff import Staff
from central.requests.staff import StaffDesk
from central.zones import Zones
from wire.people import EmployeesPage, EmployeesRequest, FacetsRequest, OrgFilter

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NO_BADGES = Directory(())
PAGE = 50
_SYLLABLES = ("ka", "ra", "mi", "sha", "an", "pa", "te", "lo", "vi", "ne", "su", "ja", "du", "gi", "ro", "ma")
_SIZES = {
    "status": 4,
    "sbu": 12,
    "state": 28,
    "branch": 400,
    "department": 60,
    "sub_department": 240,
    "designation": 300,
    "employee_type": 9,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table, in milliseconds; `sqlite` is the 95th percentile of the baseline."""

    what: str
    p50: float
    p95: float
    busy: float
    sqlite: float | None


def staff(count: int, dice: random.Random) -> Iterator[tuple[str, ...]]:
    """People of an organisation in which a branch has one state, and the first values are the common ones."""
    for number in range(count):
        name = " ".join("".join(dice.choices(_SYLLABLES, k=3)).title() for _ in range(2))
        place = {one: min(int(dice.expovariate(4 / size)), size - 1) for one, size in _SIZES.items()}
        place["state"] = place["branch"] % _SIZES["state"]
        yield f"E{number:07}", name, *(f"{one} {place[one]:03}" for one in DIMENSIONS)


def fill(ledger: Ledger, file: Path, count: int) -> None:
    """Put the people into the ledger, and into the baseline's own table with its indexes."""
    rows = list(staff(count, random.Random(1)))  # noqa: S311
    marks = ",".join("?" * (len(FIELDS) + 1))
    at = int(NOW.timestamp() * 1e6)
    with sqlite3.connect(file) as connection:
        connection.executemany(f"INSERT INTO employees VALUES ({marks})", ((*row, at) for row in rows))
    connection.close()
    ledger.migrate(NOW)
    with sqlite3.connect(file.with_suffix(".plain")) as connection:
        connection.execute(f"CREATE TABLE plain ({', '.join(FIELDS)}, folded, PRIMARY KEY (employee_id))")
        connection.executemany(
            f"INSERT INTO plain VALUES ({marks})",
            ((*row, f"{row[0]}\n{row[1]}".casefold()) for row in rows),
        )
        for name in FIELDS[1:]:
            connection.execute(f"CREATE INDEX by_{name} ON plain ({name}, employee_id)")
        connection.execute("ANALYZE")
    connection.close()


class Baseline:
    """Plain SQLite: the same questions, as one would write them down."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.execute("PRAGMA cache_size=-262144")

    def page(self, wanted: OrgFilter, sort: str, after: tuple[str, str] | None = None) -> None:
        """A page of rows, and how many people there are."""
        self._count(wanted)
        where, values = _where(wanted)
        if after is not None:
            where, values = f"{where} AND ({sort}, employee_id) > (?, ?)", [*values, *after]
        order = f"ORDER BY {sort}, employee_id LIMIT {PAGE}"
        self._connection.execute(f"SELECT * FROM plain WHERE {where} {order}", values).fetchall()

    def _count(self, wanted: OrgFilter) -> None:
        where, values = _where(wanted)
        self._connection.execute(f"SELECT count(*) FROM plain WHERE {where}", values).fetchall()

    def facets(self, wanted: OrgFilter) -> None:
        """The counts of all dimensions, each under the others, and how many people there are."""
        self._count(wanted)
        for name in DIMENSIONS:
            where, values = _where(wanted, besides=name)
            counts = f"SELECT {name}, count(*) FROM plain WHERE {where} GROUP BY {name}"
            self._connection.execute(counts, values).fetchall()


def _where(wanted: OrgFilter, besides: str = "") -> tuple[str, list[str]]:
    parts, values = ["1"], []
    for name in DIMENSIONS:
        if (some := getattr(wanted, name)) and name != besides:
            parts.append(f"{name} IN ({','.join('?' * len(some))})")
            values += some
    if wanted.search:
        parts.append("instr(folded, ?) > 0")
        values.append(wanted.search)
    return " AND ".join(parts), values


class Bench:
    """The desk that answers people, and the baseline beside it."""

    def __init__(self, ledger: Ledger, file: Path, rounds: int) -> None:
        self._staff = Staff(ledger)
        self._ledger = ledger
        self._desk = StaffDesk(ledger, self._staff, Zones(ZoneInfo("Asia/Kolkata")))
        self._baseline = Baseline(file.with_suffix(".plain"))
        self._rounds = rounds
        self._dice = random.Random(2)  # noqa: S311

    def lines(self) -> Iterator[Line]:
        """All lines of the table."""
        yield self._line("reading everybody", [self._staff.columns], [])
        for column in FIELDS:
            self._ask(OrgFilter(), column)
        wanted = [self._filter() for _ in range(self._rounds)]
        sorts = [self._dice.choice(FIELDS) for _ in wanted]
        everybody = [OrgFilter()] * self._rounds
        rare = [self._rare() for _ in wanted]
        common = [OrgFilter(search="".join(self._dice.choices(_SYLLABLES, k=2))[:4]) for _ in wanted]
        letter = [OrgFilter(search=self._dice.choice("abdeghijklmnoprstuv0123456789")) for _ in wanted]
        base = self._baseline
        for what, some in (("everybody", everybody), ("filtered", wanted)):
            pairs = list(zip(some, sorts, strict=True))
            yield self._line(
                f"first page, {what}",
                [partial(self._ask, one, by) for one, by in pairs],
                [partial(base.page, one, by) for one, by in pairs],
            )
            deep = [(one, by, *self._middle(by)) for one, by in pairs]
            yield self._line(
                f"deep page, {what}",
                [partial(self._ask, one, by, after) for one, by, after, _ in deep],
                [partial(base.page, one, by, key) for one, by, _, key in deep],
            )
        for what, some in (("rare", rare), ("common", common), ("one letter", letter)):
            yield self._line(
                f"search, {what}",
                [partial(self._ask, one, "name") for one in some],
                [partial(base.page, one, "name") for one in some],
            )
        for what, some in (("everybody", everybody), ("filtered", wanted), ("searched", common)):
            yield self._line(
                f"count and facets, {what}",
                [partial(self._facets, one) for one in some],
                [partial(base.facets, one) for one in some[:3]],
            )
        yield self._line("one employee changed", [self._change] * max(self._rounds // 10, 3), [])

    def memory(self) -> int:
        """Bytes of the columns, with all orders."""
        return self._staff.columns().nbytes

    def _filter(self) -> OrgFilter:
        """One to three dimensions with one to three values each."""
        chosen = self._dice.sample(DIMENSIONS, self._dice.randint(1, 3))
        columns = self._staff.columns()
        values = {
            name: tuple(
                self._dice.sample(
                    columns.dimensions[name].values[: max(_SIZES[name] // 4, 3)], self._dice.randint(1, 3)
                )
            )
            for name in chosen
        }
        return msgspec.convert(values, OrgFilter)

    def _rare(self) -> OrgFilter:
        columns = self._staff.columns()
        name = columns.names[self._dice.randrange(len(columns))].casefold()
        return OrgFilter(search=name[2:-2])

    def _ask(self, wanted: OrgFilter, by: str, after: str | None = None) -> EmployeesPage:
        request = EmployeesRequest(request_id="r", people=wanted, sort=by, limit=PAGE, after=after)  # type: ignore[arg-type]
        told = self._desk.answer("bench", NO_BADGES, None, request)
        assert isinstance(told, EmployeesPage)
        return told

    def _middle(self, by: str) -> tuple[str | None, tuple[str, str]]:
        """The cursor in the middle of a list, and what the baseline needs to know of it."""
        columns = self._staff.columns()
        row = int(columns.order(by)[len(columns) // 2])
        value = columns.texts(row)[FIELDS.index(by)]
        return cursor(columns, Order(by), row), (value, columns.ids[row])

    def _facets(self, wanted: OrgFilter) -> None:
        self._desk.answer("bench", NO_BADGES, None, FacetsRequest(request_id="r", people=wanted))

    def _change(self) -> None:
        """An import of one employee, who changes names and departments, and the first answer behind it."""
        number = self._dice.randrange(len(self._staff.columns()))
        one = Employee(employee_id=f"E{number:07}", name=f"Someone {number}", department="department 001")
        with self._ledger.write() as connection:
            people.save(connection, [one], NOW)
        self._ask(OrgFilter(), "name")

    def _line(
        self, what: str, work: Sequence[Callable[[], object]], plain: Sequence[Callable[[], object]]
    ) -> Line:
        times, busy = zip(*map(_timed, work), strict=True)
        baseline = [_timed(one)[0] for one in plain[: max(self._rounds // 4, 5)]]
        return Line(
            what,
            statistics.median(times),
            _p95(times),
            statistics.median(busy),
            _p95(baseline) if baseline else None,
        )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    began, busy = time.perf_counter(), time.thread_time()
    work()
    return (time.perf_counter() - began) * 1000, (time.thread_time() - busy) * 1000


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[min(int(len(times) * 0.95), len(times) - 1)]


def main() -> int:
    """Run the bench and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.directory", description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ledger.db"
        ledger = Ledger(str(file))
        ledger.migrate(NOW)
        fill(ledger, file, flags.people)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        bench = Bench(ledger, file, flags.rounds)
        lines = list(bench.lines())
        memory = bench.memory()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ledger.close()
    if flags.json:
        told = {"lines": [asdict(line) for line in lines], "memory_bytes": memory, "peak_kib": [before, peak]}
        print(json.dumps(told, indent=2))
        return 0
    print(f"{flags.people} people, milliseconds{'p50':>20}{'p95':>9}{'busy':>9}{'SQLite p95':>12}")
    for line in lines:
        plain = "" if line.sqlite is None else f"{line.sqlite:12.1f}"
        print(f"{line.what:<34}{line.p50:>9.1f}{line.p95:>9.1f}{line.busy:>9.1f}{plain}")
    print(f"the columns take {memory / 1e6:.0f} MB, {memory / flags.people:.0f} bytes each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
