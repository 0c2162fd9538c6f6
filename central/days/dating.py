"""Owns what heartbeats say of the Pis' clocks: one with a synchronised clock dates what its boot read."""

from datetime import datetime

from central.ledger import repairs
from central.ledger.database import Ledger
from central.timing.boots import Boot, Sighting, started
from wire.vitals import Heartbeat


class Dating:
    """Takes heartbeats to the ledger's repairs. Most tell nothing new, and cost nothing."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._boots: dict[str, tuple[str, Boot]] = {}

    def heard(self, edge: str, beat: Heartbeat, now: datetime) -> None:
        """Note a heartbeat; what it repairs is marked to be computed again."""
        if beat.trust != "synced":
            return
        seen = Sighting(beat.uptime_s, beat.at)
        boot_id, boot = self._boots.get(edge, ("", None))
        if boot is not None and boot_id == beat.boot_id and boot.widened(seen) == boot:
            return
        with self._ledger.write() as connection:
            repairs.learn(connection, {(edge, beat.boot_id): [seen]}, {}, now)
        self._boots[edge] = beat.boot_id, started(seen)
