"""What a terminal that pushes asks over HTTP, and the answers that it understands: text in, text out.

A path may end in `.aspx`, as old firmware asks. Photos, templates and tables that Punchwire has no use for
are taken and forgotten, so that a terminal does not offer them for ever.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qsl

STAMPED = ("ATTLOG", "OPERLOG", "ATTPHOTO")
"""The tables whose progress a terminal lets the server remember."""

ZoneUnit = Literal["hours", "minutes"]

_OLD_NAMES = {"ATTLOG": "Stamp", "OPERLOG": "OpStamp", "ATTPHOTO": "PhotoStamp"}
_SERIAL = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_STAMP = re.compile(r"[A-Za-z0-9_:.-]{1,32}")
_TABLE = re.compile(r"[A-Za-z_]{1,32}")
_RESULT = re.compile(rb"\bID=(\d{1,10})(?:(?!\bID=).)*?\bReturn=(-?\d{1,9})(?!\d)", re.DOTALL)
_RESULTS_BYTES = 64 * 1024
_FIELDS = 32
_COUNT_DIGITS = 9
_INFO_USERS, _INFO_RECORDS = 1, 3
_CLASSIC = "2.2.14"
"""The protocol version that asks nothing newer of a terminal."""


class NotUnderstood(ValueError):
    """A request that no terminal makes; `status` is the HTTP status that it deserves."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Handshake:
    """The terminal started, or was told to look again: it asks for its options."""

    serial: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Rows of one table (upper case). `stamp` is how far the terminal will have got with them."""

    serial: str
    table: str
    stamp: str | None
    body: bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """The terminal asks for commands; now and then it says how many records and users it holds."""

    serial: str
    records: int | None
    users: int | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """What became of commands: pairs of command id and return code."""

    serial: str
    codes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """A sign of life, or something that is taken and forgotten (`what`)."""

    serial: str
    what: str


Call = Handshake | Upload | Poll | Results | Ping


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. `dated` is the UTC time for the `Date` header, which sets the terminal's clock."""

    status: int
    text: str
    dated: datetime | None = None


OK = Answer(200, "OK\n")
BUSY = Answer(503, "not stored, send it again\n")
"""Nothing is known to be stored: the terminal sends it again after its ErrorDelay."""


def read_call(method: str, path: str, query: str, body: bytes) -> Call:
    """Understand one HTTP request. Raises NotUnderstood for what no terminal asks."""
    try:
        fields = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise NotUnderstood(400, "too many fields") from None
    serial = fields.get("SN") or fields.get("sn") or ""
    if not _SERIAL.fullmatch(serial):
        raise NotUnderstood(400, "no serial number")
    name = path.lower().removesuffix(".aspx")
    match method, name:
        case "GET", "/iclock/cdata":
            return Handshake(serial)
        case "POST", "/iclock/cdata":
            return _upload(serial, fields, body)
        case "GET", "/iclock/getrequest":
            info = fields.get("INFO", "")
            return Poll(serial, _told(info, _INFO_RECORDS), _told(info, _INFO_USERS))
        case "POST", "/iclock/devicecmd":
            return Results(serial, read_results(body))
        case "GET", "/iclock/ping":
            return Ping(serial, "ping")
        case "POST", "/iclock/fdata" | "/iclock/edata":
            return Ping(serial, "file")
    raise NotUnderstood(404, "no such address")


def _upload(serial: str, fields: Mapping[str, str], body: bytes) -> Upload:
    table = fields.get("table", "")
    if not _TABLE.fullmatch(table):
        raise NotUnderstood(400, "no table")
    table = table.upper()
    stamp = fields.get("Stamp") or fields.get(f"{table}Stamp") or fields.get("OpStamp") or ""
    return Upload(serial, table, stamp if _STAMP.fullmatch(stamp) else None, body)


def _told(info: str, place: int) -> int | None:
    """The number at a place of `INFO=firmware,users,fingers,records,...`."""
    parts = info.split(",")
    told = parts[place] if len(parts) > place else ""
    return int(told) if told.isascii() and told.isdigit() and len(told) <= _COUNT_DIGITS else None


def read_results(body: bytes) -> tuple[tuple[int, int], ...]:
    """The results in a body, in its order; they may stand one to a line or one field to a line."""
    return tuple((int(number), int(code)) for number, code in _RESULT.findall(body[:_RESULTS_BYTES]))


def time_zone(offset: timedelta, unit: ZoneUnit) -> str:
    """An offset from UTC as the terminal's firmware counts it: `5.5` or `330` for India."""
    minutes = round(offset.total_seconds() / 60)
    return str(minutes) if unit == "minutes" else f"{minutes / 60:g}"


def options(
    serial: str, stamps: Mapping[str, str], *, delay_s: int, error_delay_s: int, zone: str | None
) -> str:
    """The answer to a handshake.

    A table without a stamp gets 0, which asks for everything that the terminal holds. `zone` is
    the text of `time_zone`, None leaves the terminal's own setting alone. Photos and templates are not asked.
    """
    lines = [f"GET OPTION FROM: {serial}"]
    for table in STAMPED:
        stamp = stamps.get(table, "0")
        lines += [f"{table}Stamp={stamp}", f"{_OLD_NAMES[table]}={stamp}"]
    lines += [
        f"ErrorDelay={error_delay_s}",
        f"Delay={delay_s}",
        "TransTimes=00:00;12:00",
        "TransInterval=1",
        "TransFlag=TransData AttLog\tOpLog",
        *([] if zone is None else [f"TimeZone={zone}"]),
        "Realtime=1",
        "Encrypt=0",
        f"ServerVer={_CLASSIC}",
        f"PushProtVer={_CLASSIC}",
    ]
    return "\r\n".join(lines) + "\r\n"
