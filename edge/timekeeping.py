"""Writes down what the Pi's clock goes through: its first sync of a boot, once, and its steps."""

from edge.buffer.outbox import Outbox
from edge.clock import ClockWatch
from edge.kernel import Timekeeper
from ground.journal import Journal

OWNER = "@clock"
_MEMO = "synced_boot"

journal = Journal("clock")


def timekeeper_of(outbox: Outbox) -> Timekeeper:
    """The Pi's time; that its clock was synchronised in this boot outlives a restart of the daemon."""
    return Timekeeper(synced_boot=outbox.recall(OWNER).get(_MEMO))


class Timekeeping:
    """Looks at the clock now and then. That the first sync was told is stored with the fact that tells it."""

    def __init__(self, outbox: Outbox, timekeeper: Timekeeper) -> None:
        self._outbox = outbox
        self._timekeeper = timekeeper
        known = outbox.recall(OWNER).get(_MEMO)
        self._stored = known if known == timekeeper.boot_id else None
        self._watch = ClockWatch(timekeeper.boot_id, known)

    def turn(self) -> None:
        """Look, and append what is new. Raises OutboxError; what could not be stored is told again."""
        moment = self._timekeeper.now()
        told = self._watch.synced_boot
        events = self._watch.seen(moment.utc, moment.trust, moment.uptime_s)
        synced = self._timekeeper.synced_boot
        if not events and synced == self._stored:
            return
        try:
            self._outbox.append(OWNER, events, None if synced is None else {_MEMO: synced})
        except Exception:
            self._watch.synced_boot = told
            raise
        self._stored = synced
        for event in events:
            journal.info(event.event, uptime_s=event.fields["uptime_s"], by_s=event.fields.get("by_s"))
