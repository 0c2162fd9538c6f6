"""The contacts: up to which instant each reader has been read, as far as heartbeats prove it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wire.vitals import Heartbeat

Reader = tuple[str, str]
"""An edge and one of its readers."""

USED_DAYS = 30
"""A reader is one that a person uses if it is at their branch, or if they punched there so recently."""


@dataclass(slots=True)
class Contacts:
    """What is known of all readers. `upto` is in epoch seconds, None for a reader never read.

    What a reader had recorded by a contact is in the ledger once a *later* heartbeat of the same session
    says that the edge has nothing left to send: the contact itself may come just before the reading that
    brings the records. So a mark trails by one heartbeat, and an edge with a backlog moves none.
    """

    upto: dict[Reader, int | None] = field(default_factory=dict)
    _before: dict[str, tuple[str, Mapping[str, int]]] = field(default_factory=dict)

    def heard(self, edge: str, beat: Heartbeat) -> set[Reader]:
        """Take a heartbeat; return the readers that are new, gone, or read further than before."""
        session, contacts = self._before.get(edge, ("", {}))
        listed = {(edge, vital.reader) for vital in beat.readers}
        changed = {reader for reader in self.upto if reader[0] == edge and reader not in listed}
        for reader in changed:
            del self.upto[reader]
        for reader in listed - self.upto.keys():
            self.upto[reader] = None
            changed.add(reader)
        if beat.backlog == 0 and beat.trust != "unset" and session == beat.session:
            for name, at in contacts.items():
                if (edge, name) in listed and at > (self.upto[edge, name] or 0):
                    self.upto[edge, name] = at
                    changed.add((edge, name))
        self._before[edge] = (
            beat.session,
            {
                vital.reader: _seconds(vital.last_contact)
                for vital in beat.readers
                if vital.state == "ok" and vital.last_contact is not None
            },
        )
        return changed

    def unread(self, readers: set[Reader], until: int) -> list[Reader]:
        """Those of these readers that exist and have not been read up to an instant."""
        return sorted(
            reader for reader in readers if reader in self.upto and (self.upto[reader] or 0) < until
        )

    def used(self, edges: tuple[str, ...], used: Mapping[Reader, int], day: int) -> set[Reader]:
        """The readers at which a person may have punched on a day.

        They are those of the edges of the person's branch, and those where they punched last, as `used`
        says by day, not more than `USED_DAYS` before.
        """
        recent = {reader for reader, last in used.items() if last >= day - USED_DAYS}
        return {reader for reader in self.upto if reader[0] in edges} | recent


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
