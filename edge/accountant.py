"""The accountant: counts what is held of readers' days, and tells it when a day has closed, or when asked."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from edge.account import answers, closing, is_news
from edge.buffer.books import Books
from edge.buffer.outbox import Outbox
from edge.buffer.seen import Day
from edge.buffer.store import OutboxError
from edge.census import Census, changed_days, closed_before
from edge.orders import OrderBook
from edge.readers.reader import Moment
from ground.journal import Journal
from wire.account import FIRST_DAY, WINDOW_DAYS, tally
from wire.facts import Account, Fact, Span
from wire.order import AccountOrder

OWNER = "@accounts"
TURN_S = 5.0
_CHUNK = 300
_STORE_AGAIN_S = 1.0

journal = Journal("accounts")


@dataclass(frozen=True, slots=True)
class _Counted:
    """A reader's log was counted, maybe for an order; or an order goes without, and the trouble says why."""

    reader: str
    census: Census | None
    order: AccountOrder | None
    trouble: tuple[str, str]


class Accountant:
    """A thread that counts. `counted` only takes a note and may be called from any thread.

    `keeps_log` tells of each reader whether its device has a log of its own. A day of which
    punches were taken is told once it is over and nothing more came for `quiet_s`; every `every_s` the days
    of the window are counted again.
    """

    def __init__(
        self,
        outbox: Outbox,
        book: OrderBook,
        moment: Callable[[], Moment],
        keeps_log: Mapping[str, bool],
        *,
        every_s: float,
        quiet_s: float,
    ) -> None:
        self._outbox = outbox
        self._book = book
        self._moment = moment
        self._keeps_log = keeps_log
        self._every_s = every_s
        self._quiet_s = quiet_s
        self._inbox: queue.SimpleQueue[_Counted | None] = queue.SimpleQueue()
        self._census: dict[str, Census] = {}
        self._due: dict[Day, float] = {}
        self._quiet: dict[Day, float] = {}
        self._closed: dict[str, date] = {}
        self._recount_s = time.monotonic() + quiet_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="accounts", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Stop; what was not told is counted again after the next start."""
        self._stopping.set()
        self._inbox.put(None)
        self._thread.join(within_s)

    def counted(
        self,
        reader: str,
        census: Census | None = None,
        order: AccountOrder | None = None,
        reason: str = "",
        evidence: str = "",
    ) -> None:
        """Note what a terminal's log held, or an order that can be answered now, with a census or without."""
        self._inbox.put(_Counted(reader, census, order, (reason, evidence)))

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                note = self._inbox.get(timeout=TURN_S)
            except queue.Empty:
                note = None
            try:
                if note is not None:
                    self._take(note)
                note = None
                if self._inbox.empty():
                    self._turn(time.monotonic())
            except OutboxError as error:
                journal.warning("not_counted", reason=error)
                self._inbox.put(note)
                self._stopping.wait(_STORE_AGAIN_S)
            except Exception as error:  # noqa: BLE001 - a fault in counting must not stop the capture of punches
                journal.error("counting_fault", reason=repr(error))

    def _take(self, note: _Counted) -> None:
        if note.order is not None:
            self._answer(note, note.order)
        elif note.census is not None:
            before = self._census.get(note.reader)
            for day in changed_days(before, note.census):
                # A full log loses a record with each punch: what was counted before can wait for its turn.
                counted = before is not None and before.of(day) is not None
                self._mark((note.reader, day), self._recount_s if counted else 0.0)
            self._census[note.reader] = note.census

    def _answer(self, note: _Counted, order: AccountOrder) -> None:
        reader = note.reader
        with self._outbox.books() as books:
            held = [(one.punch_id, one.seq) for one in books.held(order.span, reader)]
        at = self._moment().utc
        facts: list[Fact] = list(answers(order, reader, at, held, note.census, note.trouble))
        outcome = self._book.reported(order.order_id, reader, at)
        self._append([*facts, outcome] if outcome is not None else facts)

    def _turn(self, now_s: float) -> None:
        """Look which days are over, count those that are due, and tell what is news."""
        for day in self._outbox.touched():
            self._quiet[day] = now_s + self._quiet_s
            self._mark(day, 0.0)
        utc = self._moment().utc
        for reader, keeps_log in self._keeps_log.items():
            closed = closed_before(utc, self._census.get(reader), keeps_log=keeps_log)
            self._due_again(reader, self._closed.get(reader, closed), closed)
            self._closed[reader] = closed
        if now_s >= self._recount_s:
            self._recount_s = now_s + self._every_s
            for reader, closed in self._closed.items():
                self._due_again(reader, FIRST_DAY, closed)
        ready = [
            (reader, day)
            for (reader, day), from_s in self._due.items()
            if max(from_s, self._quiet.get((reader, day), 0.0)) <= now_s
            and day < self._closed.get(reader, FIRST_DAY)
        ]
        if ready:
            self._tell(ready)

    def _due_again(self, reader: str, first: date, end: date) -> None:
        """Count the days from `first` to the one before `end` that lie in the window."""
        begins = max(first, FIRST_DAY, end - timedelta(days=WINDOW_DAYS))
        for ordinal in range(begins.toordinal(), end.toordinal()):
            self._mark((reader, date.fromordinal(ordinal)), 0.0)

    def _mark(self, day: Day, from_s: float) -> None:
        self._due[day] = min(self._due.get(day, from_s), from_s)

    def _tell(self, ready: Sequence[Day]) -> None:
        began = time.monotonic()
        with self._outbox.books() as books:
            news = list(self._news(books, ready))
        self._append(news)
        for day in ready:
            del self._due[day]
            self._quiet.pop(day, None)
        took_s = round(time.monotonic() - began, 2)
        journal.debug("days_counted", days=len(ready), news=len(news), took_s=took_s)

    def _news(self, books: Books, ready: Sequence[Day]) -> Iterable[Account]:
        at = self._moment().utc
        since: dict[str, date] = {}
        for day in sorted({day for _, day in ready}):
            span = Span(first=day, last=day)
            ids: dict[str, list[bytes]] = {}
            for one in books.held(span):
                ids.setdefault(one.reader, []).append(one.punch_id)
            for reader in [name for name, theirs in ready if theirs == day]:
                if reader not in since:
                    since[reader] = _since(books.last_told(reader), self._closed[reader])
                account = closing(reader, day, at, tally(ids.get(reader, ())), self._census.get(reader))
                told = books.told(reader, span).get(day.toordinal())
                if is_news(account, told, since[reader]):
                    yield account

    def _append(self, facts: Sequence[Fact]) -> None:
        """Commit facts, some at a time; while the outbox refuses, hold them and try again."""
        for start in range(0, len(facts), _CHUNK):
            while not self._stopping.is_set():
                try:
                    self._outbox.append(OWNER, facts[start : start + _CHUNK])
                except OutboxError as error:
                    journal.warning("append_failed", reason=error, facts=len(facts))
                    self._stopping.wait(_STORE_AGAIN_S)
                else:
                    break


def _since(told: date | None, closed: date) -> date:
    """The day behind which empty days are told, too: the last that was, if it lies in the window."""
    in_window = told is not None and closed - timedelta(days=WINDOW_DAYS) <= told < closed
    return told if told is not None and in_window else closed - timedelta(days=2)
