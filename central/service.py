"""The root of central: builds the intake and the crew, wires them up, waits for a signal. Decides nothing."""

import gc
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from central.bus import Wanted
from central.config import Config
from central.crew import Crew
from central.driven_bus import DrivenBus
from central.intake import Intake
from central.ledger.database import Ledger, Unavailable
from central.ledger.outage import Outage
from central.ledger.turns import Turns
from ground.journal import Journal
from wire.topics import Topics

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
TURN_S = 2.0
STUCK_S = 60.0
"""How long a group, or looking up a broker's name, may take."""
GAP_PATIENCE_S = 5.0
"""Of several centrals one may take in what another one's share follows: it has so long to do it."""
_STOP_S = 1.0
_UNCOLLECTED = 100_000
"""Objects after which Python looks for cycles: a group makes thousands, none of which is in one."""

journal = Journal("central")


class Service:
    """Central at work. Constructed without effects; `run` returns the exit code.

    `path` is the file that `config` was read from: the duties read it, too.
    """

    def __init__(self, config: Config, path: Path) -> None:
        topics = Topics(config.broker.prefix)
        turns = Turns()
        password = config.database_password
        self._ledger = Ledger(config.central.database, password, turn=turns.first, outage=Outage())
        self._bus = DrivenBus(config.broker, _wanted(config, topics), share=config.central.share)
        others = ("exchange",) if config.exports or config.people else ()
        self._crew = Crew(("desk", "days", *others), path, turns)
        self._intake = Intake(
            self._ledger,
            topics,
            self._bus,
            self._bus.publish,
            self._bus.ack,
            (self._crew.landed,),
            gap_patience_s=GAP_PATIENCE_S if config.central.share else 0.0,
        )

    def run(self, notify: Callable[[str], None]) -> int:
        """Work until SIGTERM or SIGINT, which must be blocked before any thread starts.

        Raises LedgerError if the ledger cannot be prepared, Damaged also later, once somebody met damage.
        """
        steps = self._ledger.migrate(datetime.now(UTC))
        if newer := self._ledger.unknown_steps():
            journal.warning("ledger_newer", steps=",".join(newer))
        gc.set_threshold(_UNCOLLECTED)
        gc.freeze()
        self._intake.start()
        self._crew.start()
        notify("READY=1")
        journal.info("started", ledger=self._ledger.url.render_as_string(), migrated=",".join(steps) or None)
        told = None
        while not _stops(told) and not self._damaged:
            if self._healthy():
                notify("WATCHDOG=1")
            with suppress(Unavailable):
                self._ledger.checkpoint()
            told = signal.sigtimedwait(STOP_SIGNALS, TURN_S)
        notify("STOPPING=1")
        self._stop("ledger damaged" if self._damaged else "stopped")
        if self._damaged:
            raise self._ledger.damaged()
        return 0

    @property
    def _damaged(self) -> bool:
        return bool(self._ledger.damage) or self._crew.damaged

    def _stop(self, reason: str) -> None:
        began = time.monotonic()
        self._intake.stop(_STOP_S)
        self._crew.stop()
        if not self._intake.alive:  # a thread that hangs may hold the connection; the last will speaks then
            self._bus.stop(reason)
        self._ledger.close()
        journal.info("stopped", took_s=round(time.monotonic() - began, 2))

    def _healthy(self) -> bool:
        """Whether everybody makes progress. A broker or a database that is away is no reason to die.

        A duty that ends or hangs is none, either: the crew starts it again.
        """
        stuck_s = time.monotonic() - self._intake.progressed_at
        well = {
            "intake": self._intake.alive and stuck_s < STUCK_S,
            "crew": self._crew.alive,
        }
        if not all(well.values()):
            journal.error("unhealthy", stuck=",".join(name for name, fine in well.items() if not fine))
        return all(well.values())


def _stops(told: signal.struct_siginfo | None) -> bool:
    """Whether it is one to stop: a process that was frozen and thawed is told of signals that never were."""
    return told is not None and told.si_signo in STOP_SIGNALS


def _wanted(config: Config, topics: Topics) -> list[Wanted]:
    """What the intake listens to; where several centrals share it, each message goes to one of them."""
    mine = [topics.facts("+"), topics.birth("+")]
    if config.central.share is not None:
        mine = [topics.shared(config.broker.user or "central", topic) for topic in mine]
    return list(map(Wanted, mine))
