"""Owns how punches become versions for the comparison: whose they are, by the date of the punch."""

from datetime import date, datetime, time

from central.directory.directory import Directory
from central.directory.employee import Employee
from central.ledger.resyncs.holdings import Holding, badges_of
from central.resync.comparing import Version
from central.zones import Zones
from wire.punch import Punch

_Badge = tuple[str, str, str, str | None]


class Versions:
    """Makes versions by one state of the directory."""

    def __init__(self, directory: Directory, zones: Zones) -> None:
        self._directory = directory
        self._zones = zones
        self._owners: dict[tuple[_Badge, date | None], Employee | None] = {}

    def held(self, holding: Holding) -> Version:
        """The ledger's version of a punch."""
        row = holding.row
        badge = (row.edge, holding.form, holding.raw, holding.canon)
        on = self._zones.wall(row.edge, row.device_wall, row.read_at).date()
        owner = self._owner(badge, on)
        return Version(
            punch_id=holding.punch_id.hex(),
            owner=None if owner is None else owner.employee_id,
            badge=holding.raw,
            wall=row.device_wall,
            codes=holding.codes,
            how=row.how,
            serial=row.device,
            offset_s=row.clock_offset_s,
            withdrawn=holding.withdrawn,
        )

    def told(self, punch: Punch, edge: str) -> Version:
        """A reader's version of a punch."""
        badge = (edge, punch.badge.form, punch.badge.raw, punch.badge.canon)
        on = self._zones.wall(edge, punch.device_wall, punch.read_at).date()
        owner = self._owner(badge, on)
        return Version(
            punch_id=punch.punch_id,
            owner=None if owner is None else owner.employee_id,
            badge=punch.badge.raw,
            wall=punch.device_wall,
            codes=(punch.direction_code, punch.verify_code),
            how=punch.how,
            serial=punch.device,
            offset_s=punch.clock.offset_s,
            handed_on=self._handed_on(badge, on, owner),
        )

    def owner_id(self, holding: Holding) -> str | None:
        """Whose punch of the ledger it is."""
        row = holding.row
        on = self._zones.wall(row.edge, row.device_wall, row.read_at).date()
        owner = self._owner((row.edge, holding.form, holding.raw, holding.canon), on)
        return None if owner is None else owner.employee_id

    def _owner(self, badge: _Badge, on: date) -> Employee | None:
        when = on if self._directory.dated(*badge[1:]) else None
        if (badge, when) not in self._owners:
            self._owners[badge, when] = self._directory.who(*badge, when)
        return self._owners[badge, when]

    def _handed_on(self, badge: _Badge, on: date, owner: Employee | None) -> datetime | None:
        """Since when somebody else holds the badge, if one does who did not at the time."""
        if owner is None or not self._directory.dated(*badge[1:]):
            return None
        now = self._directory.who(*badge)
        if now is None or now.employee_id == owner.employee_id:
            return None
        texts = {badge[2]} if badge[3] is None else {badge[2], *badges_of(badge[3])}
        since = [it.since for it in now.credentials if it.value in texts and it.since > on]
        return datetime.combine(min(since), time()) if since else None
