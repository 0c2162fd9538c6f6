"""Inputs that once broke a parser, by what they hold; each must stay harmless."""

import pytest

from edge.readers.usb_rfid.reader import KeyboardOptions
from ground.settings import build
from tests.fuzz.files import EDGE, SHIFTS
from tests.fuzz.messages import order_seeds
from tests.fuzz.targets import TARGETS
from wire.codec import WireError, decode
from wire.vitals import ReaderVital

DIGITS = "9" * 4400
"""More digits than Python turns into a number."""
LARGE = "0x" + "f" * 4000
"""A number that Python reads, and refuses to write."""


def reversed_span(key: str, date: str) -> bytes:
    return order_seeds()[0].replace(f'"{key}":"2026-05-11"'.encode(), f'"{key}":"{date}"'.encode())


FOUND: dict[str, tuple[str, str | bytes, str]] = {
    "a number of 4400 digits in edge.toml": ("edge-toml", f"[edge]\nid = {DIGITS}\n", "1 mistakes"),
    "a number too large to be shown in central.toml": (
        "central-toml",
        f'[central]\ntimezone = {LARGE}\n[broker]\nhost = "b"\n',
        "1 mistakes",
    ),
    "a pattern that repeats too often": (
        "edge-toml",
        EDGE.replace("([0-9]+)", "a{99999999999}"),
        "1 mistakes",
    ),
    "a zone that is on no map": ("edge-toml", EDGE.replace("Kolkata", "Atlantis"), "2 mistakes"),
    "a comm key of 4400 digits": ("comm-key-file", DIGITS, "misconfigured"),
    "a password in another encoding": ("password-file", b"s\xe9cret", "1 mistakes"),
    "a date too large to be shown in shifts.toml": (
        "shifts-toml",
        f"effective_from = {LARGE}\n",
        "1 mistakes",
    ),
    "a calendar's workday without times": (
        "shifts-toml",
        SHIFTS.replace("{ workday = false }", "{ workday = true }"),
        "2 mistakes",
    ),
    "overtime of 4400 digits in a table of exceptions": (
        "exceptions-csv",
        f"date,calendar,min_overtime\n2026-05-11,holidays,{DIGITS}\n",
        "1 mistakes",
    ),
    "a scenario with a number of 4400 digits": ("scenario-json", f'{{"period":{DIGITS}}}', "1 mistakes"),
    "a scenario with half of a surrogate pair": ("scenario-json", '{"period":"\\ud800"}', "1 mistakes"),
    "an order that begins with the first day of all": (
        "wire-orders",
        reversed_span("first", "0001-01-01"),
        "RereadOrder Accept",
    ),
    "an order that ends with the last day of all": (
        "wire-orders",
        reversed_span("last", "9999-12-31"),
        "RereadOrder Accept",
    ),
    "a line feed in a topic": ("wire-topics", "punchwire/v1/admin/anna/resync\n", "refused"),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_broke_a_parser_once_is_answered(name: str) -> None:
    """The very input, or the smallest like it, gives the documented answer."""
    target, data, outcome = FOUND[name]
    assert TARGETS[target].run(data if isinstance(data, bytes) else data.encode()) == outcome


def test_a_line_feed_belongs_to_no_name() -> None:
    """A name of a reader ends where its pattern ends, on the wire and in the configuration."""
    vital = b'{"reader":"gate\\n","state":"ok","since":"2026-05-11T09:00:00Z"}'
    with pytest.raises(WireError):
        decode(vital, ReaderVital)
    assert decode(vital.replace(b"\\n", b""), ReaderVital).reader == "gate"


def test_hours_without_measure_are_refused() -> None:
    """A number of hours that no float holds is a mistake like any other."""
    data = f'{{"options": {{"carry_hours": {"9" * 400}}}}}'.encode()
    assert TARGETS["scenario-json"].run(data).endswith("mistakes")


def test_a_pattern_nested_too_deeply_is_a_mistake() -> None:
    """A regular expression that Python cannot compile is told with its place."""
    mistakes: list[str] = []
    build(
        KeyboardOptions, {"device": "/dev/x", "notation": "10D", "pattern": "(" * 5000}, "reader[1]", mistakes
    )
    assert len(mistakes) == 1
    assert mistakes[0].startswith("reader[1]: pattern")
