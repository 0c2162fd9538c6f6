"""Keeps every reader at work: a thread each, and a pause after each failure."""

import threading
import time
import traceback

import tenacity

from edge.desk import ReaderDesk
from edge.errors import Lost, Misconfigured, ReaderFault, Unreachable
from edge.readers.reader import Reader
from ground.journal import Journal

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
PARKED_PAUSE_S = 900.0
"""A parked reader waits for a person; one look every 15 minutes finds out that the person came."""
STABLE_S = 30.0
"""A session shorter than this does not earn a fresh back-off series."""
STUCK_S = 90.0
"""A reader thread that came round at neither `wait` nor `emit` for so long is stuck."""


class Station:
    """One reader, its desk and its thread."""

    def __init__(self, reader: Reader, desk: ReaderDesk) -> None:
        self.reader = reader
        self.desk = desk
        self._journal = Journal(f"reader:{desk.name}")
        self._thread = threading.Thread(target=self._run, name=f"reader:{desk.name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the session end at its next `wait`."""
        self.desk.stopping.set()

    def join(self, within_s: float) -> bool:
        """Wait for the thread; True if it ended."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    @property
    def stuck(self) -> bool:
        """Whether the thread died, or came by nowhere for `STUCK_S`."""
        return not self._thread.is_alive() or time.monotonic() - self.desk.seen_at > STUCK_S

    def _run(self) -> None:
        stopping = self.desk.stopping
        while not stopping.is_set():
            series = tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(Unreachable),
                wait=tenacity.wait_exponential_jitter(FIRST_PAUSE_S, LONGEST_PAUSE_S),
                stop=tenacity.stop_when_event_set(stopping),
                sleep=self.desk.pause,
                reraise=True,
            )
            try:
                series(self._session)
            except Misconfigured:
                self.desk.pause(PARKED_PAUSE_S)
            except ReaderFault:
                self.desk.pause(FIRST_PAUSE_S)

    def _session(self) -> None:
        """Run one session; every way in which it can fail becomes a ReaderFault."""
        began = time.monotonic()
        try:
            self.reader.session(self.desk)
        except Misconfigured as fault:
            self.desk.failed("parked", fault)
            raise
        except Unreachable as fault:
            self.desk.failed("unreachable", fault)
            raise
        except Exception as error:
            lost = error if isinstance(error, Lost) else Lost("fault", f"{type(error).__name__}: {error}")
            if lost is not error:
                self._journal.error("reader_fault", trace=traceback.format_exc(limit=-6))
            self.desk.failed("lost", lost)
            if time.monotonic() - began < STABLE_S:
                raise Unreachable(lost.reason, lost.evidence) from error
            raise lost from error
