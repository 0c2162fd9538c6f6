"""Examines a terminal that pushes, for the doctor: whether its port can be had, and who comes by."""

import queue
import time
from collections.abc import Iterator

from edge.findings import Finding, alarm, good, note, warning
from edge.readers.examination import Circumstances
from edge.readers.zkteco_push.listener import Limits, Listener
from edge.readers.zkteco_push.options import PushOptions
from edge.readers.zkteco_push.protocol import BUSY, Answer, NotUnderstood, read_call

_STOP_S = 0.5


def examined(options: PushOptions, circumstances: Circumstances) -> Iterator[Finding]:
    """Take the port, and listen for one turn of the terminal's questions at least.

    Whoever comes hears BUSY, which says that nothing was stored, and comes again.
    """
    came: queue.SimpleQueue[str] = queue.SimpleQueue()

    def serve(method: str, path: str, query: str, body: bytes) -> Answer:
        try:
            came.put(read_call(method, path, query, body).serial)
        except NotUnderstood as error:
            return Answer(error.status, f"{error}\n")
        return BUSY

    tried = f"listening at {options.address} port {options.port}"
    try:
        listener = Listener(options.address, options.port, serve, Limits())
    except OSError as error:
        yield alarm(tried, "port-taken", error.strerror or str(error))
        return
    yield good(tried, "the port can be had")
    try:
        yield _visitor(options.serial, came, min(circumstances.listen_s, 3600.0))
    finally:
        listener.stop(_STOP_S)


def _visitor(serial: str, came: queue.SimpleQueue[str], within_s: float) -> Finding:
    tried = f"waiting {within_s:g} s for terminal {serial}"
    until = time.monotonic() + within_s
    strangers: dict[str, None] = {}
    while (left := until - time.monotonic()) > 0:
        try:
            visitor = came.get(timeout=left)
        except queue.Empty:
            break
        if visitor == serial:
            return good(tried, "it came by")
        strangers[visitor] = None
    if strangers:
        return warning(tried, "other-terminal", f"only {', '.join(strangers)} came by")
    return note(tried, "nobody came by; a terminal asks every 10 to 30 s (--listen 60)")
