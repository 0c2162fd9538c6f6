"""The interpretation of a punch: when it happened, in which direction, and whether that can be believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from central.rules.clocking import Direction
from central.zones import Zones

Role = Literal["in", "out", "none"]
"""What a reader is there for; of one with the role `none` even the device's own codes say nothing."""

Doubt = Literal["before-2000", "in-the-future", "clock-wrong"]
"""Why a punch goes to review and counts nowhere."""

_CODES: Mapping[int, Direction] = {0: "IN", 1: "OUT", 2: "OUT", 3: "IN", 4: "IN", 5: "OUT"}
"""Check in and out, break out and in, overtime in and out; 255 and all others say nothing (terminals.md)."""

_US = 1_000_000
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time has no zone
_EARLIEST_S = int(datetime(2000, 1, 2, tzinfo=UTC).timestamp())
"""A terminal whose battery died goes on from 2000-01-01."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Raw:
    """What the ledger holds of a punch. Times are microseconds since 1970, a wall time read as if UTC."""

    punch_id: bytes
    edge: str
    reader: str
    badge_form: str
    badge_raw: str
    badge_canon: str | None
    device_wall_us: int | None
    read_at_us: int
    received_at_us: int
    direction_code: int | None
    how: str
    clock_trust: str


@dataclass(frozen=True, slots=True)
class Sites:
    """Where the readers stand: the zones of the branches, the roles of readers, the edges of a branch.

    `roles` are by (edge, reader). `branches` maps what people call a branch, in lower case, to its edges.
    """

    zones: Zones
    roles: Mapping[tuple[str, str], Role] = field(default_factory=dict)
    branches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def edges_of(self, branch: str) -> tuple[str, ...]:
        """The edges of a branch, by its name or by the id of its edge."""
        return self.branches.get(branch.lower(), ())


def instant(raw: Raw, sites: Sites) -> int:
    """Epoch seconds of a punch: what the device showed in its branch's zone, else when it was read (C10)."""
    if raw.device_wall_us is None:
        return raw.read_at_us // _US
    wall = _WALL_EPOCH + timedelta(seconds=raw.device_wall_us // _US)
    return int(wall.replace(tzinfo=sites.zones.of(raw.edge)).timestamp())


def direction(raw: Raw, sites: Sites) -> Direction | None:
    """IN, OUT, or None where nobody says: the reader's role first, then the device's code."""
    match sites.roles.get((raw.edge, raw.reader)):
        case "in":
            return "IN"
        case "out":
            return "OUT"
        case "none":
            return None
        case _:
            return None if raw.direction_code is None else _CODES.get(raw.direction_code)


def doubt(raw: Raw, at: int) -> Doubt | None:
    """Why the instant of a punch cannot be right, or None.

    A live punch was read when it happened, so its device's clock can be held against the Pi's.
    """
    if at < _EARLIEST_S:
        return "before-2000"
    if at > raw.received_at_us // _US + _DAY_S:
        return "in-the-future"
    live = raw.how == "live" and raw.clock_trust != "unset"
    if live and abs(at - raw.read_at_us // _US) > _DAY_S:
        return "clock-wrong"
    return None
