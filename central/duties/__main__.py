"""Owns the program `python -m central.duties`: waits until the duty is its to do, does it, ends when told."""

import argparse
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from central import config
from central.config import Config
from central.crew import DAMAGED, NICENESS
from central.duties.line import Ended, Line
from central.ledger.database import Damaged, Ledger, LedgerError
from central.ledger.outage import Outage
from central.post import Landed
from ground.journal import Journal, open_journal

TURN_S = 1.0
_LOST = 75

journal = Journal("crew")


class Duty(Protocol):
    """What this program does, as one object."""

    def start(self) -> None:
        """Begin."""

    def landed(self, landed: Landed) -> None:
        """Take note of what the intake stored."""

    def stop(self) -> None:
        """End; what is in hand is finished, or stays in the ledger to be done."""

    @property
    def alive(self) -> bool:
        """Whether all threads live."""


def _desk(settings: Config, ledger: Ledger) -> Duty:
    from central.duties.desk import DeskDuty  # noqa: PLC0415 - the other duties start without it

    return DeskDuty(settings, ledger)


def _days(settings: Config, ledger: Ledger) -> Duty:
    from central.duties.days import DaysDuty  # noqa: PLC0415 - the other duties start without it

    return DaysDuty(settings, ledger)


def _exchange(settings: Config, ledger: Ledger) -> Duty:
    from central.duties.exchange import ExchangeDuty  # noqa: PLC0415 - the other duties start without it

    return ExchangeDuty(settings, ledger)


_DUTIES: dict[str, Callable[[Config, Ledger], Duty]] = {"desk": _desk, "days": _days, "exchange": _exchange}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one duty: 0 when told to end, 65 at damage, 75 when the right to it was lost: it begins anew."""
    parser = argparse.ArgumentParser(
        prog="central.duties", description="One duty of central; central starts it."
    )
    parser.add_argument("duty", choices=_DUTIES)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--news", type=int, required=True)
    parser.add_argument("--turns", type=int, required=True)
    options = parser.parse_args(argv)
    os.nice(NICENESS[options.duty])
    settings = config.load(options.config)
    sys.argv[0] = "punchwire-central"  # the journal names the service, not this file
    open_journal(settings.central.log_level)
    line = Line(socket.socket(fileno=options.news), socket.socket(fileno=options.turns))
    try:
        return _run(options.duty, settings, line)
    except Ended:
        return 0
    except Damaged:
        return DAMAGED
    except LedgerError as error:
        journal.error("duty_failed", duty=options.duty, reason=error)
        return 1


def _run(name: str, settings: Config, line: Line) -> int:
    central = settings.central
    password = settings.database_password
    ledger = Ledger(central.database, password, turn=line.turn, duty=name, outage=Outage())
    while not _taken(ledger):
        line.well()
        line.hear(TURN_S)
    duty = _DUTIES[name](settings, ledger)
    journal.debug("duty_taken", duty=name)
    duty.start()
    looked_at = 0.0
    try:
        while duty.alive and not ledger.damage:
            if (now := time.monotonic()) - looked_at >= TURN_S:
                looked_at = now
                line.well()
                if not ledger.holds_duty():
                    journal.warning("duty_lost", duty=name)
                    os._exit(_LOST)
            if (landed := line.hear(TURN_S)) is not None:
                duty.landed(landed)
    finally:
        duty.stop()
        ledger.close()
    return DAMAGED if ledger.damage else 1


def _taken(ledger: Ledger) -> bool:
    try:
        return ledger.take_duty()
    except LedgerError:
        return False


if __name__ == "__main__":
    sys.exit(main())
