"""Owns what a resync computes workdays with: the directory, the settings and the readers' contacts of now."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from central.computing import Computer
from central.days.settling import Settling
from central.ledger.people import People
from central.ledger.settings import Schedule
from central.ledger.workdays import waiting
from central.rules.plan import Options
from central.workdays.contacts import Contacts
from central.workdays.interpretation import Sites


class Equipment:
    """Makes what settles workdays by the state of each call. Not for more than one thread."""

    def __init__(self, people: People, sites: Sites, options: Options, clock: Callable[[], datetime]) -> None:
        self._people = people
        self._sites = sites
        self._options = options
        self._clock = clock
        self._schedule = Schedule()
        self._computer: Computer | None = None

    def settling(self, connection: Connection) -> Settling:
        """What computes now, for one transaction."""
        rosters, directory = self._schedule.rosters(connection), self._people.directory()
        computer = self._computer
        if computer is None or computer.directory is not directory or computer.rosters is not rosters:
            computer = self._computer = Computer(directory, rosters, self._sites, self._options)
        contacts = Contacts(waiting.load_contacts(connection))
        return Settling(computer, contacts, int(self._clock().timestamp()))
