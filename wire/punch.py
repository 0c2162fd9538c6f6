"""The punch: what one reader saw, uninterpreted."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

NaiveTime = Annotated[datetime, msgspec.Meta(tz=False)]
UtcTime = Annotated[datetime, msgspec.Meta(tz=True)]
PunchId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
ReaderName = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]
EdgeId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,32}\Z")]

DeviceCode = Annotated[int, msgspec.Meta(ge=-(1 << 31), le=(1 << 31) - 1)]

Trust = Literal["synced", "holdover", "unset"]
How = Literal["live", "catch-up", "reread", "push"]
DeviceKind = Literal["terminal", "wedge", "serial"]


class Badge(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Who, as the device said it.

    `raw` is the text as read, `form` what kind of number it is, `canon` the canonical card
    (`wire.credential`), or None where the notation has none.
    """

    raw: Annotated[str, msgspec.Meta(max_length=64)]
    form: Literal["user-id", "card"]
    canon: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Clock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """How far the Pi's time can be believed at the instant of reading.

    `offset_s` is terminal minus Pi in seconds where it was measured, `offset_before_s` what it was when
    the terminal was read before; `boot_id` and `uptime_s` let central repair times from before the first
    sync of a boot.
    """

    trust: Trust
    boot_id: str
    uptime_s: float
    offset_s: float | None = None
    offset_before_s: float | None = None


class Punch(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="fact", tag="punch"
):
    """One punch. The edge adds no employee, no IN or OUT, no zone.

    `punch_id` is 32 hex digits made from device facts alone (`edge.readers.identity`): 12 of
    milliseconds, 20 of hash. `device` is the terminal's serial number, None for a reader without one.
    `device_wall` is the time that the device printed, without a zone, None where it has no clock.
    """

    punch_id: PunchId
    reader: ReaderName
    kind: DeviceKind
    badge: Badge
    read_at: UtcTime
    clock: Clock
    how: How
    device: str | None = None
    device_wall: NaiveTime | None = None
    direction_code: DeviceCode | None = None
    verify_code: DeviceCode | None = None
    raw: Annotated[str, msgspec.Meta(max_length=256)] = ""
