"""The product's edge without readers: outbox and pump, and the voice that the daemon would give them."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bench.uplink.place import EDGE
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.readers.identity import terminal_punch_id
from edge.uplink.pump import Pump
from ground.mqtt import BrokerOptions
from tests.edge.making import AT, punch
from wire.facts import BATCH_LIMIT
from wire.order import Order
from wire.punch import Badge, Punch
from wire.vitals import Birth, Heartbeat

PEOPLE = 300
BETWEEN = timedelta(seconds=30)
"""Ten punches a day of each of the people; a million of them are a terminal's year."""
_LOG_BEGAN = AT.replace(tzinfo=None) - 1_000_000 * BETWEEN


def of_somebody(number: int, serial: str = "CJ7F1") -> Punch:
    """Punch `number` in the log of a terminal that many people use."""
    user, wall = str(number % PEOPLE), _LOG_BEGAN + number * BETWEEN
    return msgspec.structs.replace(
        punch(number),
        punch_id=terminal_punch_id(serial, user, wall),
        device=serial,
        device_wall=wall,
        badge=Badge(raw=user, form="user-id"),
    )


class Edge:
    """An outbox in a folder, and its pump, which `start` runs."""

    def __init__(self, options: BrokerOptions, folder: Path, name: str = EDGE) -> None:
        self._name = name
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder / "outbox.db")
        self.outbox = Outbox(folder / "outbox.db")
        self.told: Callable[[int], None] = lambda _: None
        """Called with the number of each receipt."""
        self._moved = threading.Event()
        settle = self.outbox.settle

        def settle_and_tell(upto: int) -> None:
            settle(upto)
            self.told(upto)
            self._moved.set()

        self.outbox.settle = settle_and_tell  # type: ignore[method-assign] # the clock of this bench
        self.pump = Pump(options, name, self.outbox, self)
        self.outbox.appended = self.pump.wake

    def start(self) -> None:
        """Connect, and wait until central is known to be there: connecting is not what is measured."""
        self.pump.start()
        deadline = time.monotonic() + 60
        while not self.pump._window.is_open:  # noqa: SLF001 - nobody else needs to know
            if time.monotonic() > deadline:
                raise TimeoutError("central did not come")
            time.sleep(0.0005)

    def birth(self) -> Birth:
        """Who it is."""
        mark = self.outbox.mark
        return Birth(
            edge=self._name,
            version="bench",
            config_hash="",
            boot_id="",
            outbox_id=mark.outbox_id,
            next_seq=mark.newest + 1,
            settled=mark.settled,
            at=datetime.now(UTC),
        )

    def heartbeat(self, session: str, unconfirmed_s: float) -> Heartbeat:
        """How it is."""
        return Heartbeat(
            at=datetime.now(UTC),
            session=session,
            uptime_s=unconfirmed_s,
            trust="synced",
            backlog=self.outbox.mark.backlog,
        )

    def order(self, order: Order) -> None:
        """Nobody orders anything here."""

    def settled(self, upto: int, within_s: float) -> None:
        """Wait for the receipt of a fact."""
        deadline = time.monotonic() + within_s
        while self.outbox.mark.settled < upto:
            if not self._moved.wait(deadline - time.monotonic()):
                raise TimeoutError(f"settled {self.outbox.mark.settled} of {upto}")
            self._moved.clear()

    def live(self, number: int) -> float:
        """One punch; seconds until its receipt."""
        one = punch(number, "live")
        began = time.perf_counter()
        self.outbox.append("gate", [one])
        self.settled(self.outbox.mark.newest, 60)
        return time.perf_counter() - began

    def fill(self, first: int, count: int, made: Callable[[int], Punch] = punch) -> None:
        """Let punches wait."""
        for at in range(first, first + count, BATCH_LIMIT):
            self.outbox.append("gate", [made(n) for n in range(at, min(at + BATCH_LIMIT, first + count))])

    def drain(self) -> float:
        """Open the uplink on what waits; seconds from central's being seen to the last receipt."""
        self.start()
        began = time.perf_counter()
        self.settled(self.outbox.mark.newest, 300)
        return time.perf_counter() - began

    def close(self) -> None:
        """Stop."""
        self.pump.stop(2)
        self.outbox.close()
