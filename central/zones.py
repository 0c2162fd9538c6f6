"""Owns what a branch's wall clock showed: the zones of the branches, and the wall time of a punch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo


@dataclass(frozen=True, slots=True)
class Zones:
    """The time zone of each branch, by edge id; an edge that is not listed lives in the organization's."""

    organization: tzinfo
    branches: Mapping[str, tzinfo] = field(default_factory=dict)

    def of(self, edge: str) -> tzinfo:
        """The zone of an edge."""
        return self.branches.get(edge, self.organization)

    def wall(self, edge: str, device_wall: datetime | None, read_at: datetime) -> datetime:
        """The naive wall time of a punch: what the device printed, else when it was read, at its branch."""
        if device_wall is not None:
            return device_wall
        return read_at.astimezone(self.of(edge)).replace(tzinfo=None)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant in UTC at which a calendar date begins in a zone."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
