import re
p='edge/readers/zkteco_push/visit.py'
s=open(p).read()
def sub(a,b,n=1):
    global s
    assert s.count(a)==n,(a,s.count(a))
    s=s.replace(a,b)
sub('from datetime import datetime, timedelta\nfrom functools import partial\n','from datetime import timedelta\n')
sub('from edge.readers.rereads import Log, answer, failure, reports, tell\n','')
sub('from edge.readers.zkteco_push.commands import CHECK, Commands, query_attlog\n','from edge.readers.zkteco_push.asking import Asking\nfrom edge.readers.zkteco_push.commands import CHECK, Commands\nfrom edge.readers.zkteco_push.counting import Counting\n')
sub('from edge.readers.zkteco_push import protocol\n','from edge.readers.zkteco_push import protocol\n')
sub('from edge.readers.zkteco_push.resending import DONE, NOTHING, Resending\n','')
sub('from wire.order import EnrolOrder, RereadOrder\n','from wire.order import EnrolOrder\n')
sub('''_DAY = timedelta(days=1)
"""More than any zone, and than the terminal's clock may be wrong without a word."""
''','')
sub('''    def __init__(self, name: str, options: PushOptions, desk: Desk) -> None:
''','''    def __init__(self, name: str, options: PushOptions, desk: Desk, counting: Counting) -> None:
''')
sub('''        self._orders: deque[RereadOrder] = deque()
        self._resending: Resending | None = None
''','''        self._counting = counting
        self._asking = Asking(name, options, desk, self._commands, self._uploads, counting)
''')
sub('''        self._recheck: tuple[int, datetime] | None = None
''','')
sub('moment.trust == "synced" and self._resending is None','moment.trust == "synced" and self._asking.under_way is None')
sub('''        self._orders += self._desk.orders()
        self._enrol_orders += self._desk.enrol_orders()
        self._carry_on(moment)
        self._enrol(moment)
        self._ask_again(moment)
''','''        self._enrol_orders += self._desk.enrol_orders()
        self._asking.turn(moment)
        self._enrol(moment)
''')
sub('''            self._desk.ok(records=call.records)
''','''            self._desk.ok(records=call.records)
            self._counting.told(call.records)
''')
sub('''        by_itself = self._resending is None and self._recheck is None
        offset_s = self._measure(call, moment) if by_itself else None
        answer, odd = self._uploads.log(call, offset_s, self._resending)
''','''        asked, offset_s = self._asking.under_way, None
        if asked is None:
            self._asking.heard(call, moment)
            offset_s = self._measure(call, moment)
        answer, odd = self._uploads.log(call, offset_s, asked)
''')
a=s.index('    # orders\n'); b=s.index('    def _result(')
s=s[:a]+'    # orders\n\n'+s[b:]
sub('''        elif self._resending is not None and number == self._resending.command:
            self._resending.answered(code, moment.uptime_s)
        elif self._recheck is not None and number == self._recheck[0]:
            self._uploads.recheck_done(self._recheck[1])
            self._recheck = None
            if code not in (DONE, NOTHING):
                self._desk.count("rechecks_refused")
        elif self._enrolling is not None:
''','''        elif not self._asking.answered(number, code, moment) and self._enrolling is not None:
''')
a=s.index('    def _ask_again('); b=s.index('    def _enrol(self')
s=s[:a]+s[b:]
a=s.index('        orders = [*([] if self._resending')
s=s[:a]+'''        self._asking.give_up(reason, evidence)
        at = self._desk.moment().utc
        enrol = [*([] if self._enrolling is None else [self._enrolling.order]), *self._enrol_orders]
        self._desk.emit([not_done(order, at, reason, evidence) for order in enrol])
'''
open(p,'w').write(s)

p='edge/readers/zkteco_push/uploads.py'
s=open(p).read()
sub('''                again = asked and resending is not None and resending.order.known is None
''','''                again = asked and resending is not None and resending.again
''')
open(p,'w').write(s)

p='edge/readers/zkteco_push/reader.py'
s=open(p).read()
sub('from edge.readers.zkteco_push.listener import Limits\n','from edge.readers.zkteco_push.counting import Counting\nfrom edge.readers.zkteco_push.listener import Limits\n')
sub('''    keeps_users: ClassVar[bool] = True
''','''    keeps_users: ClassVar[bool] = True
    takes_census: ClassVar[bool] = True
''')
sub('''        self._options = options

''','''        self._options = options
        self._counting = Counting(options)

''')
sub('Visit(self._name, options, desk)','Visit(self._name, options, desk, self._counting)')
open(p,'w').write(s)

p='edge/census.py'
s=open(p).read()
sub('''    `begins` is of the oldest of the `records`, and `capacity` fit. For an order, `ids` are those of its span,
    ascending.
''','''    `begins` is of the oldest of the `records`, and `capacity` fit; where a terminal sends only the dates that
    it is asked for, `begins` is the oldest that came. For an order, `ids` are those of its span, ascending.
''')
sub('''    """What a terminal's log held when it was read whole at `read_at`, its own clock showing `shown`.
''','''    """What a terminal's log held when it was read at `read_at`, its own clock showing `shown`.
''')
sub('    records: int\n','    records: int | None\n')
open(p,'w').write(s)

p='edge/readers/zkteco_push/asking.py'
s=open(p).read()
sub('''        if done.code not in (DONE, NOTHING):
            self._desk.count("rechecks_refused")
        elif not outcome.reason and self._counting.doubt(done) is None:
            self._desk.census(self._counting.count(done, moment.utc))
''','''        if outcome.reason:
            self._desk.count("rechecks_refused")
        elif self._counting.doubt(done) is None:
            self._desk.census(self._counting.count(done, moment.utc))
''')
sub('from edge.readers.zkteco_push.resending import DONE, NOTHING, Outcome, Resending','from edge.readers.zkteco_push.resending import Outcome, Resending')
open(p,'w').write(s)

p='tests/edge/readers/zkteco_push/test_commands.py'
s=open(p).read()
sub('''    return Resending(order(MAY, MAY), 7, progress_s=100.0, within_s=60.0, settle_s=5.0)
''','''    asked = order(MAY, MAY)
    return Resending(asked, asked.span, NOW, 7, progress_s=100.0, within_s=60.0, settle_s=5.0)
''')
sub('Resending.command_for(order(MAY, MAY + timedelta(days=1)))','Resending.command_for(order(MAY, MAY + timedelta(days=1)).span)')
open(p,'w').write(s)
