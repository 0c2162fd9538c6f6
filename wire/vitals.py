"""What a daemon says of its own health: status, birth and heartbeat."""

from typing import Literal

import msgspec

from wire.punch import DeviceKind, EdgeId, ReaderName, Trust, UtcTime

ReaderState = Literal["starting", "ok", "unreachable", "lost", "parked"]


class Status(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whether a daemon is on the broker. Retained, and the last will of its connection.

    The will carries the session of the connection that it belongs to, so that the late will of an
    old connection cannot put a new one offline.
    """

    online: bool
    session: str
    at: UtcTime
    reason: str = ""


class ReaderBirth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A configured reader: its name, its kind as in the configuration, and the device behind it."""

    reader: ReaderName
    kind: str
    device_kind: DeviceKind
    device: str | None = None


class Birth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who an edge is: enough for central to judge it without asking."""

    edge: EdgeId
    version: str
    config_hash: str
    boot_id: str
    outbox_id: str
    next_seq: int
    settled: int
    at: UtcTime
    readers: tuple[ReaderBirth, ...] = ()


class ReaderVital(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The health of one reader.

    `reason` is a word of `wire.reasons` where `state` is not ok; `evidence` is what was seen.
    `clock_offset_s` is the terminal's wall clock minus UTC, as it was measured at `clock_at`. `records` and
    `capacity` are the terminal's own log; `counts` are totals since the daemon started (suppressed repeats,
    rejected frames, ...).
    """

    reader: ReaderName
    state: ReaderState
    since: UtcTime
    reason: str = ""
    evidence: str = ""
    last_contact: UtcTime | None = None
    last_punch: UtcTime | None = None
    device: str | None = None
    records: int | None = None
    capacity: int | None = None
    clock_offset_s: float | None = None
    clock_at: UtcTime | None = None
    counts: dict[str, int] = {}


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of an edge, every 30 s, retained and lossy by design.

    `backlog` counts the facts without a receipt, `oldest_unsettled` is when the first of them was
    appended, `reason` is a word of `wire.reasons` for the edge as a whole ("" while all is well).
    With `boot_id`, `uptime_s` and a synchronised clock it dates everything that was read in this boot.
    `life` is another one after each start of the daemon, which runs for `running_s`.
    """

    at: UtcTime
    session: str
    uptime_s: float
    trust: Trust
    backlog: int
    boot_id: str = ""
    life: str = ""
    running_s: float | None = None
    oldest_unsettled: UtcTime | None = None
    reason: str = ""
    evidence: str = ""
    disk_free_bytes: int | None = None
    memory_bytes: int | None = None
    readers: tuple[ReaderVital, ...] = ()
