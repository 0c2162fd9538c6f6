"""Leads each terminal's requests to the thread of its reader; readers with one address share a listener."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edge.readers.zkteco_push.listener import Limits, Listener
from edge.readers.zkteco_push.protocol import BUSY, Answer, Call, NotUnderstood, read_call
from ground.journal import Journal

_AT_ONCE = 2
"""Requests of one terminal that may wait for its reader; a terminal makes one at a time."""
_ANSWER_S = 20.0
_STOP_S = 0.5
_STRANGERS = 100


class Taken(Exception):
    """Another reader serves this serial at the same address."""


@dataclass(slots=True)
class Job:
    """One request on its way through the reader's thread. `dropped` means that nobody waits any more."""

    call: Call
    answer: Answer = BUSY
    dropped: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class Box:
    """The requests that wait for one reader. `strangers` tells the serials that came to its port in vain."""

    def __init__(self, strangers: Callable[[float], list[str]]) -> None:
        self.strangers = strangers
        self._jobs: queue.Queue[Job] = queue.Queue(_AT_ONCE)
        self._open = True
        self._gate = threading.Lock()

    def deliver(self, call: Call) -> Answer:
        """Hand a request over and wait for its answer; BUSY if there is none in time."""
        job = Job(call)
        with self._gate:
            if not self._open:
                return BUSY
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                return BUSY
        if not job.done.wait(_ANSWER_S):
            job.dropped = True
            return BUSY
        return job.answer

    @contextlib.contextmanager
    def next(self, within_s: float) -> Iterator[Job | None]:
        """The next request, or None. It is answered when the block ends, BUSY if that raises."""
        try:
            job = self._jobs.get(timeout=within_s)
        except queue.Empty:
            yield None
            return
        try:
            yield job
        finally:
            job.done.set()

    def close(self) -> None:
        """Answer BUSY to whatever waits and whatever comes."""
        with self._gate:
            self._open = False
            while not self._jobs.empty():
                self._jobs.get_nowait().done.set()


class Exchange:
    """The readers behind one address and port."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self._served: set[str] = set()
        self._strangers: dict[str, float] = {}
        self._journal = Journal("push")

    def open(self, serial: str, box: Box) -> None:
        """Serve a terminal from now on. Raises Taken."""
        if serial in self.boxes:
            raise Taken(f"terminal {serial} is served by another reader at the same address")
        self.boxes[serial] = box
        self._served.add(serial)

    def serve(self, method: str, path: str, query: str, body: bytes) -> Answer:
        """Answer one request, in a thread of the listener."""
        try:
            call = read_call(method, path, query, body)
        except NotUnderstood as error:
            return Answer(error.status, f"{error}\n")
        box = self.boxes.get(call.serial)
        if box is not None:
            return box.deliver(call)
        if call.serial in self._served:
            return BUSY
        self._refuse(call.serial)
        return Answer(403, "this terminal is not configured here\n")

    def _refuse(self, serial: str) -> None:
        if serial not in self._strangers:
            if len(self._strangers) >= _STRANGERS:
                return
            self._journal.warning("serial_refused", serial=serial)
        self._strangers[serial] = time.monotonic()

    def strangers(self, within_s: float) -> list[str]:
        """The serials without a reader that came within so many seconds."""
        since = time.monotonic() - within_s
        return sorted(serial for serial, at in list(self._strangers.items()) if at >= since)


class Switchboard:
    """Every exchange of a process. A listener lives from its first reader to its last."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._exchanges: dict[tuple[str, int], Exchange] = {}
        self._listeners: dict[tuple[str, int], Listener] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def served(self, address: str, port: int, serial: str) -> Iterator[Box]:
        """Take the requests of one terminal while the block lasts. Raises OSError (the port) or Taken."""
        place = address, port
        with self._lock:
            exchange = self._exchanges.setdefault(place, Exchange())
            box = Box(exchange.strangers)
            exchange.open(serial, box)
            try:
                if place not in self._listeners:
                    self._listeners[place] = Listener(address, port, exchange.serve, self._limits)
            except OSError:
                del exchange.boxes[serial]
                raise
        try:
            yield box
        finally:
            box.close()
            with self._lock:
                del exchange.boxes[serial]
                last = None if exchange.boxes else self._listeners.pop(place)
                if last is not None:
                    last.stop(_STOP_S)
