"""Asks the kernel: which boot this is, how long it runs, whether its clock is synchronised."""

import ctypes
import os
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edge.clock import trust
from edge.readers.reader import Moment

_TIME_ERROR = 5
_AT_ONCE_S = 0.05
_LOOKS = 5
_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's mallopt."""
_TIMEX_BYTES = 512
"""More than struct timex on any architecture; only the return value is used."""


_libc = ctypes.CDLL(None)


def share_one_heap() -> None:
    """Let all threads to come allocate from one heap: only one of them computes at a time, anyway."""
    if hasattr(_libc, "mallopt"):
        _libc.mallopt(_ARENA_MAX, 1)


def give_back_memory() -> None:
    """Return to the system what a terminal's long log took for a moment."""
    if hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)


def boot_id() -> str:
    """The kernel's random name for this boot."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def uptime_s() -> float:
    """Seconds since boot, suspended time included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def clock_synced() -> bool:
    """Whether the kernel's clock is disciplined by a time server (adjtimex)."""
    return bool(0 <= _libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)) < _TIME_ERROR)


def utc_now() -> datetime:
    """What the Pi's clock shows."""
    return datetime.now(UTC)


def disk_free_bytes(folder: Path) -> int:
    """Bytes that this user may still write in the folder's file system."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize


def memory_bytes() -> int:
    """The resident size of this process."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()


class Timekeeper:
    """The Pi's time with its trust. Remembers for this boot that the clock was once synchronised.

    `synced`, `utc` and `uptime` ask the kernel.
    """

    def __init__(
        self,
        *,
        synced_boot: str | None = None,
        boot: str | None = None,
        synced: Callable[[], bool] = clock_synced,
        utc: Callable[[], datetime] = utc_now,
        uptime: Callable[[], float] = uptime_s,
    ) -> None:
        self.boot_id = boot or boot_id()
        self._was_synced = synced_boot == self.boot_id
        self._synced = synced
        self._utc = utc
        self._uptime = uptime

    @property
    def synced_boot(self) -> str | None:
        """The boot in which the clock was synchronised, to be kept over a restart of the daemon."""
        return self.boot_id if self._was_synced else None

    def now(self) -> Moment:
        """This instant."""
        synced, utc, uptime = self._look()
        self._was_synced = self._was_synced or synced
        return Moment(
            utc=utc,
            trust=trust(synced_now=synced, synced_this_boot=self._was_synced),
            boot_id=self.boot_id,
            uptime_s=round(uptime, 3),
        )

    def _look(self) -> tuple[bool, datetime, float]:
        """Trust, clock and uptime of one instant: looked at again if the process was held up in between."""
        for _ in range(_LOOKS):
            began = self._uptime()
            synced, utc = self._synced(), self._utc()
            ended = self._uptime()
            if ended - began <= _AT_ONCE_S:
                break
        return synced, utc, ended
