"""A works whose readers are lists of punches: resyncs go their course turn by turn, without a thread."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from central.access.scope import EVERYBODY, Scope, sight
from central.directory.employee import Employee
from central.ledger import audit, landing, people
from central.ledger.database import Ledger
from central.ledger.resyncs import jobs
from central.ledger.resyncs.jobs import Job
from central.ledger.staff import Staff
from central.ledger.workdays.tables import coverage, uses, workdays
from central.requests.choosing import Choosing
from central.requests.resyncs import pages, telling
from central.requests.resyncs.equipping import Equipment
from central.requests.resyncs.following import Following
from central.requests.resyncs.landing import Landing
from central.requests.resyncs.scheduling import Scheduling
from central.requests.resyncs.serving import Serving
from central.requests.resyncs.undoing import Undoing
from central.resync.daily import DailyOptions
from central.rules.plan import Options
from central.streams import Parcel
from edge.readers.identity import terminal_punch_id
from edge.readers.rereads import Log, answer, belongs, failure
from tests.central.days.works import SITES, ZONE, Works
from tests.central.facts import envelope
from wire.codec import decode_order
from wire.facts import Fact, OrderOutcome, RereadReport, Span
from wire.order import RereadOrder
from wire.punch import Badge, Clock, How, Punch
from wire.resync import ResyncProgress, ResyncRequest, ResyncShown, ResyncsRequest
from wire.topics import Topics

WEEK = Span(first=date(2026, 5, 11), last=date(2026, 5, 17))
Reader = tuple[str, str]
GATE: Reader = ("pune-01", "gate")


def punch(
    wall: str,
    user: str = "1",
    *,
    reader: Reader = GATE,
    direction: int | None = 255,
    how: How = "catch-up",
    serial: str = "SER-1",
    offset_s: float | None = None,
) -> Punch:
    """A punch of a terminal, `2026-05-11 09:00`."""
    at = datetime.fromisoformat(wall)
    return Punch(
        punch_id=terminal_punch_id(serial, user, at),
        reader=reader[1],
        kind="terminal",
        badge=Badge(raw=user, form="user-id"),
        read_at=at.replace(tzinfo=ZONE),
        clock=Clock(trust="synced", boot_id="b", uptime_s=1.0, offset_s=offset_s),
        how=how,
        device=serial,
        device_wall=at,
        direction_code=direction,
        verify_code=1,
    )


class Company(Works):
    """People, a ledger, readers that hold punches, and whoever asks for resyncs."""

    def __init__(self, ledger: Ledger, folder: Path, people_: Sequence[Employee], *readers: Reader) -> None:
        super().__init__(ledger, folder, people_)
        self.devices: dict[Reader, list[Punch]] = {reader: [] for reader in readers or (GATE,)}
        self.capacity = 1000
        self.untold = False
        """Whether the readers do not tell what their logs hold as a whole, as those that push."""
        self.away: set[str] = set()
        self.forgotten: set[str] = set()
        """The ids that no outbox has, whatever the devices hold."""
        self.remembered: list[Punch] = []
        """What the outboxes took that no device holds."""
        self.old_edges = False
        """Whether the edges know nothing of what only newer ones tell."""
        self.orders: list[tuple[str, RereadOrder]] = []
        self._answered = 0
        self._seqs = 100_000
        self._directory = people.People(ledger)
        self.restart()

    def restart(self) -> None:
        """Central begins a new life."""
        options = Options(zone=ZONE.key)
        settling = Equipment(self._directory, SITES, options, lambda: self.now).settling
        land = Landing(self.ledger, settling, lambda: self.now)
        self.following = Following(
            Topics(), self._take_order, self.ledger, self._directory, SITES.zones, land, lambda: self.now
        )
        self.undoing = Undoing(self.ledger, settling, lambda: self.now)
        self.serving = Serving(
            self.ledger,
            self._directory,
            Choosing(Staff(self.ledger)),
            self.readers,
            self.following,
            self.undoing,
            lambda: self.now,
        )
        self.scheduling = Scheduling(
            self.ledger,
            self._directory,
            SITES.zones,
            self.readers,
            self.serving,
            DailyOptions(),
            lambda: self.now,
        )

    def readers(self) -> dict[str, list[str]]:
        """The readers of each edge."""
        found: dict[str, list[str]] = {}
        for edge, reader in self.devices:
            found.setdefault(edge, []).append(reader)
        return found

    def _take_order(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        order = decode_order(payload)
        assert isinstance(order, RereadOrder)
        assert (qos, retain) == (1, False)
        self.orders.append((topic.split("/")[3], order))
        return True

    def hold(self, *punches: Punch, reader: Reader = GATE, ledger: bool = True) -> None:
        """Put punches into a device, and into the ledger as well unless it is to miss them."""
        self.devices[reader] += punches
        if ledger:
            self.land(*punches, edge=reader[0])

    def land(self, *facts: Fact, edge: str = "pune-01") -> None:
        """Let facts of an edge arrive."""
        sent = envelope(self._seqs + 1, *facts, outbox_id="outbox-9")
        parcel = Parcel.of(edge, sent, enumerate(facts, sent.first_seq))
        self._seqs = parcel.last_seq
        with self.ledger.write() as connection:
            landing.land(connection, [parcel], self.now)

    # a resync

    def ask(self, name: str = "r-1", user: str = "anna", scope: Scope = EVERYBODY, **how: Any) -> Job:
        """Begin a resync of the week; a dry run unless there is a reason."""
        how = {"dry_run": "reason" not in how, "span": WEEK, **how}
        request = ResyncRequest(request_id=name, **how)
        return self.serving.begin(user, request, sight(self._directory.directory(), scope))

    def resync(self, name: str = "r-1", **how: Any) -> ResyncProgress:
        """Run a resync to its end."""
        self.run(self.ask(name, **how))
        return self.progress(name)

    def run(self, job: Job, *, answering: bool = True) -> Job:
        """Follow a job until nothing moves any more."""
        for _ in range(1000):
            if job.ended_at is not None:
                return job
            job, busy = self.following.turn(self.stored(job.request.request_id, job.actor))
            if not (busy or (answering and self.answer())):
                return job
        raise AssertionError("the resync never comes to rest")

    def stored(self, name: str = "r-1", user: str = "anna") -> Job:
        """A job as the ledger has it."""
        with self.ledger.read() as connection:
            job = jobs.find(connection, user, name)
        assert job is not None
        return job

    def progress(self, name: str = "r-1", user: str = "anna") -> ResyncProgress:
        """Where a resync stands."""
        with self.ledger.read() as connection:
            return telling.progress(connection, self.stored(name, user))

    def manage(self, do: str, name: str | None = "r-1", user: str = "anna", **more: Any) -> Any:
        """The answer to a request about resyncs."""
        request = ResyncsRequest(request_id="q", do=do, name=name, **more)  # type: ignore[arg-type]
        return self.serving.manage(user, request, sight(self._directory.directory(), EVERYBODY))[0]

    def undo(self, name: str = "r-1", user: str = "anna") -> ResyncProgress:
        """Take a resync back, and where it stands then."""
        self.undo_begun(name, user)
        while self.undo_piece(name, user):
            pass
        return self.progress(name, user)

    def undo_begun(self, name: str = "r-1", user: str = "anna", request_id: str = "q") -> Job:
        """Ask for a resync to be taken back."""
        request = ResyncsRequest(request_id=request_id, do="undo", name=name)
        return self.serving.undo(user, request, sight(self._directory.directory(), EVERYBODY))

    def undo_piece(self, name: str = "r-1", user: str = "anna") -> bool:
        """Take one piece of a resync back; False once it is undone."""
        return self.undoing.turn(self.stored(name, user))[0].undone_at is None

    def page(self, what: str, name: str = "r-1") -> list[dict[str, Any]]:
        """A page of what a resync found, the rows by column."""
        shown: ResyncShown = self.manage("show", name, what=what)
        assert shown.columns == pages.COLUMNS[what]
        return [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]

    def answer(self) -> bool:
        """Let every edge that is there answer its new orders, as its readers do; tell whether any did."""
        waiting = [it for it in self.orders[self._answered :] if it[0] not in self.away]
        self._answered = len(self.orders)
        for edge, order in waiting:
            self.land(*self.told(edge, order), edge=edge)
        return bool(waiting)

    def told(self, edge: str, order: RereadOrder) -> list[Fact]:
        """What a reader tells for an order, and the end of the order."""
        (reader,) = order.readers or ()
        at = self.now + timedelta(seconds=1)
        device = self.devices.get((edge, reader))
        done = OrderOutcome(order_id=order.order_id, outcome="done", at=at)
        if device is None:
            return [failure(order, reader, at, "no-answer", "nobody there"), done]
        wanted = [replace(it, how="reread") for it in device if _belongs(order, it)]
        walls = sorted(it.device_wall for it in device if it.device_wall is not None)
        serial = next((it.device for it in reversed(device) if it.device), None)
        log = Log(
            serial or "SER-1",
            len(device),
            self.capacity,
            walls[0] if walls else None,
            walls[-1] if walls else None,
        )
        log = Log(log.serial, None) if self.untold else log
        facts = list(answer(order, reader, lambda: wanted, at, log, taken=partial(self._taken, order)))
        if self.old_edges:
            facts = [replace(it, edge=None) if isinstance(it, RereadReport) else it for it in facts]
        return [*facts, done]

    def _taken(self, order: RereadOrder, device: frozenset[bytes]) -> list[bytes]:
        gone = {it.punch_id for it in self.remembered if _belongs(order, it)}
        return sorted((device - {*map(bytes.fromhex, self.forgotten)}) | {*map(bytes.fromhex, gone)})

    # what the ledger holds

    def punch_ids(self) -> set[str]:
        """The punches of the ledger."""
        with self.ledger.read() as connection:
            return {row[0].hex() for row in connection.exec_driver_sql("SELECT punch_id FROM punches")}

    def kept(self) -> dict[str, list[Any]]:
        """All that is kept of workdays, as it stands: what an undone resync must give back."""
        with self.ledger.read() as connection:
            days = [
                (row.employee_id, row.day, row.status, row.due_s, bytes(row.result))
                for row in connection.execute(workdays.select().where(workdays.c.status != "removed"))
            ]
            tables = {
                table.name: sorted(map(tuple, connection.execute(table.select())))
                for table in (coverage, uses)
            }
        return {"workdays": sorted(days), **tables}

    def audit(self) -> list[tuple[str, str, str]]:
        """The audit, oldest first: who, what about, what became of it."""
        with self.ledger.read() as connection:
            lines = audit.entries(connection, 1000)
        return [(line.actor, line.subject, line.detail.get("outcome", "")) for line in reversed(lines)]


def _belongs(order: RereadOrder, it: Punch) -> bool:
    return it.device_wall is not None and belongs(order, it.badge.raw, it.device_wall)
