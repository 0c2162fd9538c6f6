"""Measures the pipeline of workdays: a month from fact to result, recomputation, and the intake beside it.

    python -m bench.days [--people N] [--database URL] [--json]

`month`: one employee's 31 days with four punches each land, and every day is computed and stored.
`late punch`: one punch of an old day lands, and its workdays are computed, stored and handed on.
`recompute`: everybody's month is computed again from the ledger, by the one process that does it.
`receipt`: a single punch until its receipt, in quiet and while everybody is computed again. Central is the
real one, with a broker of its own.
"""

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from central import shift_importer
from central.days.keeper import Days
from central.directory.employee import Credential, Employee
from central.ledger import landing, people
from central.ledger.database import Ledger
from central.ledger.workdays import marks
from central.rules.plan import Options
from central.streams import Parcel
from central.workdays.interpretation import Sites
from central.zones import Zones
from edge.readers.identity import terminal_punch_id
from simulators.mosquitto import Mosquitto
from tests.central.program import Program
from tests.peer import TOPICS, Peer, peer
from wire.facts import BATCH_LIMIT, Envelope
from wire.punch import Badge, Clock, Punch
from wire.topics import Topics
from wire.vitals import Status

ZONE = ZoneInfo("Asia/Kolkata")
FIRST = date(2026, 5, 1)
DAYS = 31
NOW = datetime(2026, 6, 1, 0, 30, tzinfo=UTC)
_TIMES = ((8, 24, 0), (12, 31, 1), (13, 22, 0), (18, 5, 1))
_ROW = (
    '{ workday = true, report = "08:30", knock_off = "17:30", lunch = { mode = "flexible", minutes = 60 } }'
)
_SHIFTS = f"""
effective_from = 2026-01-01
[shifts.office]
type = "regular"
start_date = 2026-01-01
overtime = {{ after_end = true, day_off = true }}
rows = [ {", ".join([_ROW] * 5)}, {{ workday = false }}, {{ workday = false }} ]
[[units]]
kind = "organization"
id = "ACCUMAX"
shift = "office"
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    value: float
    unit: str


class Works:
    """A ledger with people and their punches, and the days of central without its thread."""

    def __init__(self, database: str, folder: Path, count: int) -> None:
        self.ledger = Ledger(database)
        self.ledger.migrate(NOW)
        self._seq = 0
        staff = [
            Employee(
                employee_id=f"E{number:06}",
                name=f"Person {number}",
                status="Active",
                credentials=frozenset({Credential("user-id", str(number))}),
            )
            for number in range(count)
        ]
        with self.ledger.write() as connection:
            people.save(connection, staff, NOW)
        file = folder / "shifts.toml"
        file.write_text(_SHIFTS, encoding="utf-8")
        shift_importer.apply(self.ledger, file, None, NOW.date(), NOW)
        self.published = 0
        self.days = Days(
            Topics(),
            self._publish,
            self.ledger,
            people.People(self.ledger),
            Sites(Zones(ZONE)),
            Options(zone=ZONE.key),
            clock=lambda: NOW,
        )

    def _publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        del topic, payload, qos, retain
        self.published += 1
        return True

    def land(self, punches: list[Punch]) -> None:
        """Take punches in, an envelope at a time."""
        for start in range(0, len(punches), BATCH_LIMIT):
            some = punches[start : start + BATCH_LIMIT]
            first = self._seq + 1
            self._seq += len(some)
            parcel = Parcel("pune-01", "outbox-1", first, self._seq, 0, tuple(enumerate(some, first)))
            with self.ledger.write() as connection:
                landing.land(connection, [parcel], NOW)

    def settle(self) -> None:
        """Compute all that is marked."""
        while self.days.turn():
            pass


def punch(number: int, day: date, hour: int, minute: int, code: int) -> Punch:
    """A punch of an employee's terminal."""
    wall = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a wall time
    return Punch(
        punch_id=terminal_punch_id("SER1", str(number), wall),
        reader="gate",
        kind="terminal",
        badge=Badge(raw=str(number), form="user-id"),
        read_at=NOW,
        clock=Clock(trust="synced", boot_id="b", uptime_s=1.0),
        how="catch-up",
        device="SER1",
        device_wall=wall,
        direction_code=code,
    )


