"""Examines a terminal for the doctor: session, serial, clock, how full, and whether its log reads whole."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from edge.errors import ReaderFault
from edge.findings import Finding, alarm, fault, good, note, warning
from edge.readers.examination import Circumstances
from edge.readers.wall_clock import CLOCK_OFF_S, off_by
from edge.readers.zkteco.child import Child
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.punches import measured_offset
from edge.readers.zkteco.reading import Accepted, Mark, Rejected, fullness, judge
from edge.readers.zkteco.talk import ClockShows, Dataset, Opened, ReadClock, ReadLog, ReadSizes, Sizes

_LEAVE_WITHIN_S = 1.0
_TRIES = 2
"""Somebody may punch while the log is read."""


class Examination:
    """One session with one terminal, which is enabled, and else hears nothing but questions."""

    def __init__(self, options: TerminalOptions, circumstances: Circumstances) -> None:
        self._options = options
        self._circumstances = circumstances
        self._mark = Mark.from_text(circumstances.memo.get("mark", ""))
        self._tried = f"session with {options.address} port {options.port} over {options.transport}"
        self._wall_s = 0.0

    def findings(self) -> Iterator[Finding]:
        """All findings; the first that is a fault is the last."""
        try:
            with self._child() as child:
                yield from self._session(child)
                yield from self._clock(child)
                yield from self._sizes(child)
                yield from self._log(child)
        except ReaderFault as error:
            yield fault(self._tried, error)
            if error.reason == "checksum-wrong":
                yield from self._leniently()

    @contextmanager
    def _child(self) -> Iterator[Child]:
        child = Child(stopping=lambda: False)
        try:
            yield child
            child.leave(_LEAVE_WITHIN_S)
        finally:
            child.kill()

    def _leniently(self) -> Iterator[Finding]:
        """Whether the firmware miscounts, or the way damages: what damages spoils a read of the log, too."""
        self._options = replace(self._options, lenient_checksums=True)
        tried = "the same with lenient_checksums = true"
        try:
            with self._child() as child:
                child.ask(self._options.opening(live=False), Opened)
                first, second = self._read(child), self._read(child)
        except ReaderFault as error:
            yield note(tried, f"it fails as well ({error.evidence}), so the checksums are not to blame")
            return
        if isinstance(first, Rejected) or isinstance(second, Rejected) or first.body != second.body:
            yield note(tried, "the log cannot be believed then: something damages it on the way")
        else:
            yield note(tried, f"its {first.count} records are whole twice: the firmware miscounts, so set it")

    def _session(self, child: Child) -> Iterator[Finding]:
        options = self._options
        opened = child.ask(options.opening(live=False), Opened)
        expected = options.serial or self._circumstances.memo.get("serial") or opened.serial
        if opened.serial == expected:
            yield good(self._tried, f"terminal {opened.serial} {opened.firmware}".rstrip())
        else:
            told = "edge.toml says" if options.serial else "before, it was"
            level = alarm if options.serial else warning
            yield level(self._tried, "serial-changed", f"terminal {opened.serial} answers; {told} {expected}")
        if not opened.enabled:
            yield warning(self._tried, "not-enabled", "it answers no to being enabled")

    def _clock(self, child: Child) -> Iterator[Finding]:
        self._tried = "its clock against the Pi's"
        before = self._circumstances.moment()
        shown = child.ask(ReadClock(within_s=self._options.answer_s), ClockShows).wall
        after = self._circumstances.moment()
        if shown is None:
            yield warning(self._tried, "clock-off", "it shows a date that no calendar has")
            return
        self._wall_s = measured_offset(shown, before.utc, after.utc)
        zone = None if self._options.zone is None else ZoneInfo(self._options.zone)
        error_s = off_by(self._wall_s, zone, after.utc)
        told = f"it shows {shown:%Y-%m-%d %H:%M:%S}"
        if error_s is None or abs(error_s) <= CLOCK_OFF_S:
            yield good(self._tried, told)
        elif after.trust == "unset":
            yield note(self._tried, f"{told}; the Pi's own clock is not set, so it cannot be judged")
        else:
            yield warning(self._tried, "clock-off", f"{told}, off by {error_s:.0f} s")

    def _sizes(self, child: Child) -> Iterator[Finding]:
        self._tried = "how full its log is"
        sizes = child.ask(ReadSizes(within_s=self._options.answer_s), Sizes)
        known = 0 if self._mark is None else self._mark.count
        full = sizes.records / sizes.capacity if sizes.capacity else 0.0
        told = f"{sizes.records} of {sizes.capacity or 'unknown'} records, {full:.0%} full"
        if sizes.records < known:
            yield warning(self._tried, "fewer-records", f"{sizes.records} records; there were {known}")
        elif word := fullness(sizes.records, sizes.capacity):
            yield (alarm if word == "log-full" else warning)(self._tried, word, told)
        else:
            yield good(self._tried, told)

    def _log(self, child: Child) -> Iterator[Finding]:
        self._tried = "a read of its whole log"
        began = time.monotonic()
        verdict = self._read(child)
        for _ in range(_TRIES - 1):
            if isinstance(verdict, Rejected):
                verdict = self._read(child)
        if isinstance(verdict, Rejected):
            yield alarm(self._tried, "read-rejected", verdict.why)
        elif verdict.odd:
            odd = f"{len(verdict.odd)} of {verdict.count} records make no sense"
            yield warning(self._tried, "records-odd", f"{odd}; the last: {verdict.odd[-1].why}")
        else:
            yield good(self._tried, f"{verdict.count} records in {time.monotonic() - began:.1f} s")

    def _read(self, child: Child) -> Accepted | Rejected:
        before = self._count(child)
        if before > self._options.max_records:
            return Rejected(f"the terminal counts {before} records, more than max_records")
        content = child.ask(ReadLog(within_s=self._options.read_s), Dataset).content
        shows = self._circumstances.moment().utc.replace(tzinfo=None) + timedelta(seconds=self._wall_s)
        layout = None if self._mark is None else self._mark.layout
        return judge(content, before, self._count(child), shows, layout)

    def _count(self, child: Child) -> int:
        return child.ask(ReadSizes(within_s=self._options.answer_s), Sizes).records
