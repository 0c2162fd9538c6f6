"""The files that people write: configurations, keys, shifts, scenarios, people, exceptions."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from central import config as central_config
from central import importer, shift_importer
from central.cli import explain
from central.directory.changes import changes
from central.directory.rows import Header, read_header, read_rows
from central.rules.explain.answer import answer, as_text
from central.rules.explain.scenario import ScenarioError, read_scenario
from central.schedule.changes import compare, told
from central.schedule.notation import shift_from, written
from central.schedule.reading import Draft, Known
from central.shift_importer import SettingsRefused
from central.sources.csv_file import read_csv
from central.sources.table import SourceError
from edge import config as edge_config
from edge.errors import Misconfigured
from edge.readers.zkteco.options import TerminalOptions
from ground.mqtt import BrokerOptions, new_client
from ground.settings import SettingsError
from tests.central.days.works import OFFICE
from tests.fuzz.scratch import scratch
from tests.fuzz.target import Target

ROOT = Path(__file__).parents[2]
SINCE = date(2026, 5, 1)
EDGE = """
[edge]
id = "pune-01"
state_dir = "/var/lib/punchwire/edge"
[broker]
host = "127.0.0.1"
port = 1883
[outbox]
keep_days = 60
[[reader]]
name = "gate"
kind = "zkteco"
address = "192.168.10.20"
comm_key = 7
zone = "Asia/Kolkata"
poll_s = 2.5
[[reader]]
name = "back"
kind = "zkteco-push"
serial = "CJ7F194760042"
zone = "Asia/Kolkata"
[[reader]]
name = "canteen"
kind = "serial-rfid"
device = "/dev/ttyUSB0"
format = "ascii-line"
notation = "10D"
pattern = "([0-9]+)"
[[reader]]
name = "tool-room"
kind = "usb-rfid"
vendor = 0xffff
product = 0x0035
notation = "10D"
"""
CENTRAL = """
[central]
timezone = "Asia/Kolkata"
database = "/var/lib/punchwire/central/ledger.db"
[broker]
host = "127.0.0.1"
[[branch]]
edge = "pune-01"
name = "Pune"
timezone = "Asia/Kolkata"
roles = { gate = "in", back = "out" }
"""
SHIFTS = """
effective_from = 2026-05-01
[calendars.holidays]
2026-05-11 = { workday = false }
[shifts.nights]
type = "regular"
start_date = 2026-05-01
calendars = ["holidays"]
rows = [
  { workday = true, report = "22:00", knock_off = "06:00", lunch = { mode = "flexible", minutes = 30 } },
  { workday = false, min_overtime = 15, max_overtime = 240 },
]
[[units]]
kind = "department"
id = "QC"
shift = "nights"
calendars = ["holidays"]
[custom_shifts]
E1 = "nights"
E2 = ""
"""
PEOPLE = """employee_id,name,branch,department,user_ids,cards
E1,Asha,Pune,QC,pune-01:7;8,10D:0009334109
E2,"Bina, K",Pune,,9,40:01026F6C3A
E3,Chetan,,,,
"""
SHEET = """date,calendar,workday,report,knock_off,lunch_begin,lunch_end,lunch_minutes,max_overtime
2026-05-11,holidays,no,,,,,,
2026-05-12,holidays,yes,09:00,17:00,12:00,12:30,,60
2026-05-13,other,1,22:00,06:00,,,30,
"""


def _file(name: str, data: bytes) -> Path:
    path = scratch() / name
    path.write_bytes(data)
    return path


def _printed(mistakes: list[str] | tuple[str, ...]) -> str:
    """Mistakes go to standard error, which escapes what it cannot show; there is one at least."""
    assert all(mistakes)
    assert mistakes
    return f"{min(len(mistakes), 3)} mistakes"


def edge_toml(data: bytes) -> str:
    """A whole configuration of an edge, or every mistake in it."""
    try:
        config = edge_config.load(_file("edge.toml", data))
    except SettingsError as error:
        return _printed(error.mistakes)
    return f"good, {len(config.readers)} readers"


def central_toml(data: bytes) -> str:
    """A whole configuration of central."""
    try:
        config = central_config.load(_file("central.toml", data))
    except SettingsError as error:
        return _printed(error.mistakes)
    assert config.sites
    return f"good, {len(config.edges)} branches"


def key_file(data: bytes) -> str:
    """The file of a comm key."""
    options = TerminalOptions(address="gate", comm_key_file=_file("comm.key", data))
    try:
        return f"a key of {len(str(options.key()))} digits"
    except Misconfigured as error:
        return error.reason


def password_file(data: bytes) -> str:
    """The file of a password: what the configuration lets through can be used."""
    options = BrokerOptions(host="broker", user="pune-01", password_file=_file("password", data))
    if mistakes := options.mistakes():
        return _printed(mistakes)
    new_client(options, "pune-01")
    return "good"


def shifts(data: bytes) -> str:
    """A file of settings: a draft whose versions can be compared, told, and read back as they are."""
    known = Known(shifts=["office"], calendars=["old"], employees=["E1", "E2"])
    try:
        draft = shift_importer._read(_file("shifts.toml", data), None, known)  # noqa: SLF001 - file to draft
    except SettingsRefused as error:
        return _printed(error.mistakes)
    return _draft(draft)


def sheet(data: bytes) -> str:
    """A table of exceptions."""
    try:
        draft = shift_importer._read(_file("sheet.csv", data), None, Known())  # noqa: SLF001 - as above
    except SettingsRefused as error:
        return _printed(error.mistakes)
    return _draft(draft)


def _draft(draft: Draft) -> str:
    if draft.mistakes:
        return _printed(draft.mistakes)
    for _, item in draft.items:
        if item.kind == "shift":
            own = {key: value for key, value in item.body.items() if key != "calendars"}
            assert written(shift_from(item.body, item.name)) == own
        assert json.loads(json.dumps(item.body)) == item.body
    for line in told(compare(draft, [], {"department": frozenset({"QC"}), "division": frozenset()})):
        line.encode()
    return "draft of " + " ".join(sorted({item.kind for _, item in draft.items}))


def scenario(data: bytes) -> str:
    """A scenario, answered in both notations or refused with its mistakes."""
    path, outcome = _file("scenario.json", data), "nothing"
    try:
        for _, document in explain._documents(str(path)):  # noqa: SLF001 - file to documents
            asked = read_scenario(explain._parse(document))  # noqa: SLF001
            given: dict[str, Any] = answer(asked)
            json.dumps(given)
            as_text(given).encode()
            outcome = f"{min(len(given['days']), 3)} days"
    except ScenarioError as error:
        return _printed(error.mistakes)
    return outcome


def people(data: bytes) -> str:
    """A table of people."""
    try:
        table = read_csv(_file("people.csv", data))
    except SourceError as error:
        return _printed(error.mistakes)
    header = read_header(table.header)
    if not isinstance(header, Header):
        return _printed([importer.told(table.name, refusal) for refusal in header])
    reading = read_rows(header, table.rows, ("pune-01", "surat-02"))
    found = changes({}, reading.rows, reading.refused, date(2026, 5, 11))
    for refusal in found.refused:
        importer.told(table.name, refusal).encode()
    return f"{min(len(found.new), 3)} new, {min(len(found.refused), 3)} refused"


def _scenarios() -> list[bytes]:
    folder = ROOT / "tests/central/rules/scenarios"
    seeds = []
    for path in sorted(folder.glob("*.json")):
        asked = json.loads(path.read_text(encoding="utf-8"))
        seeds.append(json.dumps(asked.get("input", asked)).encode())
    return seeds


def _texts(*texts: str) -> list[bytes]:
    return [text.encode() for text in texts]


def _keys(*texts: str) -> list[bytes]:
    """The words of the seeds, to be mixed."""
    return sorted({word.encode() for text in texts for word in text.replace(",", " ").split()})


TARGETS = (
    Target("edge-toml", edge_toml, lambda: _texts(EDGE), "good, 4", _keys(EDGE), 8192, patience_s=4.0),
    Target(
        "central-toml", central_toml, lambda: _texts(CENTRAL), "good, 1", _keys(CENTRAL), 8192, patience_s=4.0
    ),
    Target("comm-key-file", key_file, lambda: _texts("0", "1234\n", " 4294967295 "), "a key", longest=8192),
    Target("password-file", password_file, lambda: _texts("secret\n", "sécret"), "good", longest=8192),
    Target("shifts-toml", shifts, lambda: _texts(OFFICE, SHIFTS), "draft of", _keys(OFFICE, SHIFTS), 8192),
    Target("exceptions-csv", sheet, lambda: _texts(SHEET), "draft of", _keys(SHEET), 8192),
    Target("scenario-json", scenario, _scenarios, "days", longest=16384, patience_s=20.0),
    Target(
        "people-csv", people, lambda: _texts(PEOPLE, PEOPLE.replace(",", ";")), "3 new", _keys(PEOPLE), 8192
    ),
)
