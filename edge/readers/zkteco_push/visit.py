"""One session with a terminal that pushes: every answer that it gets, its orders, and its silence."""

from collections import deque
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from edge.errors import Lost
from edge.readers.doubts import Doubts
from edge.readers.reader import Desk, Moment
from edge.readers.rolls import not_done, outcome, table
from edge.readers.wall_clock import CLOCK_OFF_S, off_by
from edge.readers.zkteco_push import protocol
from edge.readers.zkteco_push.asking import Asking
from edge.readers.zkteco_push.commands import CHECK, Commands
from edge.readers.zkteco_push.counting import Counting
from edge.readers.zkteco_push.enrolling import Ended, Enrolling
from edge.readers.zkteco_push.live_clock import LiveClock
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.protocol import OK, Answer, Call, Handshake, Ping, Poll, Results, Upload
from edge.readers.zkteco_push.uploads import Uploads
from wire.facts import EdgeEvent, Fact
from wire.order import EnrolOrder

_GAP_POLLS = 3
_GAP_S = 5.0
_ODD_SHOWN_S = 3600.0
_DOUBTS = ("clock-off", "records-odd")
_IDS = 100_000_000
"""Ids of commands keep to eight digits: firmware cuts longer ones."""


class Visit:
    """A session, in the reader's thread. `answer` serves a request, `turn` does what is due otherwise."""

    def __init__(self, name: str, options: PushOptions, desk: Desk, counting: Counting) -> None:
        self._name = name
        self._options = options
        self._desk = desk
        self._uploads = Uploads(name, options.serial, desk)
        moment = desk.moment()
        self._commands = Commands(int(moment.utc.timestamp()) % _IDS)
        self._clock = LiveClock(_GAP_POLLS * options.delay_s + _GAP_S)
        self._heard_s, self._heard = moment.uptime_s, False
        self._zone = None if options.zone is None else ZoneInfo(options.zone)
        self._told_zone: timedelta | None = None
        self._counting = counting
        self._asking = Asking(name, options, desk, self._commands, self._uploads, counting)
        self._enrol_orders: deque[EnrolOrder] = deque()
        self._enrolling: Enrolling | None = None
        self._users: int | None = None
        self._doubts = Doubts(desk, _DOUBTS)
        self._odd_until_s = 0.0

    def answer(self, call: Call) -> Answer:
        """Answer one request. Returns after everything in it is committed; raises what `emit` raises."""
        moment = self._desk.moment()
        self._heard_s, self._heard = moment.uptime_s, True
        self._clock.contact(moment.uptime_s)
        self._desk.ok(device=self._options.serial)
        answer = self._answer(call, moment)
        if moment.uptime_s >= self._odd_until_s:
            self._doubts.note("records-odd", None)
        self._doubts.show()
        dated = self._options.set_clock and moment.trust == "synced" and self._asking.under_way is None
        return Answer(answer.status, answer.text, self._desk.moment().utc if dated else None)

    def missed(self) -> None:
        """Nobody waited for the last answer, so that the terminal repeats it."""
        self._clock.broken()

    def turn(self, strangers: Callable[[float], list[str]]) -> None:
        """Do what is due. Raises Lost when the terminal has been silent for too long.

        `strangers` tells which others came to its port in vain within so many seconds.
        """
        moment = self._desk.moment()
        self._enrol_orders += self._desk.enrol_orders()
        self._asking.turn(moment)
        self._enrol(moment)
        self._tell_zone(moment)
        silent_s = moment.uptime_s - self._heard_s
        if silent_s >= self._options.silent_s:
            evidence = f"no request from terminal {self._options.serial} for {silent_s:.0f} s"
            others = [] if self._heard else strangers(silent_s)
            reason = "other-terminal" if others else "no-answer"
            evidence += f"; {', '.join(others)} came by" if others else ""
            self._give_up(reason, evidence)
            raise Lost(reason, evidence)

    def _answer(self, call: Call, moment: Moment) -> Answer:
        match call:
            case Handshake():
                return self._options_told(moment)
            case Upload(table="ATTLOG"):
                return self._log(call, moment)
            case Upload():
                if self._enrolling is not None:
                    self._enrolling.heard(call.body, moment.uptime_s)
                return self._uploads.other(call)
            case Poll():
                return self._command(call, moment)
            case Results():
                for number, code in call.codes:
                    self._result(number, code, moment)
                return OK
            case Ping():
                self._desk.count(f"{call.what}s")
                return OK

    def _command(self, call: Poll, moment: Moment) -> Answer:
        if call.records is not None:
            self._desk.ok(records=call.records)
            self._counting.told(call.records)
        if call.users is not None:
            self._users = call.users
            if self._enrolling is not None:
                self._enrolling.counted(call.users)
        command = self._commands.offer(moment.uptime_s)
        return OK if command is None else Answer(200, f"{command}\n")

    def _options_told(self, moment: Moment) -> Answer:
        options = self._options
        self._told_zone = self._zone_offset(moment)
        text = protocol.options(
            options.serial,
            self._uploads.stamps,
            delay_s=options.delay_s,
            error_delay_s=options.error_delay_s,
            zone=None if self._told_zone is None else protocol.time_zone(self._told_zone, options.zone_unit),
        )
        return Answer(200, text)

    def _log(self, call: Upload, moment: Moment) -> Answer:
        asked, offset_s = self._asking.under_way, None
        if asked is None:
            self._asking.heard(call, moment)
            offset_s = self._measure(call, moment)
        answer, odd = self._uploads.log(call, offset_s, asked)
        if odd:
            self._desk.count("records_odd", odd)
            self._doubts.note("records-odd", f"{odd} lines of an upload are no records")
            self._odd_until_s = moment.uptime_s + _ODD_SHOWN_S
        return answer

    # clock and zone

    def _measure(self, call: Upload, moment: Moment) -> float | None:
        offset_s = self._clock.measure(call.body, moment)
        if offset_s is None:
            return None
        self._desk.ok(clock_offset_s=offset_s, clock_at=moment.utc)
        error_s = off_by(offset_s, self._zone, moment.utc)
        if moment.trust == "unset":
            return offset_s
        if error_s is None or abs(error_s) <= CLOCK_OFF_S:
            self._doubts.note("clock-off", None)
            return offset_s
        if "clock-off" not in self._doubts:
            event = EdgeEvent(
                event="clock_off",
                at=moment.utc,
                reader=self._name,
                fields={
                    "serial": self._options.serial,
                    "offset_s": offset_s,
                    "error_s": round(error_s, 1),
                },
            )
            self._desk.emit([event])
        self._doubts.note("clock-off", f"a punch came with a time that is off by {error_s:.0f} s")
        return offset_s

    def _zone_offset(self, moment: Moment) -> timedelta | None:
        return None if self._zone is None else moment.utc.astimezone(self._zone).utcoffset()

    def _tell_zone(self, moment: Moment) -> None:
        """Let the terminal ask for its options again after its zone put the clock forward or back."""
        if self._told_zone is not None and self._zone_offset(moment) != self._told_zone:
            self._told_zone = None
            self._commands.ask(CHECK)

    # orders

    def _result(self, number: int, code: int, moment: Moment) -> None:
        if not self._commands.answered(number):
            self._desk.count("results_unknown")
        elif not self._asking.answered(number, code, moment) and self._enrolling is not None:
            self._enrolling.answered(number, code, moment.uptime_s)

    def _enrol(self, moment: Moment) -> None:
        if self._enrolling is None and self._enrol_orders:
            options = self._options
            self._enrolling = Enrolling(
                self._enrol_orders.popleft(),
                self._commands,
                self._users,
                moment.uptime_s,
                within_s=options.order_s,
                settle_s=options.settle_s,
            )
        under_way = self._enrolling
        ended = None if under_way is None else under_way.turn(moment.uptime_s, moment.utc)
        if under_way is not None and ended is not None:
            self._enrolling = None
            self._desk.emit(self._enrolled(under_way.order, ended, moment))

    def _enrolled(self, order: EnrolOrder, ended: Ended, moment: Moment) -> list[Fact]:
        if ended.reason:
            return [not_done(order, moment.utc, ended.reason, ended.evidence)]
        users = [user.held for user in ended.users]
        told = outcome(
            order,
            moment.utc,
            written=ended.written,
            removed=ended.removed,
            kept=ended.kept,
            failed=ended.failed,
        )
        return [*table(order, self._name, self._options.serial, users, moment.utc), told]

    def _give_up(self, reason: str, evidence: str) -> None:
        self._asking.give_up(reason, evidence)
        at = self._desk.moment().utc
        enrol = [*([] if self._enrolling is None else [self._enrolling.order]), *self._enrol_orders]
        self._desk.emit([not_done(order, at, reason, evidence) for order in enrol])
