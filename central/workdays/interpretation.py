"""The interpretation of a punch: the time that its device printed, and in which direction it went."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from central.rules.clocking import Direction
from central.zones import Zones

Role = Literal["in", "out", "none"]
"""What a reader is there for; of one with the role `none` even the device's own codes say nothing."""

_CODES: Mapping[int, Direction] = {0: "IN", 1: "OUT", 2: "OUT", 3: "IN", 4: "IN", 5: "OUT"}
"""Check in and out, break out and in, overtime in and out; 255 and all others say nothing (terminals.md)."""

_US = 1_000_000
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time has no zone


class Raw(msgspec.Struct, frozen=True):
    """What the ledger holds of a punch; a struct, since millions of them are made.

    Times are microseconds since 1970, a wall time read as if UTC.

    `clock_offset_s` is the terminal's wall clock minus UTC by the Pi's clock at the reading,
    `offset_before_s` the same at the reading before. `repaired_us` is when the punch was truly read, where
    the Pi's clock was wrong, and `repaired_within_s` by how much that may be wrong; `accepted_us` is the
    time that a person gave it.
    """

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
    uptime_s: float = 0.0
    clock_offset_s: float | None = None
    offset_before_s: float | None = None
    repaired_us: int | None = None
    repaired_within_s: float | None = None
    accepted_us: int | None = None


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


def instant(raw: Raw, sites: Sites, *, fold: int = 0) -> int:
    """Epoch seconds that a punch tells: what its device showed in its branch's zone, else its reading (C10).

    `fold` 1 is the second of a wall time that comes twice.
    """
    if raw.device_wall_us is None:
        return raw.read_at_us // _US
    wall = _WALL_EPOCH + timedelta(seconds=raw.device_wall_us // _US)
    return int(wall.replace(tzinfo=sites.zones.of(raw.edge), fold=fold).timestamp())


def read_on(raw: Raw, sites: Sites) -> date:
    """The date of a punch at its branch: the one that its device showed, unless its time was corrected."""
    if raw.accepted_us is not None:
        read_at_us = raw.accepted_us
    elif raw.device_wall_us is not None:
        return (_WALL_EPOCH + timedelta(microseconds=raw.device_wall_us)).date()
    else:
        read_at_us = raw.read_at_us if raw.repaired_us is None else raw.repaired_us
    return datetime.fromtimestamp(read_at_us / _US, sites.zones.of(raw.edge)).date()


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
