"""Asks a pushing terminal for days of its own log, one span at a time: for orders, and for the count."""

from collections import deque
from functools import partial

from edge.readers.reader import Desk, Moment
from edge.readers.rereads import Log, answer, failure, reports, tell
from edge.readers.zkteco_push.commands import Commands
from edge.readers.zkteco_push.counting import Counting, reaching_back
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.protocol import Upload
from edge.readers.zkteco_push.resending import Outcome, Resending
from edge.readers.zkteco_push.uploads import Uploads
from wire.facts import Span
from wire.order import AccountOrder, RereadOrder

_BULK_LINES = 20
"""An upload of more records is no company of fresh punches: the terminal has something to make up for."""
_BULK_POLLS = 2


class Asking:
    """The questions about one terminal's log, in the reader's thread; `under_way` is the one asked now.

    Orders to read again go first. Nothing is counted while the terminal still uploads what it has in store.
    """

    def __init__(
        self,
        name: str,
        options: PushOptions,
        desk: Desk,
        commands: Commands,
        uploads: Uploads,
        counting: Counting,
    ) -> None:
        self._name = name
        self._options = options
        self._desk = desk
        self._commands = commands
        self._uploads = uploads
        self._counting = counting
        self._rereads: deque[RereadOrder] = deque()
        self._accounts: deque[AccountOrder] = deque()
        self._bulk_s = desk.moment().uptime_s
        self.under_way: Resending | None = None
        last = uploads.rechecked
        closed = None if last is None else counting.closed_by(last)
        if closed is not None:
            desk.census(closed)

    def heard(self, upload: Upload, moment: Moment) -> None:
        """Note an upload of records that nobody asked for."""
        if upload.body.count(b"\n") > _BULK_LINES:
            self._bulk_s = moment.uptime_s

    def answered(self, number: int, code: int, moment: Moment) -> bool:
        """Note the result of a command; False if it is none of these."""
        if self.under_way is None or number != self.under_way.command:
            return False
        self.under_way.answered(code, moment.uptime_s)
        return True

    def turn(self, moment: Moment) -> None:
        """Ask what is to be asked, and tell how the question ended that is under way."""
        self._rereads += self._desk.orders()
        self._accounts += self._desk.account_orders()
        if self.under_way is None:
            self._ask_next(moment)
        done = self.under_way
        outcome = None if done is None else done.outcome(moment.uptime_s, moment.utc)
        if done is None or outcome is None:
            return
        self.under_way = None
        self._commands.answered(done.command)
        match done.order:
            case RereadOrder():
                self._report(done, done.order, outcome, moment)
            case AccountOrder():
                self._count_for(done, done.order, outcome, moment)
            case None:
                self._count(done, outcome, moment)

    def give_up(self, reason: str, evidence: str) -> None:
        """Answer all orders with why nothing can be read."""
        asked = [] if self.under_way is None else [self.under_way.order]
        at = self._desk.moment().utc
        waiting = [*asked, *self._rereads, *self._accounts]
        for order in waiting:
            if isinstance(order, AccountOrder):
                self._desk.uncounted(order, reason, evidence)
        self._desk.emit(
            [failure(it, self._name, at, reason, evidence) for it in waiting if isinstance(it, RereadOrder)]
        )

    def _ask_next(self, moment: Moment) -> None:
        if self._rereads:
            order = self._rereads.popleft()
            self._ask(order, order.span, moment)
            return
        options = self._options
        if moment.uptime_s - self._bulk_s < _BULK_POLLS * options.delay_s + options.settle_s:
            return
        if self._accounts:
            wanted = self._accounts.popleft()
            self._ask(wanted, reaching_back(wanted.span), moment)
        elif (span := self._counting.due(moment, self._uploads.rechecked)) is not None:
            self._counting.asked(moment.uptime_s)
            self._ask(None, span, moment)

    def _ask(self, order: RereadOrder | AccountOrder | None, span: Span, moment: Moment) -> None:
        self.under_way = Resending(
            order,
            span,
            moment.utc,
            self._commands.ask(Resending.command_for(span)),
            moment.uptime_s,
            self._options.order_s,
            self._options.settle_s,
        )

    def _report(self, done: Resending, order: RereadOrder, outcome: Outcome, moment: Moment) -> None:
        """What came for an order is in the outbox; an order that wants to be told of it is told now."""
        at = moment.utc
        if outcome.reason:
            self._desk.emit([failure(order, self._name, at, outcome.reason, outcome.evidence)])
        elif order.known is None:
            self._desk.emit(list(reports(order, self._name, list(done.punches), at, outcome.evidence)))
        else:
            log = Log(self._options.serial, None)
            taken = partial(self._desk.taken, order)
            tell(
                self._desk,
                answer(order, self._name, done.punches.values, at, log, outcome.evidence, taken),
            )

    def _count_for(self, done: Resending, order: AccountOrder, outcome: Outcome, moment: Moment) -> None:
        trouble = outcome if outcome.reason else self._counting.doubt(done)
        if trouble is not None:
            self._desk.uncounted(order, trouble.reason, trouble.evidence)
        else:
            self._desk.census(self._counting.count_for(order, done, moment.utc), order)

    def _count(self, done: Resending, outcome: Outcome, moment: Moment) -> None:
        """What stamps and answers lost has come to light; the days that are over are counted."""
        if done.code is None:
            self._counting.failed(moment.uptime_s)
            return
        if outcome.reason:
            self._desk.count("rechecks_refused")
        elif self._counting.doubt(done) is None:
            self._desk.census(self._counting.count(done, moment.utc))
        self._uploads.recheck_done(done.asked_at)
