"""The requests of terminals that push: through protocol and session, and over a real socket."""

import functools
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from edge.readers.reader import Moment
from edge.readers.zkteco_push.attlog import Odd, read_lines
from edge.readers.zkteco_push.counting import Counting
from edge.readers.zkteco_push.listener import Limits, Listener
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.protocol import OK, Answer, NotUnderstood, Ping, read_call
from edge.readers.zkteco_push.visit import Visit
from tests.edge.readers.desk import MemoryDesk
from tests.edge.readers.zkteco_push.making import MAY, SERIAL, get, order, post
from tests.fuzz.target import Target
from wire.codec import decode_fact, encode
from wire.facts import Fact

_ANSWER_S = 10.0
_NEXT = b"\x1e"
"""Between the requests of one input."""
LINES = (
    b"7\t2026-05-11 09:00:00\t0\t1\t0\t0\t0\n",
    b"007\t2026-05-11 09:00:00\t255\t15\n",
    b"A-12\t2000-01-01 00:00:00\r\n",
    b"7\t2026-02-31 09:00:00\t0\n",
)
CALLS = (
    get(f"/iclock/cdata?SN={SERIAL}&options=all&pushver=2.4.1&language=69"),
    post(f"/iclock/cdata?SN={SERIAL}&table=ATTLOG&Stamp=9999", b"".join(LINES)),
    post(f"/iclock/cdata?SN={SERIAL}&table=OPERLOG&OpStamp=77", b"USER PIN=7\tName=A\nFP PIN=7\tFID=1\n"),
    get(f"/iclock/getrequest?SN={SERIAL}&INFO=Ver%208,10,0,1234,127.0.0.1"),
    post(f"/iclock/devicecmd?SN={SERIAL}", b"ID=29&Return=0&CMD=DATA\nID=30&Return=-1002&CMD=LOG\n"),
    get(f"/iclock/ping?SN={SERIAL}"),
    post(f"/iclock/fdata.aspx?SN={SERIAL}&table=ATTPHOTO", b"PIN=x.jpg\nsize=4\nCMD=uploadphoto\0\xff\xd8"),
)
WORDS = (b"ATTLOG", b"Stamp=", b"\t", b"ID=", b"&Return=", b"%00", b"SN=", _NEXT, *LINES)


class _Desk(MemoryDesk):
    """A desk whose facts must be such that central can read them, and whose time passes by request."""

    def __init__(self) -> None:
        super().__init__()
        self.later_s = 0.0

    def moment(self) -> Moment:
        now = super().moment()
        later = timedelta(seconds=self.later_s)
        return replace(now, utc=now.utc + later, uptime_s=now.uptime_s + self.later_s)

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        for fact in facts:
            assert decode_fact(encode(fact)) == fact
        return super().emit(facts, memo)


def visit(data: bytes) -> str:
    """Requests of one terminal, one after the other, half a minute apart, an order among them."""
    desk = _Desk()
    options = PushOptions(serial=SERIAL, zone="Asia/Kolkata", order_s=40.0)
    one = Visit("gate", options, desk, Counting(options))
    statuses = set()
    for number, request in enumerate(data.split(_NEXT)[:8]):
        if number == 1:
            desk.waiting_orders.append(order(MAY, MAY))
        try:
            call = read_call(*_parted(request))
        except NotUnderstood as error:
            statuses.add(error.status)
            continue
        answer = one.answer(call)
        statuses.add(answer.status)
        assert answer.text.isprintable() or set(answer.text) <= set(map(chr, (*range(0x20, 0x7F), 9, 10, 13)))
        one.turn(lambda _: [])
        desk.later_s += 30
    punches = len(desk.punches)
    return f"{sorted(statuses)} {min(punches, 3)} punches, {min(len(desk.facts) - punches, 3)} others"


def _parted(request: bytes) -> tuple[str, str, str, bytes]:
    """Method, path, query and body, as the HTTP server parts them."""
    head, _, body = request.partition(b"\r\n\r\n")
    line = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    path, _, query = line[1].partition("?") if len(line) > 1 else ("", "", "")
    return line[0], path, query, body


def log_lines(data: bytes) -> str:
    """An uploaded log: every line that is not blank becomes one record or one odd line."""
    told = list(read_lines(data))
    odd = [line for line in told if isinstance(line, Odd)]
    assert len(told) == sum(1 for line in data.split(b"\n") if line.rstrip(b"\r").strip())
    assert all(line.text.isascii() and line.text.isprintable() for line in odd)
    return f"{min(len(told) - len(odd), 3)} records, odd: {sorted({line.why for line in odd})}"


class _Server:
    """A listener at a free port; what its application raises is kept."""

    def __init__(self) -> None:
        self.raised: list[Exception] = []
        self._listener = Listener("127.0.0.1", 0, self._serve, Limits(body_bytes=65536, request_s=5.0))
        self.port = self._listener.port

    def _serve(self, method: str, path: str, query: str, body: bytes) -> Answer:
        try:
            call = read_call(method, path, query, body)
        except NotUnderstood as error:
            return Answer(error.status, f"{error}\n")
        except Exception as error:
            self.raised.append(error)
            raise
        return Answer(200, f"{type(call).__name__}\n") if not isinstance(call, Ping) else OK


@functools.cache
def _server() -> _Server:
    return _Server()


def over_socket(data: bytes) -> str:
    """Bytes on a connection of their own: an HTTP answer or a closed connection, and the next is served."""
    server = _server()
    received = _exchanged(server.port, data)
    assert not server.raised, server.raised
    assert _exchanged(server.port, CALLS[5]).startswith(b"HTTP/1.1 200 ")
    return received[:12].decode("ascii", "backslashreplace") or "closed"


def _exchanged(port: int, data: bytes) -> bytes:
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_S) as sock:
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while part := sock.recv(65536):
                received += part
        except ConnectionError:
            return received
    return received


TARGETS = (
    Target("push-requests", visit, lambda: [*CALLS, _NEXT.join(CALLS)], "200", WORDS, longest=8192),
    Target("push-lines", log_lines, lambda: [*LINES, b"".join(LINES)], "records", WORDS),
    Target("push-socket", over_socket, lambda: CALLS, "HTTP/1.1 200", WORDS, longest=8192, patience_s=8.0),
)
