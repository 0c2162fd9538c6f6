"""The lines of JSON between a reader and its worker: requests down, answers and live events up."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Transport = Literal["tcp", "udp"]


class Open(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="open"):
    """Open the session, enable the terminal, ask for live events if `live`. The answer is `Opened`.

    `lenient` takes frames whose checksums are wrong.
    """

    address: str
    port: int
    transport: Transport
    comm_key: int
    live: bool
    within_s: float
    lenient: bool = False


class ReadClock(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="clock"):
    """Read the terminal's clock. The answer is `ClockShows`."""

    within_s: float


class SetClock(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="set-clock"):
    """Set the terminal's clock and read it back. The answer is `ClockShows`, changed or not."""

    wall: Annotated[datetime, msgspec.Meta(tz=False)]
    within_s: float


class ReadSizes(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="sizes"):
    """Ask how much the terminal holds. The answer is `Sizes`."""

    within_s: float


class ReadLog(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="log"):
    """Read the whole log. The answer is `Dataset`."""

    within_s: float


class ReadUsers(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="users"):
    """Read the user table. The answer is `Dataset`."""

    within_s: float


class Enrol(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="enrol"):
    """Write users, as bytes of the table's layout, and delete those of slots. The answer is `Enrolled`."""

    write: tuple[bytes, ...] = ()
    delete: tuple[int, ...] = ()
    within_s: float


class Close(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", tag="close"):
    """Leave the terminal properly, and end. There is no answer but the end."""

    within_s: float


Request = Open | ReadClock | SetClock | ReadSizes | ReadLog | ReadUsers | Enrol | Close


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="opened"):
    """The session stands. The terminal agreed to push events if `live`, and to be enabled if `enabled`."""

    serial: str
    firmware: str = ""
    live: bool = False
    enabled: bool = True


class ClockShows(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="clock"):
    """The terminal's wall clock, naive; None where it shows a date that no calendar has."""

    wall: Annotated[datetime, msgspec.Meta(tz=False)] | None


class Sizes(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="sizes"):
    """Records and users that the terminal counts, and how many records fit (0: it does not say).

    `templates` are the fingerprints and faces that it holds.
    """

    records: int
    users: int
    capacity: int
    templates: int = 0


class Enrolled(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="enrolled"):
    """How many users the terminal agreed to write and to delete."""

    written: int
    deleted: int


class Dataset(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="dataset"):
    """The bytes of a bulk read as the terminal sent them: a length of four bytes, then the content."""

    content: bytes


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="failed"):
    """It did not work; `reason` is a word of `wire.reasons`. The worker ends with it."""

    reason: str
    evidence: str


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="event"):
    """A live event came, at any time: its code (1 is attendance) and its bytes."""

    code: int
    content: bytes


Answer = Opened | ClockShows | Sizes | Dataset | Enrolled | Failed | Event
