"""The edge's configuration: `edge.toml` into structs, every mistake told with its place."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from edge.readers.reader import Reader
from edge.readers.registry import READERS
from ground.kinds import Head
from ground.mqtt import BrokerOptions
from ground.settings import SettingsError, build, read_toml
from wire.punch import EdgeId, ReaderName
from wire.topics import TopicError, check_prefix

DEFAULT_PATH = Path("/etc/punchwire/edge.toml")
_LONGEST_SOCKET = 107


class EdgeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[edge]` section: the branch's name on the wire, and where its state lives."""

    id: EdgeId
    state_dir: Path = Path("/var/lib/punchwire/edge")
    log_level: str = "info"


class OutboxOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[outbox]` section: days that settled facts stay, and the free disk that alarms below."""

    keep_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 60
    min_free_mb: Annotated[int, msgspec.Meta(ge=1)] = 100


class AccountOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[account]` section: how often the days of the last weeks are counted again.

    A day is told when nothing more came of it for `quiet_s`.
    """

    every_s: Annotated[int, msgspec.Meta(ge=1)] = 6 * 3600
    quiet_s: Annotated[int, msgspec.Meta(ge=0)] = 60


class FeedbackOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[feedback]` section: the socket of another program that is told of each punch made just now."""

    socket: Path

    def mistakes(self) -> Iterator[str]:
        """What cannot be the address of a socket, by place."""
        if not self.socket.is_absolute():
            yield f"feedback.socket: {str(self.socket)!r} must begin with /"
        if len(bytes(self.socket)) > _LONGEST_SOCKET:
            yield f"feedback.socket: the path of a socket has at most {_LONGEST_SOCKET} bytes"


class _Sections(msgspec.Struct, frozen=True, kw_only=True):
    edge: EdgeOptions
    broker: BrokerOptions
    outbox: OutboxOptions = OutboxOptions()
    account: AccountOptions = AccountOptions()
    feedback: FeedbackOptions | None = None
    reader: Any = ()


class _ReaderHead(Head, frozen=True, kw_only=True):
    name: ReaderName


@dataclass(frozen=True, slots=True)
class Configured:
    """One reader as configured: built, not opened. `claims` is what no other may have, if it says so."""

    name: str
    kind: str
    reader: Reader
    claims: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """A whole edge.toml that holds together. `hash` changes when the file does."""

    edge: EdgeOptions
    broker: BrokerOptions
    outbox: OutboxOptions
    readers: tuple[Configured, ...]
    hash: str
    account: AccountOptions = field(default_factory=AccountOptions)
    feedback: FeedbackOptions | None = None

    @property
    def outbox_path(self) -> Path:
        """The outbox file."""
        return self.edge.state_dir / "outbox.db"


def load(path: Path) -> Config:
    """Read edge.toml. Raises SettingsError with every mistake in the file."""
    config, mistakes = load_sound_parts(path)
    if mistakes or config is None:
        raise SettingsError([f"{path}: {mistake}" for mistake in mistakes])
    return config


def load_sound_parts(path: Path) -> tuple[Config | None, list[str]]:
    """Read as much of edge.toml as holds together, and every mistake without the file's name.

    None if the sections before the readers have mistakes. Raises SettingsError if the file is no TOML.
    """
    data = read_toml(path)
    mistakes: list[str] = []
    sections = build(_Sections, data, "", mistakes)
    readers = tuple(_readers(data.get("reader", []), mistakes))
    if sections is None:
        return None, mistakes
    mistakes += sections.broker.mistakes()
    mistakes += sections.feedback.mistakes() if sections.feedback else ()
    try:
        check_prefix(sections.broker.prefix)
    except TopicError as error:
        mistakes.append(f"broker.prefix: {error}")
    digest = hashlib.blake2b(path.read_bytes(), digest_size=8).hexdigest()
    return Config(
        sections.edge,
        sections.broker,
        sections.outbox,
        readers,
        digest,
        sections.account,
        sections.feedback,
    ), mistakes


def _readers(rows: object, mistakes: list[str]) -> Iterator[Configured]:
    holders: dict[str, str] = {}
    for it in READERS.read(rows, _ReaderHead, mistakes):
        claims = getattr(it.options, "claims", None)
        if claims is not None and (holder := holders.setdefault(claims, it.head.name)) != it.head.name:
            mistakes.append(f'{it.place}: "{holder}" has {claims} already; one reader alone can')
        yield Configured(it.head.name, it.head.kind, it.kind(it.head.name, it.options), claims)
