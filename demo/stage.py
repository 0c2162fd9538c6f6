"""Builds the whole site in one folder (broker, network, centre, branch, devices) and takes it down."""

import json
import secrets
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from demo.account import Held
from demo.eyes import Eyes
from demo.people import write_employees
from demo.programs import Program, ProgramError
from demo.relay import Relay
from ground.mqtt import BrokerOptions
from simulators.mosquitto import Mosquitto

EDGE, PERSON = "pune-01", "anna"
TERMINAL, SERIAL, KEYBOARD = "front-gate", "canteen", "tool-room"
USERS, LOG, CARDS = 200, 2000, 50
LEDGER = "ledger.db"
ZONE = ZoneInfo("Asia/Kolkata")

_BROKER = """
[broker]
host = "127.0.0.1"
port = {port}
user = "{user}"
password_file = "{password_file}"
"""
_CENTRAL = """
[central]
timezone = "{zone}"
database = "{folder}/{ledger}"

[resync]
daily = ""
"""
_EDGE = """
[edge]
id = "{edge}"
state_dir = "{folder}"
"""
_READERS = {
    TERMINAL: 'kind = "zkteco"\naddress = "127.0.0.1"\nport = {port}\n',
    SERIAL: 'kind = "serial-rfid"\ndevice = "{device}"\nformat = "rdm6300"\n',
    KEYBOARD: 'kind = "usb-rfid"\ndevice = "{device}"\nnotation = "10H"\n',
}


