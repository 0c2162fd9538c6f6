"""Live events of one session: punches where it is plain what the log will say, else hints to read it."""

from collections.abc import Callable

from edge.readers.reader import Desk
from edge.readers.zkteco.logbook import Logbook
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.records import decode_event
from edge.readers.zkteco.talk import Event
from wire.punch import Punch

_ATTENDANCE = 1


class LiveEvents:
    """`punches` came live since the log was read, by their ids; `hinted` says that more came than these."""

    def __init__(self, desk: Desk, book: Logbook, source: Callable[[], Source]) -> None:
        self._desk = desk
        self._book = book
        self._source = source
        self.punches: dict[str, Punch] = {}
        self.hinted = False

    def hear(self, event: Event) -> None:
        """Take one event."""
        if event.code != _ATTENDANCE:
            return
        punch = self._punch(event.content)
        if punch is None:
            self.hinted = True
            self._desk.count("events_unclear")
        elif self._desk.emit([punch]):
            self.punches[punch.punch_id] = punch

    def settled(self) -> None:
        """The log was read: it holds whatever was told before."""
        self.punches.clear()
        self.hinted = False

    def _punch(self, content: bytes) -> Punch | None:
        live = decode_event(content)
        if live is None or self._book.mark is None or self._book.mark.size == 0:
            return None
        if isinstance(live.user, int) or self._source().by_slot:
            self._book.know_users(self._book.sizes())
        return self._source().of_event(live, content)