def month(number: int) -> list[Punch]:
    """An employee's month."""
    return [
        punch(number, FIRST + timedelta(days=day), hour, (minute + number) % 60, code)
        for day in range(DAYS)
        for hour, minute, code in _TIMES
    ]


def timed(work: Callable[[], None]) -> float:
    """Milliseconds of a piece of work."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def quantiles(what: str, times: list[float]) -> Iterator[Row]:
    """Median and 99th percentile."""
    yield Row(f"{what}, p50", statistics.median(times), "ms")
    yield Row(f"{what}, p99", sorted(times)[int(len(times) * 0.99)], "ms")


def measure(database: str, folder: Path, count: int) -> Iterator[Row]:
    """All rows of the table."""
    works = Works(database, folder, count)
    works.settle()
    alone = min(100, count // 2)

    def a_month(number: int) -> None:
        works.land(punches[number])
        works.days.turn()

    punches = [month(number) for number in range(alone)]
    yield from quantiles("month of one employee", [timed(partial(a_month, n)) for n in range(alone)])
    works.settle()
    for number in range(alone, count):
        works.land(month(number))
    first = timed(works.settle)
    yield Row("first computation", (count - alone) * DAYS / first * 1000, "employee-days/s")

    def a_late_punch(number: int) -> None:
        works.land([punch(number, FIRST + timedelta(days=12), 19, number % 60, 1)])
        works.days.turn()

    yield from quantiles("late punch", [timed(partial(a_late_punch, n)) for n in range(alone)])
    works.settle()
    everybody = [f"E{number:06}" for number in range(count)]

    def mark() -> None:
        with works.ledger.write() as connection:
            marks.mark_whole(connection, everybody)

    mark()
    yield Row("recompute, unchanged", count * DAYS / timed(works.settle) * 1000, "employee-days/s")
    yield from _receipts(works, mark, folder, count)


def _receipts(works: Works, mark: Callable[[], None], folder: Path, count: int) -> Iterator[Row]:
    """How long one punch waits for its receipt, in quiet and beside the process of the days."""
    broker = Mosquitto(folder / "broker", {"central": "c", "pune-01": "e"})
    broker.start()
    program = Program(folder, broker, works.ledger.url.render_as_string(hide_password=False))
    program.start()
    try:
        with peer(broker, "pune-01") as edge:
            gate = _Gate(edge, count)
            quiet = [gate.punch() for _ in range(300)]
            yield from quantiles("receipt, quiet", quiet[100:])
            mark()
            time.sleep(1.5)
            busy = [gate.punch() for _ in range(300)]
            yield from quantiles("receipt, beside a recomputation", busy)
            with works.ledger.read() as connection:
                left = marks.count(connection)
            yield Row("marks left when these punches ended", left, "marks")
    finally:
        program.kill()
        broker.stop()


class _Gate:
    """An edge that sends one punch after the other, in a stream of its own."""

    def __init__(self, edge: Peer, count: int) -> None:
        self._edge = edge
        self._count = count
        self._sent = 0
        self._told = threading.Event()
        edge.subscribe(TOPICS.receipts("pune-01"), lambda _payload: self._told.set())
        edge.subscribe(TOPICS.central_status)
        while not ((status := edge.last(TOPICS.central_status, Status)) and status.online):
            time.sleep(0.05)
        time.sleep(2.0)

    def punch(self) -> float:
        """Milliseconds from sending to the receipt."""
        self._sent += 1
        at = self._sent
        one = punch(at % self._count, FIRST + timedelta(days=20), 20 + at // 60 % 3, at % 60, 1)
        told = Envelope(outbox_id="outbox-2", first_seq=at, settled=at - 1, facts=(one,))
        self._told.clear()
        began = time.perf_counter()
        self._edge.publish(TOPICS.facts("pune-01"), told)
        if not self._told.wait(30):
            raise TimeoutError
        return (time.perf_counter() - began) * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--database", help="default: a SQLite file in a temporary folder")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        rows = list(measure(flags.database or str(path / "ledger.db"), path, flags.people))
    if flags.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    for row in rows:
        print(f"{row.what:<40} {row.value:>12,.2f} {row.unit}")


if __name__ == "__main__":
    main()
