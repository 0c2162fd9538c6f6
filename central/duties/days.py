"""The root of the process that keeps the workdays: builds the parts and wires them up."""

import os
from datetime import UTC, datetime

from central.bus import Bus, Wanted
from central.config import Config
from central.days.adopting import adopt
from central.days.keeper import Days
from central.ledger.database import Ledger
from central.ledger.people import People
from central.post import Delivery, Landed
from wire.topics import Topics

NICENESS = 10
"""Where processors are few, punches come before workdays."""
_STOP_S = 2.0


class DaysDuty:
    """The workdays, kept. Constructed without effects."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        topics = Topics(config.broker.prefix)
        self._bus = Bus(
            config.broker,
            [Wanted(topics.heartbeat("+"), qos=0)],
            self._take,
            self._connected,
            share=config.central.share,
            name="days",
        )
        self._days = Days(topics, self._bus.publish, ledger, People(ledger), config.sites, config.options)
        self._config = config
        self._ledger = ledger

    def start(self) -> None:
        """Begin to compute. Raises LedgerError."""
        os.nice(NICENESS)
        adopt(self._ledger, self._config.options, self._config.sites, datetime.now(UTC))
        self._days.start()
        self._bus.start()

    def landed(self, landed: Landed) -> None:
        """Take note of what the intake stored."""
        self._days.landed(landed)

    def stop(self) -> None:
        """Finish the piece at hand; the rest stays marked."""
        self._days.stop(_STOP_S)
        self._bus.stop()

    def _take(self, delivery: Delivery) -> None:
        self._days.take(delivery)

    def _connected(self) -> None:
        self._days.connected()

    @property
    def alive(self) -> bool:
        """Whether all threads live."""
        return self._days.alive and self._bus.alive
