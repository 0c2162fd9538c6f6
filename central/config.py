"""Owns central's configuration: `central.toml` into structs, every mistake told with its place."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from central.accounts import AccountsOptions
from central.exporters.exporter import What
from central.exporters.registry import EXPORTERS
from central.forgetting import RetentionOptions
from central.ledger.database import NoSuchDatabase, database_url
from central.outflow.pilots import Pilots
from central.outflow.sender import Plan
from central.resync.daily import DailyOptions
from central.rules.plan import HOUR, Options
from central.sources.listing import PeopleOptions
from central.workdays.interpretation import Role, Sites
from central.zones import Zones
from ground.kinds import Head
from ground.mqtt import BrokerOptions
from ground.settings import SettingsError, build, near, read_toml
from wire.punch import EdgeId, ReaderName
from wire.topics import TopicError, check_prefix

DEFAULT_PATH = Path("/etc/punchwire/central.toml")
_LEVELS = ("debug", "info", "warning", "error")


class CentralOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[central]` section.

    `database` is the path of a SQLite file or a URL such as postgresql://user@host/name, whose password
    stands in `database_password_file`. `timezone` is the organization's (an IANA name). `share` is the name
    of this central among several that share the punches of one PostgreSQL; one that is alone has none.
    """

    timezone: str
    database: str = "/var/lib/punchwire/central/ledger.db"
    database_password_file: Path | None = None
    share: EdgeId | None = None
    log_level: str = "info"


class RulesOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[rules]` section: what the rules leave to the organization (C1), for all dates.

    Two events of a person not more than `dedupe_seconds` apart are one, an added clocking lies `just_seconds`
    beside its neighbour, an OUT is carried up to `carry_hours` behind its IN, and a shift that starts early
    has what comes up to `early_margin_hours` before it.
    """

    dedupe_seconds: int = 60
    just_seconds: int = 1
    carry_hours: float = 16
    early_margin_hours: float = 4

    def in_zone(self, zone: str) -> Options:
        """The same as the engine wants it, in seconds, with the organization's zone."""
        return Options(
            zone=zone,
            duplicate_s=self.dedupe_seconds,
            just_s=self.just_seconds,
            carry_s=round(self.carry_hours * HOUR),
            early_s=round(self.early_margin_hours * HOUR),
        )

    def mistakes(self) -> Iterator[str]:
        """The values that the rules cannot work with, by place."""
        for key, most in _MOST.items():
            value = getattr(self, key)
            if not 0 <= value <= most:
                yield f"rules.{key}: {value} is not from 0 to {most}"


_MOST = {"dedupe_seconds": 3600, "just_seconds": 3600, "carry_hours": 48, "early_margin_hours": 24}
"""A day of early margin keeps the limits of workdays in order; two of carry end with the next workday."""


class AccountOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[account]` section: after how long the days of the last weeks are counted again."""

    every_s: Annotated[int, msgspec.Meta(ge=1)] = 6 * 3600


class AuthorityOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[authority]` section: where the branches' certificate authority lies.

    `crl` is the file in which the broker reads what was revoked, if central may write it.
    """

    folder: Path = Path("/etc/punchwire/authority")
    crl: Path | None = None


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A `[[branch]]` section: what people call the branch of an edge, and its zone if it has its own.

    `name` is the branch as the directory spells it. `pilot` keeps what it brings from exporters. `roles` says
    of a reader that it is only for coming or only for going (`in`, `out`), or that the directions that it
    reports mean nothing (`none`).
    """

    edge: EdgeId
    name: str = ""
    timezone: str | None = None
    pilot: bool = False
    roles: dict[ReaderName, Role] = {}


class _ExportHead(Head, frozen=True, kw_only=True):
    """What every `[[export]]` section has; the other keys belong to its kind."""

    name: EdgeId
    what: Annotated[tuple[What, ...], msgspec.Meta(min_length=1)] = ("days",)
    rows: Annotated[int, msgspec.Meta(ge=1, le=5000)] = 200
    since: date | None = None


class _Sections(msgspec.Struct, frozen=True, kw_only=True):
    central: CentralOptions
    broker: BrokerOptions
    rules: RulesOptions = RulesOptions()
    branch: tuple[Branch, ...] = ()
    accounts: AccountsOptions | None = None
    account: AccountOptions = AccountOptions()
    authority: AuthorityOptions = AuthorityOptions()
    resync: DailyOptions = DailyOptions()
    export: Any = ()
    people: PeopleOptions | None = None
    retention: RetentionOptions = RetentionOptions()


@dataclass(frozen=True, slots=True)
class Config:
    """A whole central.toml that holds together.

    Edges that it does not list are taken in and shown as well; they live in the organization's zone.
    """

    central: CentralOptions
    broker: BrokerOptions
    branches: tuple[Branch, ...]
    zones: Zones
    options: Options
    accounts: AccountsOptions | None = None
    exports: tuple[Plan, ...] = ()
    people: PeopleOptions | None = None
    account: AccountOptions = field(default_factory=AccountOptions)
    daily: DailyOptions = field(default_factory=DailyOptions)
    retention: RetentionOptions = field(default_factory=RetentionOptions)
    authority: AuthorityOptions = field(default_factory=AuthorityOptions)

    @property
    def edges(self) -> tuple[str, ...]:
        """The edges that are listed."""
        return tuple(branch.edge for branch in self.branches)

    @property
    def pilots(self) -> Pilots:
        """The branches that are pilots."""
        theirs = [branch for branch in self.branches if branch.pilot]
        names = {name for branch in theirs for name in (branch.name.lower(), branch.edge) if name}
        return Pilots(frozenset(branch.edge for branch in theirs), frozenset(names))

    @property
    def sites(self) -> Sites:
        """Where the readers stand: zones, roles, and the edges of each branch by name and by edge."""
        branches: dict[str, tuple[str, ...]] = {}
        for branch in self.branches:
            for name in {branch.name.lower(), branch.edge} - {""}:
                branches[name] = (*branches.get(name, ()), branch.edge)
        roles = {
            (branch.edge, reader): role for branch in self.branches for reader, role in branch.roles.items()
        }
        return Sites(self.zones, roles, branches)

    @property
    def database_password(self) -> str | None:
        """The password for the database, None without a file of it."""
        path = self.central.database_password_file
        return None if path is None else path.read_text(encoding="utf-8").rstrip("\n")


def load(path: Path) -> Config:
    """Read central.toml. Raises SettingsError with every mistake in the file."""
    data = read_toml(path)
    mistakes: list[str] = []
    sections = build(_Sections, data, "", mistakes)
    exports = _exports(data.get("export", []), mistakes)
    if sections is None:
        raise SettingsError([f"{path}: {mistake}" for mistake in mistakes])
    central, broker, branches = sections.central, sections.broker, sections.branch
    mistakes += _database_mistakes(central)
    mistakes += broker.mistakes()
    mistakes += sections.rules.mistakes()
    try:
        check_prefix(broker.prefix)
    except TopicError as error:
        mistakes.append(f"broker.prefix: {error}")
    if central.log_level not in _LEVELS:
        mistakes.append(f"central.log_level: {central.log_level!r} is none of {', '.join(_LEVELS)}")
    organization = _zone(central.timezone, "central.timezone", mistakes)
    zones: dict[str, ZoneInfo] = {}
    seen: dict[str, int] = {}
    for at, branch in enumerate(branches, 1):
        if (first := seen.setdefault(branch.edge, at)) != at:
            mistakes.append(f'branch[{at}].edge: "{branch.edge}" is the edge of branch[{first}] already')
        zone = organization
        if branch.timezone is not None:
            zone = _zone(branch.timezone, f"branch[{at}].timezone", mistakes)
        if zone is not None:
            zones[branch.edge] = zone
    if mistakes or organization is None:
        raise SettingsError([f"{path}: {mistake}" for mistake in mistakes])
    options = sections.rules.in_zone(central.timezone)
    return Config(
        central,
        broker,
        branches,
        Zones(organization, zones),
        options,
        sections.accounts,
        exports,
        sections.people,
        sections.account,
        sections.resync,
        sections.retention,
        sections.authority,
    )


def _exports(rows: object, mistakes: list[str]) -> tuple[Plan, ...]:
    return tuple(
        Plan(it.head.name, it.kind(it.head.name, it.options), it.head.what, it.head.rows, it.head.since)
        for it in EXPORTERS.read(rows, _ExportHead, mistakes)
    )


def _database_mistakes(central: CentralOptions) -> list[str]:
    told = []
    try:
        url = database_url(central.database)
        if url.password is not None:
            told.append(
                "central.database: put the password into a file and name it in database_password_file"
            )
        if central.share is not None and url.get_backend_name() == "sqlite":
            told.append("central.share: several centrals need a PostgreSQL, not a file")
    except NoSuchDatabase as error:
        told.append(f"central.database: {error}")
    path = central.database_password_file
    if path is not None:
        try:
            path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            told.append(f"central.database_password_file: {path} cannot be read")
    return told


def _zone(name: str, place: str, mistakes: list[str]) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        hint = near(name, available_timezones()) or "; use a name such as Asia/Kolkata"
        mistakes.append(f'{place}: "{name}" is no time zone{hint}')
        return None
