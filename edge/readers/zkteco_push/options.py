"""The keys of a `zkteco-push` reader in edge.toml."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edge.readers.zkteco_push.protocol import ZoneUnit

Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=7 * 86400)]


class PushOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One terminal, and the port at which it finds the Pi; readers may share address and port.

    `serial`: only this terminal is served. `delay_s`: how often it asks for commands; `error_delay_s`: how
    long it waits before it repeats what was refused. `zone`: its zone, told to it in `zone_unit` as
    its firmware counts; without it the terminal keeps its own setting. `set_clock`: let it take its time
    from the Pi's answers while the Pi's own clock can be trusted. `silent_s`: after so long without a request
    the terminal counts as gone. `order_s`: patience for a range that was asked for again; `settle_s`: how
    long nothing more may come behind its result. `recheck_h`: after so many hours, and when a day is over,
    the days since the last time are asked for again and counted, 0 is never.
    """

    serial: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}\Z")]
    address: str = "0.0.0.0"  # noqa: S104 - terminals come over the branch's network
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8081
    delay_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 10
    error_delay_s: Annotated[int, msgspec.Meta(ge=1, le=3600)] = 30
    zone: str | None = None
    zone_unit: ZoneUnit = "hours"
    set_clock: bool = True
    silent_s: Seconds = 300.0
    order_s: Seconds = 120.0
    settle_s: Seconds = 5.0
    recheck_h: Annotated[float, msgspec.Meta(ge=0, le=24 * 31)] = 24.0

    @property
    def claims(self) -> str:
        """What a terminal uploads is for one reader."""
        return f"the uploads of terminal {self.serial}"

    def __post_init__(self) -> None:
        for key, patience_s in (("silent_s", self.silent_s), ("order_s", self.order_s)):
            if patience_s < 2 * self.delay_s:
                raise ValueError(f"{key} must be at least twice delay_s ({self.delay_s})")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f'no time zone "{self.zone}"; write it as Asia/Kolkata') from None
