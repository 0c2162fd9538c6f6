"""Owns the thread that keeps the accounts: what is due is counted, what differs is asked about and healed."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from central.accounting.deciding import Step, decided
from central.ledger import accounts, audit, orders
from central.ledger.accounts import Entry
from central.ledger.database import Ledger, LedgerError
from central.post import Publish
from ground.journal import Journal
from wire.account import WINDOW_DAYS
from wire.accounting import in_words
from wire.codec import encode
from wire.topics import Topics

TICK_S = 1.0
_AT_ONCE = 50
_CLAIM = timedelta(seconds=60)
"""For so long nobody else counts what this central has in hand, should it die meanwhile."""
_ACTOR = "central"

Differing = Mapping[tuple[str, str], str]
"""What the board says of each (edge, reader) whose accounts differ."""

journal = Journal("accounts")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Accounting:
    """Keeps the accounts. `tell` is called, on this thread, with the readers that differ when that changed.

    Every `every_s` the days of the last weeks are counted again, whoever had his hands in the ledger.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Publish,
        ledger: Ledger,
        *,
        tell: Callable[[Differing], None],
        every_s: float,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._tell = tell
        self._every = timedelta(seconds=every_s)
        self._clock = clock
        self._told: Differing | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="accounts", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread; what is under way goes on when central is back."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def alive(self) -> bool:
        """Whether the thread still does its work."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            busy = False
            try:
                with suppress(LedgerError):
                    busy = self.turn()
            except Exception as error:  # noqa: BLE001 - one odd account must not end the others
                journal.error("accounts_fault", reason=repr(error))
            if not busy:
                self._stop.wait(TICK_S)

    def turn(self) -> bool:
        """Look after the accounts that are due; True if there may be more."""
        claimed = self._claimed()
        if claimed or self._told is None:
            self._settle(self._decided(claimed))
            self._show()
        return len(claimed) == _AT_ONCE

    def _claimed(self) -> list[Entry]:
        now = self._clock()
        with self._ledger.read() as connection:
            if not accounts.waiting(connection, now, 1):
                return []
        with self._ledger.write() as connection:
            claimed = accounts.waiting(connection, now, _AT_ONCE, claim=True)
            accounts.put_off(connection, claimed, now + _CLAIM)
        return claimed

    def _decided(self, claimed: Sequence[Entry]) -> list[Step]:
        steps: list[Step] = []
        busy: set[tuple[str, str]] = set()
        with self._ledger.read() as connection:
            for entry in claimed:
                step = decided(connection, entry, self._clock(), self._every, busy)
                if step.orders:
                    busy.add((entry.edge, entry.reader))
                steps.append(step)
        return steps

    def _settle(self, steps: Sequence[Step]) -> None:
        given = []
        with self._ledger.write() as connection:
            for step in steps:
                if not accounts.settle(connection, step.after, step.before):
                    continue
                for order in step.orders:
                    orders.give(connection, step.after.edge, order, self._clock())
                    given.append((step.after.edge, order))
                if step.is_news:
                    audit.record(
                        connection, self._clock(), _ACTOR, "account", _name(step.after), _detail(step.after)
                    )
        for step in steps:
            if step.is_news:
                _log(step.after)
        for edge, order in given:
            self._publish(self._topics.orders(edge), encode(order))

    def _show(self) -> None:
        since = self._clock().date() - timedelta(days=WINDOW_DAYS)
        with self._ledger.read() as connection:
            differing = accounts.differing(connection, since)
        days: dict[tuple[str, str], list[Entry]] = {}
        for entry in differing:
            days.setdefault((entry.edge, entry.reader), []).append(entry)
        told = {place: _evidence(entries) for place, entries in days.items()}
        if told != self._told:
            self._tell(told)
            self._told = told


def _evidence(entries: Sequence[Entry]) -> str:
    latest = entries[0]
    more = f", and {len(entries) - 1} more days" if len(entries) > 1 else ""
    return f"{latest.day}: {words(latest)}{more}"


def words(entry: Entry) -> str:
    """What differs in an account, as one line."""
    return in_words({cause: named.count for cause, named in entry.standing.causes.items()})


def _name(entry: Entry) -> str:
    return f"{entry.edge}/{entry.reader}/{entry.day}"


def _detail(entry: Entry) -> dict[str, object]:
    account = entry.account
    return {
        "outcome": entry.verdict,
        "device": account.device,
        "edge": account.edge,
        "ledger": entry.standing.ledger,
        "serial": account.serial,
        "outbox_id": entry.outbox_id,
        "seq": entry.seq,
        "causes": entry.standing.causes,
    }


def _log(entry: Entry) -> None:
    tell = journal.warning if entry.verdict == "differs" else journal.info
    account = entry.account
    tell(
        "account_settled",
        edge=entry.edge,
        reader=entry.reader,
        day=entry.day,
        verdict=entry.verdict,
        punches=account.edge.count,
        causes=words(entry) or None,
    )
