"""Reads a terminal's log as a whole and brings what is new of it into the outbox."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from edge.errors import Lost
from edge.readers.reader import Desk
from edge.readers.rereads import Log
from edge.readers.zkteco.child import Child, Stopped
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Mark, Rejected, judge
from edge.readers.zkteco.records import decode_users
from edge.readers.zkteco.talk import Dataset, ReadLog, ReadSizes, ReadUsers, Sizes
from wire.facts import Fact
from wire.punch import How, Punch

_TRIES = 3
_TRY_AGAIN_S = 0.2
_CHUNK = 300
"""Facts of one commit: small enough that other readers get their turn."""
_ODD_REMEMBERED = 64
_MOVED_S = 1.0
"""A drift of less is not worth a write."""


class Logbook:
    """What is known of one terminal's log, and of its users; kept in the reader's memo.

    `full_at` is when all of the log went through the outbox last, by the Pi's clock; None if never.
    `firmware` is what the terminal runs, "" if it does not say.
    """

    def __init__(self, options: TerminalOptions, desk: Desk, child: Child) -> None:
        self._options = options
        self._desk = desk
        self._child = child
        memo = desk.recall()
        self.serial = memo.get("serial", "")
        self.firmware = memo.get("firmware", "")
        self.mark = Mark.from_text(memo.get("mark", ""))
        self.users: dict[int, str] = {}
        self._users_of = -1
        self._odd = memo.get("odd", "").split()
        self._offset = memo.get("offset", "")
        self.full_at = _instant(memo.get("full", ""))
        self._capacity: int | None = None

    @property
    def offset_s(self) -> float | None:
        """The clock's offset when the log was read last, as far as it is known."""
        try:
            return float(self._offset)
        except ValueError:
            return None

    def belongs_to(self, serial: str) -> str | None:
        """Open the book of this terminal; returns the serial of another one that it belonged to."""
        before, self.serial = self.serial, serial
        if before in ("", serial):
            return None
        self.mark, self.full_at, self._odd, self._offset, self.firmware = None, None, [], "", ""
        return before

    def runs(self, firmware: str) -> str | None:
        """Note what the terminal runs; returns another firmware that it ran before."""
        before, self.firmware = self.firmware, firmware or self.firmware
        return before if before not in ("", self.firmware) else None

    def sizes(self) -> Sizes:
        """Ask how much the terminal holds."""
        sizes = self._child.ask(ReadSizes(within_s=self._options.answer_s), Sizes)
        self._capacity = sizes.capacity or None
        return sizes

    def log(self, read: Accepted) -> Log:
        """The log of a read as a whole."""
        first, last = (read.records[0], read.records[-1]) if read.records else (None, None)
        return Log(self.serial, read.count, self._capacity, first and first.wall, last and last.wall)

    def know_users(self, sizes: Sizes) -> None:
        """Have the user table, read again if their number changed. Raises Lost if it makes no sense."""
        if sizes.users == self._users_of:
            return
        dataset = self._child.ask(ReadUsers(within_s=self._options.read_s), Dataset).content
        users = decode_users(dataset[4:], sizes.users)
        if users is None:
            raise Lost("read-rejected", f"{len(dataset)} bytes are no table of {sizes.users} users")
        self.users, self._users_of = users, sizes.users

    def forget_users(self) -> None:
        """Read the user table again when it is needed next."""
        self._users_of = -1

    def read(self, source: Callable[[], Source]) -> Accepted | Rejected:
        """Read the log until a read is believable, or tell why none was.

        The log of a terminal that is new here, or whose checksums say nothing, is read until two reads agree.
        """
        once = self.mark is not None and not self._options.lenient_checksums
        first: Accepted | None = None
        verdict: Accepted | Rejected = Rejected("never read")
        for _ in range(_TRIES):
            verdict = self._read_once(source())
            if isinstance(verdict, Rejected):
                self._desk.count("reads_rejected")
                if self._desk.wait(_TRY_AGAIN_S):
                    raise Stopped
            elif once or not verdict.body or (first is not None and verdict.body.startswith(first.body)):
                return verdict
            else:
                first = verdict
        return verdict if isinstance(verdict, Rejected) else Rejected("no two reads of the log agree")

    def _read_once(self, source: Source) -> Accepted | Rejected:
        before = self.sizes()
        if before.records > self._options.max_records:
            return Rejected(f"the terminal counts {before.records} records, more than max_records")
        dataset = self._child.ask(ReadLog(within_s=self._options.read_s), Dataset).content
        after = self.sizes()
        layout = self.mark.layout if self.mark is not None else None
        verdict = judge(dataset, before.records, after.records, source.shown(), layout)
        if isinstance(verdict, Accepted) and verdict.size == 8:  # noqa: PLR2004 - the layouts with slots
            self.know_users(after)
        return verdict

    def keep(
        self,
        read: Accepted,
        source: Source,
        lives: dict[str, Punch],
        *,
        full: bool,
        offset_s: float | None = None,
    ) -> int:
        """Bring a read into the outbox: what is new since the mark, or all of it. Returns new punches.

        `lives` are the punches of live events since the last read: where the log says other codes,
        that is an event. `offset_s` is the clock's offset to be remembered with it.
        """
        begins = self.mark is not None and self.mark.begins(read)
        known = self.mark.count if self.mark is not None and begins else 0
        facts = list(self._odd_events(read, source))
        facts += self._unknown_users(read, source, known)
        if self.mark is not None and 0 < self.mark.size != read.size > 0:
            facts.append(source.event("layout_changed", before=self.mark.layout, now=read.layout))
        if self.mark is not None and read.count < self.mark.count:
            facts.append(source.event("fewer_records", before=self.mark.count, now=read.count))
        whole = full or known == 0
        punches = self.punches(read, source, "catch-up", 0 if whole else known)
        mark = Mark.of(read)
        moved = offset_s is not None and (self.offset_s is None or abs(offset_s - self.offset_s) > _MOVED_S)
        if moved:
            self._offset = str(offset_s)
        full_at = source.moment.utc if whole else self.full_at
        news = moved or whole or mark != self.mark
        self.mark, self.full_at = mark, full_at
        return self._emit(_compared(punches, lives, source), facts, self.memo() if news else None)

    def memo(self) -> dict[str, str]:
        """All that is to be remembered."""
        return {
            "serial": self.serial,
            "firmware": self.firmware,
            "mark": "" if self.mark is None else self.mark.to_text(),
            "odd": " ".join(self._odd),
            "offset": self._offset,
            "full": "" if self.full_at is None else self.full_at.isoformat(),
        }

    def punches(self, read: Accepted, source: Source, how: How, known: int = 0) -> Iterator[Punch]:
        """The punches of a read from a place on."""
        for record, occurrence in read.numbered():
            if record.place >= known:
                yield source.of_record(record, occurrence, read.raw(record.place), how)

    def emit(self, facts: Iterable[Fact]) -> int:
        """Commit facts, some at a time."""
        return self._emit(facts, [], None)

    def _emit(self, facts: Iterable[Fact], chunk: list[Fact], memo: dict[str, str] | None) -> int:
        fresh = 0
        for fact in facts:
            chunk.append(fact)
            if len(chunk) >= _CHUNK:
                fresh += self._desk.emit(chunk)
                chunk = []
        if chunk or memo is not None:
            fresh += self._desk.emit(chunk, memo)
        return fresh

    def _odd_events(self, read: Accepted, source: Source) -> Iterator[Fact]:
        for odd in read.odd:
            raw = read.raw(odd.place).hex()
            if raw not in self._odd:
                self._odd = [*self._odd, raw][-_ODD_REMEMBERED:]
                yield source.odd(read, odd.place, odd.why)

    def _unknown_users(self, read: Accepted, source: Source, known: int) -> Iterator[Fact]:
        if source.by_slot:
            users = {record.user for record in read.records if record.place >= known}
            for user in sorted(users):
                if int(user) not in self.users:
                    yield source.event("user_unknown", slot=int(user))


def _instant(text: str) -> datetime | None:
    """The instant that a memo tells; None if it tells none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _compared(punches: Iterable[Punch], lives: dict[str, Punch], source: Source) -> Iterator[Fact]:
    for punch in punches:
        live = lives.get(punch.punch_id)
        if live is not None and live.direction_code != punch.direction_code:
            yield source.event(
                "codes_differ", punch_id=punch.punch_id, live=live.direction_code, log=punch.direction_code
            )
        yield punch
