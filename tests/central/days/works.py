"""A small works with people, readers and shifts, whose days a test computes turn by turn."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from central import shift_importer
from central.days.keeper import Days
from central.directory.employee import Credential, Employee
from central.ledger import landing, people
from central.ledger.database import Ledger
from central.ledger.workdays import marks, results
from central.post import Delivery
from central.rules.plan import Options
from central.streams import Parcel
from central.workdays.interpretation import Sites
from central.workdays.span import number
from central.zones import Zones
from edge.readers.identity import terminal_punch_id
from tests.central.facts import envelope
from wire.codec import decode, encode
from wire.days import DayResult
from wire.punch import Badge, Clock, How, Punch
from wire.topics import Topics
from wire.vitals import Heartbeat, ReaderVital

ZONE = ZoneInfo("Asia/Kolkata")
SITES = Sites(Zones(ZONE), branches={"pune": ("pune-01",), "pune-01": ("pune-01",)})
OPTIONS = Options(zone=ZONE.key)
MONDAY = date(2026, 5, 11)

OFFICE = """
effective_from = 2026-05-01

[shifts.office]
type = "weekly"
overtime = { after_end = true, day_off = true }

[shifts.office.days]
mon = { workday = true, report = "09:00", knock_off = "17:00" }
tue = { workday = true, report = "09:00", knock_off = "17:00" }
wed = { workday = true, report = "09:00", knock_off = "17:00" }
thu = { workday = true, report = "09:00", knock_off = "17:00" }
fri = { workday = true, report = "09:00", knock_off = "17:00" }
sat = { workday = false }
sun = { workday = false }

[[units]]
kind = "organization"
id = "ACCUMAX"
shift = "office"
"""


def person(number_: int, **more: Any) -> Employee:
    """Employee E1, E2, ... of Pune, with the user id 1, 2, ..."""
    fields: dict[str, Any] = {
        "branch": "Pune",
        "department": "QC",
        "sbu": "Works",
        "status": "Active",
        **more,
    }
    return Employee(
        employee_id=f"E{number_}",
        name=f"Person {number_}",
        credentials=frozenset({Credential("user-id", str(number_))}),
        **fields,
    )


class Killed(BaseException):
    """Central ends in the middle of its work."""


class Works:
    """Central's days alone: facts are landed by hand, the clock stands still, what is published is kept."""

    def __init__(self, ledger: Ledger, folder: Path, people_: Sequence[Employee] = (person(1),)) -> None:
        self.ledger = ledger
        self.folder = folder
        self.now = datetime(2026, 5, 13, 6, 0, tzinfo=UTC)
        self.published: list[DayResult] = []
        self.broker_there = True
        self.dies_publishing = False
        self._seq = 0
        self.hire(*people_)
        self.days = self.new_days()

    def new_days(self, options: Options = OPTIONS, sites: Sites = SITES) -> Days:
        """Central's days as after a start."""
        return Days(
            Topics(),
            self._publish,
            self.ledger,
            people.People(self.ledger),
            sites,
            options,
            clock=lambda: self.now,
        )

    def _publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        assert topic.startswith("punchwire/v1/days/")
        assert qos == 1
        assert not retain
        if self.dies_publishing:
            raise Killed
        if self.broker_there:
            self.published.append(decode(payload, DayResult))
        return self.broker_there

    def hire(self, *people_: Employee) -> None:
        """Import people."""
        with self.ledger.write() as connection:
            people.save(connection, people_, self.now)
        self.now += timedelta(milliseconds=1)

    def settings(
        self, text: str, name: str = "shifts.toml", since: date | None = None
    ) -> shift_importer.Found:
        """Apply a file of settings."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return shift_importer.apply(self.ledger, path, since, self.now.astimezone(ZONE).date(), self.now)

    def punch(
        self,
        wall: str,
        direction: int | None = 255,
        *,
        user: str = "1",
        reader: str = "gate",
        edge: str = "pune-01",
        how: How = "catch-up",
        received: datetime | None = None,
        read_at: datetime | None = None,
        clock: Clock | None = None,
    ) -> str:
        """Land a punch of a terminal, `2026-05-11 09:00`; returns its id."""
        at = datetime.fromisoformat(wall)
        self._seq += 1
        fact = Punch(
            punch_id=terminal_punch_id(f"SER-{edge}-{reader}", user, at),
            reader=reader,
            kind="terminal",
            badge=Badge(raw=user, form="user-id"),
            read_at=read_at or self.now,
            clock=clock or Clock(trust="synced", boot_id="b", uptime_s=1.0),
            how=how,
            device="SER",
            device_wall=at,
            direction_code=direction,
        )
        told = envelope(self._seq, fact)
        parcel = Parcel(edge, told.outbox_id, self._seq, self._seq, 0, ((self._seq, fact),))
        with self.ledger.write() as connection:
            landing.land(connection, [parcel], received or self.now)
        return fact.punch_id

    def heartbeat(self, contact: datetime, *readers: str, backlog: int = 0, edge: str = "pune-01") -> None:
        """Let an edge say that it reached its readers last at `contact`, twice, as it takes."""
        beat = Heartbeat(
            at=contact,
            session="s",
            uptime_s=1.0,
            trust="synced",
            backlog=backlog,
            readers=tuple(
                ReaderVital(reader=reader, state="ok", since=contact, last_contact=contact)
                for reader in readers
            ),
        )
        for _ in range(2):
            self.days.take(
                Delivery(("edge", edge, "heartbeat"), encode(beat), retained=False, mid=0, connection=0)
            )
            self.days.turn()

    def settle(self) -> None:
        """Compute until nothing is left to do."""
        for _ in range(200):
            if not self.days.turn():
                return
        raise AssertionError("the days never come to rest")

    def day(self, day: date, employee: str = "E1") -> DayResult | None:
        """The stored result."""
        with self.ledger.read() as connection:
            found = results.held(connection, [employee], number(day), number(day))
        return decode(next(iter(found.values())).result, DayResult) if found else None

    def marks(self) -> int:
        """How many marks wait."""
        with self.ledger.read() as connection:
            return marks.count(connection)

    def at(self, wall: str) -> None:
        """Set the clock to a wall time of the works."""
        self.now = datetime.fromisoformat(wall).replace(tzinfo=ZONE).astimezone(UTC)