class Stage:
    """The site. `build` sets it up, `clear` takes down whatever stands; both tell what they do with `say`."""

    def __init__(self, folder: Path, *, log: int = LOG) -> None:
        self.folder = folder
        accounts = {name: secrets.token_hex(8) for name in ("central", EDGE, PERSON)}
        self.broker = Mosquitto(folder / "broker", accounts)
        self.network = Relay(("127.0.0.1", self.broker.port))
        self.central = self._program(
            "central", "punchwire-central", "--config", self._file("central.toml"), "run"
        )
        self.edge = self._program("edge", "punchwire-edge", "--config", self._file("edge.toml"), "run")
        self.devices = {
            TERMINAL: self._simulator(
                TERMINAL, "terminal", "--port=0", f"--users={USERS}", f"--log={log}", f"--zone={ZONE.key}"
            ),
            SERIAL: self._simulator(SERIAL, "serial", f"--cards={CARDS}", "--seed=1"),
            KEYBOARD: self._simulator(KEYBOARD, "keyboard", f"--cards={CARDS}", "--seed=2", "--notation=10H"),
        }
        self.without: str = ""
        """Why there is no keyboard reader here, "" if there is one."""
        self.eyes = Eyes(self._options(PERSON))

    def build(self) -> None:
        """Start everything, people imported and the edge last. Raises ProgramError or TimeoutError."""
        self.broker.start()
        self.network.start()
        sections = [self._start_device(name) for name in list(self.devices)]
        self._write(
            "central.toml",
            _CENTRAL.format(zone=ZONE.key, folder=self.folder, ledger=LEDGER),
            "central",
            self.broker.port,
        )
        self._write(
            "edge.toml", _EDGE.format(edge=EDGE, folder=self.folder), EDGE, self.network.port, sections
        )
        self._import_people()
        self.eyes.open()
        self.central.start()
        self.edge.start()

    def clear(self) -> None:
        """Stop everything that was started."""
        self.eyes.close()
        for program in (self.edge, self.central, *self.devices.values()):
            program.stop()
        self.network.stop()
        self.broker.stop()

    def punch(self, reader: str) -> int:
        """Let somebody punch at a device; returns how many punches the device then holds more."""
        if reader == TERMINAL:
            return int(self.devices[reader].say({"do": "punch"})["record"] is not None)
        return int(self.devices[reader].say({"do": "present", "rest_s": 0.02})["heard"])

    def held(self) -> dict[str, list[Held]]:
        """What each device holds, or was heard to read: the badge, and the wall time where it has a clock."""
        held: dict[str, list[Held]] = {}
        for name, device in self.devices.items():
            dump = device.say({"do": "dump"})
            if name == TERMINAL:
                held[name] = [(it["user_id"], _wall(it["wall"])) for it in dump["log"]]
            else:
                held[name] = [(it["card"], "") for it in dump["presented"] if it["heard"]]
        return held

    def ledger(self) -> dict[str, list[Held]]:
        """What the ledger holds, by reader, asked through the people's own command."""
        oldest = min((wall for _, wall in self.held()[TERMINAL]), default=datetime.now(UTC).isoformat())
        first = date.fromisoformat(oldest[:10]) - timedelta(days=1)
        last = datetime.now(UTC).date() + timedelta(days=1)
        rows = self.ask("punches", f"--from={first}", f"--to={last}")
        held: dict[str, list[Held]] = {}
        for row in rows:
            wall = _wall(row["wall"]) if row["reader"] == TERMINAL else ""
            held.setdefault(row["reader"], []).append((row["badge"], wall))
        return held

    def ask(self, verb: str, *flags: str) -> Any:
        """Run a verb of `punchwire` and return its JSON."""
        return json.loads(self._program(verb, "punchwire", verb, *self._account(), "--json", *flags).run())

    def outbox(self) -> dict[str, Any]:
        """The marks of the outbox. The edge writes the last of them when it stops, so it is stopped."""
        self.edge.stop()
        config = self._file("edge.toml")
        marks: dict[str, Any] = json.loads(
            self._program("outbox", "punchwire-edge", "--config", config, "status", "--json").run()
        )
        return marks

    def resync(self) -> Program:
        """Start a resync of everybody for today; its words go to its log."""
        today = datetime.now(ZONE).date().isoformat()
        everyone = [f"--employee=E{number:04d}" for number in range(1, USERS + 1)]
        flags = (*everyone, f"--from={today}", f"--to={today}", "--timeout=60", "--reason=a key was pressed")
        asked = self._program("resync", "punchwire", "resync", *self._account(), *flags)
        asked.start()
        return asked

    def _start_device(self, name: str) -> str:
        """Start a simulator and return its `[[reader]]` section, "" if this machine cannot carry it."""
        device = self.devices[name]
        device.start(talk=True)
        try:
            ready = device.hear()
        except ProgramError:
            device.kill()
            if name != KEYBOARD:
                raise
            self.without = device.last_words()
            del self.devices[name]
            return ""
        return f'\n[[reader]]\nname = "{name}"\n' + _READERS[name].format_map(ready)

    def _import_people(self) -> None:
        users = self.devices[TERMINAL].say({"do": "users"})["users"]
        cards = [card for name in (SERIAL, KEYBOARD) for card in self._cards(name)]
        path = self.folder / "employees.csv"
        write_employees(path, EDGE, {user["user_id"]: user["name"] for user in users}, cards)
        config = self._file("central.toml")
        self._program("import", "punchwire-central", "--config", config, "import", "--apply", str(path)).run()
        role = ("--role", "administrator")
        self._program("user", "punchwire-central", "--config", config, "user", "add", PERSON, *role).run()

    def _cards(self, name: str) -> list[str]:
        cards: list[str] = self.devices[name].say({"do": "cards"})["cards"] if name in self.devices else []
        return cards

    def _write(self, name: str, head: str, user: str, port: int, sections: list[str] | None = None) -> None:
        broker = _BROKER.format(port=port, user=user, password_file=self.broker.password_file(user))
        (self.folder / name).write_text(head + broker + "".join(sections or []), encoding="utf-8")

    def _options(self, user: str) -> BrokerOptions:
        return BrokerOptions(
            host="127.0.0.1",
            port=self.broker.port,
            user=user,
            password_file=self.broker.password_file(user),
        )

    def _account(self) -> list[str]:
        at = self._options(PERSON)
        return [
            f"--host={at.host}",
            f"--port={at.port}",
            f"--user={at.user}",
            f"--password-file={at.password_file}",
        ]

    def _file(self, name: str) -> str:
        return str(self.folder / name)

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(name, arguments, self.folder / f"{name}.log")

    def _simulator(self, name: str, *arguments: str) -> Program:
        return self._program(name, "punchwire-simulate", *arguments)


def _wall(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
