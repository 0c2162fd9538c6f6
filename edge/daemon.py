"""The root of the edge: builds every part, wires it up, waits for a signal, stops it. Decides nothing."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from edge import heartbeat, orders
from edge.accountant import Accountant
from edge.bedside import Bedside, Standing
from edge.buffer.outbox import Outbox
from edge.buffer.retention import Retention
from edge.buffer.store import KEPT_AS, OutboxDamaged, OutboxError
from edge.config import Config
from edge.desk import Counter, ReaderDesk
from edge.dispatch import Dispatch
from edge.expiry import dates_of, ending
from edge.kernel import boot_id, disk_free_bytes, give_back_memory, memory_bytes, share_one_heap
from edge.supervisor import Station
from edge.timekeeping import Timekeeping, timekeeper_of
from edge.uplink.pump import Pump
from ground.installed import version
from ground.journal import Journal
from wire.order import Order
from wire.vitals import Birth, Heartbeat, ReaderBirth

STOP_WITHIN_S = 2.0
TURN_S = 5.0
SWITCH_S = 0.0005
"""How long one thread may compute while another waits: a long log must not hold up a punch elsewhere."""


class Daemon:
    """One branch at work. `run` returns the exit code."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._journal = Journal("edge")
        self._outbox = _open(config.outbox_path)
        self._retention = Retention(self._outbox, config.outbox.keep_days)
        self._timekeeper = timekeeper_of(self._outbox)
        self._timekeeping = Timekeeping(self._outbox, self._timekeeper)
        self._book = orders.OrderBook()
        counter = Counter()
        self._life, self._began_s = counter.life, self._timekeeper.now().uptime_s
        self._stations = {
            it.name: Station(
                it.reader, ReaderDesk(it.name, self._outbox, self._timekeeper, self._book, counter)
            )
            for it in config.readers
        }
        self._pump = Pump(config.broker, config.edge.id, self._outbox, self)
        self._outbox.appended = self._pump.wake
        self._accountant = Accountant(
            self._outbox,
            self._book,
            self._timekeeper.now,
            {it.name: it.reader.device_kind == "terminal" for it in config.readers},
            every_s=config.account.every_s,
            quiet_s=config.account.quiet_s,
        )
        self._dispatch = Dispatch(
            self._outbox, self._book, self._timekeeper.now, self._stations, self._accountant
        )
        self._bedside = Bedside(config.edge.state_dir, self._standing)
        for station in self._stations.values():
            station.desk.changed = self._pump.beat_soon
            station.desk.counted = partial(self._accountant.counted, station.desk.name)
        if config.feedback is not None:
            self._answer_at(config.feedback.socket)

    def _answer_at(self, path: Path) -> None:
        from edge.feedback import Feedback  # noqa: PLC0415 - most branches have no buzzer

        feedback = Feedback(path)
        for station in self._stations.values():
            station.desk.answer = partial(feedback.tell, station.desk.count)

    def run(self, notify: Callable[[str], None]) -> int:
        """Work until SIGTERM or SIGINT, which must be blocked before any thread starts.

        Raises OutboxDamaged once the outbox is found corrupt; the next start goes on with a new one.
        """
        share_one_heap()
        sys.setswitchinterval(SWITCH_S)
        for station in self._stations.values():
            station.start()
        self._pump.start()
        self._accountant.start()
        self._bedside.start()
        notify("READY=1")
        self._journal.info("started", readers=len(self._stations), backlog=self._outbox.mark.backlog)
        while not _stops(signal.sigtimedwait(STOP_SIGNALS, TURN_S)) and not self._outbox.damage:
            if self._healthy():
                notify("WATCHDOG=1")
            self._housekeeping()
        notify("STOPPING=1")
        self._stop()
        if self._outbox.damage:
            prepare(self._config.outbox_path)
            raise OutboxDamaged(f"it is corrupt ({self._outbox.damage}) and was set aside; start again")
        return 0

    def _stop(self) -> None:
        began = time.monotonic()
        self._bedside.stop()
        self._accountant.stop(STOP_WITHIN_S / 4)
        for station in self._stations.values():
            station.ask_to_stop()
        self._pump.stop(STOP_WITHIN_S / 2)
        for station in self._stations.values():
            if not station.join(max(0.1, STOP_WITHIN_S - 0.2 - (time.monotonic() - began))):
                self._journal.warning("reader_left_running", reader=station.desk.name)
        try:
            self._outbox.close()
        except OutboxError as error:
            self._journal.error("outbox_unwritten", reason=error)
        self._journal.info("stopped", took_s=round(time.monotonic() - began, 2))

    def _healthy(self) -> bool:
        stuck = [name for name, station in self._stations.items() if station.stuck]
        # Starting again frees no disk, and what readers hold in their hands would be gone.
        stored = self._disk_low() or all(station.desk.stored for station in self._stations.values())
        if stuck or not self._pump.healthy or not stored:
            self._journal.error("unhealthy", stuck=",".join(stuck), uplink=self._pump.healthy, stored=stored)
            return False
        return True

    def _housekeeping(self) -> None:
        """Look at the clock, let old settled facts go, and give back memory."""
        give_back_memory()
        try:
            self._timekeeping.turn()
            moment = self._timekeeper.now()
            today = None if moment.trust == "unset" else moment.utc.date()
            self._retention.turn(today, time.monotonic(), disk_low=self._disk_low())
        except OutboxError as error:
            self._journal.warning("housekeeping_failed", reason=error)

    def _disk_low(self) -> bool:
        return disk_free_bytes(self._config.edge.state_dir) < self._config.outbox.min_free_mb * 1_000_000

    def _standing(self) -> Standing:
        pump = self._pump
        return Standing(
            birth=self.birth(), heartbeat=self.heartbeat("", pump.unconfirmed_s), online=pump.online
        )

    # what the uplink asks (`edge.uplink.pump.Voice`)

    def birth(self) -> Birth:
        """Who this edge is."""
        mark = self._outbox.mark
        return Birth(
            edge=self._config.edge.id,
            version=version(),
            config_hash=self._config.hash,
            boot_id=boot_id(),
            outbox_id=mark.outbox_id,
            next_seq=mark.newest + 1,
            settled=mark.settled,
            at=datetime.now(UTC),
            readers=tuple(
                ReaderBirth(
                    reader=it.name,
                    kind=it.kind,
                    device_kind=it.reader.device_kind,
                    device=self._stations[it.name].desk.vital.device,
                )
                for it in self._config.readers
            ),
        )

    def heartbeat(self, session: str, unconfirmed_s: float) -> Heartbeat:
        """How this edge is."""
        free = disk_free_bytes(self._config.edge.state_dir)
        moment = self._timekeeper.now()
        cert = self._config.broker.cert
        return heartbeat.compose(
            at=moment.utc,
            session=session,
            boot_id=moment.boot_id,
            uptime_s=moment.uptime_s,
            life=self._life,
            running_s=moment.uptime_s - self._began_s,
            trust=moment.trust,
            backlog=self._outbox.mark.backlog,
            oldest_unsettled_ms=self._outbox.oldest_unsettled_ms(),
            trouble=heartbeat.edge_trouble(
                stored=all(station.desk.stored for station in self._stations.values()),
                disk_free_bytes=free,
                disk_floor_bytes=self._config.outbox.min_free_mb * 1_000_000,
                unconfirmed_s=unconfirmed_s,
                takeovers=self._pump.takeovers,
                certificate=ending(cert, dates_of(cert), moment),
                set_aside=max((it.name for it in self._config.edge.state_dir.glob(KEPT_AS)), default=""),
            ),
            disk_free_bytes=free,
            memory_bytes=memory_bytes(),
            readers=tuple(station.desk.vital for station in self._stations.values()),
        )

    def order(self, order: Order) -> None:
        """Take an order."""
        self._dispatch.take(order)


STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def _stops(told: signal.struct_siginfo | None) -> bool:
    """Whether it is one to stop: a process that was frozen and thawed is told of signals that never were."""
    return told is not None and told.si_signo in STOP_SIGNALS


def _open(path: Path) -> Outbox:
    """Open the outbox; prepare it first where it is missing, outdated or corrupt."""
    try:
        return Outbox(path)
    except OutboxError:
        prepare(path)
        return Outbox(path)


def prepare(path: Path) -> None:
    """Make or migrate the outbox in a process of its own, which takes sqlite-utils with it when it ends."""
    command = [sys.executable, "-m", "edge.buffer.migrations", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own module
    if done.returncode != 0:
        raise OutboxError(done.stderr.strip() or f"{path} cannot be prepared")
