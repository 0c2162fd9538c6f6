"""The root of central: builds every part, wires it up, waits for a signal, stops it. Decides nothing."""

import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from central.bus import Bus
from central.config import Config
from central.days.adopting import adopt
from central.days.keeper import Days
from central.intake import Intake
from central.ledger.database import Ledger
from central.ledger.people import People
from central.outflow.pages import Pages
from central.outflow.sender import Sender
from central.post import Delivery
from central.requests.desk import Requests
from central.users import users_of
from central.watch.watcher import Watch
from ground.journal import Journal
from wire.topics import Topics

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}
TURN_S = 5.0
STUCK_S = 30.0
"""How long a group may take; the ledger's own patience with a locked file is a third of it."""
_STOP_S = 1.0
SWITCH_S = 0.0005
"""How long one thread may compute while another waits: a recomputation must not hold up the intake."""

journal = Journal("central")


class Service:
    """Central at work. Constructed without effects; `run` returns the exit code."""

    def __init__(self, config: Config) -> None:
        self._config = config
        topics = Topics(config.broker.prefix)
        self._ledger = Ledger(config.central.database, config.database_password)
        self._bus = Bus(config.broker, self._route, self._connected)
        self._watch = Watch(
            topics, self._bus.publish, self._ledger, returned=self._returned, edges=config.edges
        )
        people = People(self._ledger)
        self._requests = Requests(
            topics,
            self._bus.publish,
            self._ledger,
            people,
            config.zones,
            self._watch.readers,
            heartbeats=self._watch.heartbeats,
            sites=config.sites,
            users=users_of(config, self._ledger, people),
            options=config.options,
        )
        self._days = Days(topics, self._bus.publish, self._ledger, people, config.sites, config.options)
        pages = Pages(self._ledger, people, config.zones)
        self._senders = [Sender(plan, pages, self._ledger) for plan in config.exports]
        told = (self._watch.landed, self._requests.landed, self._days.landed)
        self._intake = Intake(self._ledger, topics, self._bus.publish, self._bus.ack, told)

    def run(self, notify: Callable[[str], None]) -> int:
        """Work until SIGTERM or SIGINT, which must be blocked before any thread starts.

        Raises LedgerError if the ledger cannot be prepared.
        """
        sys.setswitchinterval(SWITCH_S)
        steps = self._ledger.migrate(datetime.now(UTC))
        if newer := self._ledger.unknown_steps():
            journal.warning("ledger_newer", steps=",".join(newer))
        adopt(self._ledger, self._config.options, self._config.sites, datetime.now(UTC))
        self._intake.start()
        self._watch.start()
        self._requests.start()
        self._days.start()
        for sender in self._senders:
            sender.start()
        self._bus.start()
        notify("READY=1")
        journal.info("started", ledger=self._ledger.url.render_as_string(), migrated=",".join(steps) or None)
        stopped = None
        while stopped is None:
            if self._healthy():
                notify("WATCHDOG=1")
            stopped = signal.sigtimedwait(STOP_SIGNALS, TURN_S)
        notify("STOPPING=1")
        return self._stop()

    def _stop(self) -> int:
        began = time.monotonic()
        self._intake.stop(_STOP_S)
        for sender in self._senders:
            sender.stop(_STOP_S)
        self._days.stop(_STOP_S)
        self._requests.stop()
        self._watch.stop()
        self._bus.stop()
        self._ledger.close()
        journal.info("stopped", took_s=round(time.monotonic() - began, 2))
        return 0

    def _healthy(self) -> bool:
        """Whether everybody makes progress. A broker or a database that is away is no reason to die."""
        stuck_s = time.monotonic() - self._intake.progressed_at
        well = {
            "bus": self._bus.alive,
            "intake": self._intake.alive and stuck_s < STUCK_S,
            "watch": self._watch.alive,
            "requests": self._requests.alive,
            "days": self._days.alive,
            "exports": all(sender.alive for sender in self._senders),
        }
        if not all(well.values()):
            journal.error("unhealthy", stuck=",".join(name for name, fine in well.items() if not fine))
        return all(well.values())

    def _route(self, delivery: Delivery) -> None:
        match delivery.levels:
            case ("edge", _, "facts"):
                self._intake.take(delivery)
            case ("edge", _, "birth"):
                self._intake.take(delivery)
                self._watch.take(delivery)
            case ("edge", _, "heartbeat"):
                self._watch.take(delivery)
                self._days.take(delivery)
            case ("edge", *_) | ("board", *_):
                self._watch.take(delivery)
            case ("admin", *_):
                self._requests.take(delivery)
            case _:
                pass

    def _connected(self) -> None:
        self._watch.connected()
        self._requests.connected()
        self._days.connected()

    def _returned(self, edge: str) -> None:
        self._intake.returned(edge)
