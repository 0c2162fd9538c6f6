"""Broker, centre and branch on a booted machine, set up as the runbook says; the devices stand outside."""

import json
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.account import Held, compare_all
from demo.people import write_employees
from simulators.mosquitto import free_port
from tests.booted.devices import SERIAL, TERMINAL, Devices, wall
from tests.booted.machine import CommandFailed, Machine
from tests.booted.roots import copy_checkout
from tests.booted.traces import Traces
from tests.waiting import until

CHECKOUT = Path(__file__).resolve().parents[2]
USER, CLONE = "asha", "/home/asha/punchwire"
SERIAL_DEVICE = "/dev/ttyUSB0"
PARTS = ("central", "edge")
INSTALL_S = 900.0
PACKAGES = ("git", "mosquitto", "openssl", "python3")
"""What a site has before Punchwire comes; Debian's installer brings Python, too."""
EMPLOYEES = "/var/cache/employees.csv"
STEADY_S = 1.0
"""What was sent while a port was being opened is thrown away; this long after it is read."""
BROKER = "broker.example.org"
APT = ("sudo", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
_ACCOUNTS = {"central": "long-secret", "pune-01": "other-secret", "anna": "third-secret"}
_READERS = """
[[reader]]
name = "{terminal}"
kind = "zkteco"
address = "127.0.0.1"
port = {port}

[[reader]]
name = "{serial}"
kind = "serial-rfid"
device = "{device}"
format = "rdm6300"
"""


class Site:
    """What the checks ask and do: one machine, and the devices around it."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(folder / "root", folder / "console.log")
        self.traces = Traces(folder)
        self._devices = Devices(folder)
        self._plain_port, self._tls_port = free_port(), free_port()

    def boot(self) -> None:
        """Start the devices, then the machine with a person and a copy of this checkout."""
        self._devices.start()
        self.machine.plug(SERIAL_DEVICE, self._devices.port)
        self.machine.boot()
        self.machine.run("useradd", "--create-home", "--shell=/bin/bash", USER)
        copy_checkout(CHECKOUT, self.machine.file(CLONE))
        self.machine.run("chown", "-R", f"{USER}:", f"/home/{USER}")

    def clear(self) -> None:
        """Pull every plug."""
        self.machine.off()
        self._devices.clear()

    def sudo(self, *command: str, given: str = "", within_s: float = 60.0) -> str:
        """What the person at the console does, in the checkout. Raises CommandFailed."""
        return self.machine.run("sudo", *command, user=USER, folder=CLONE, given=given, within_s=within_s)

    def set_up_broker(self) -> None:
        """Install a Mosquitto with the pages' own settings, rules and accounts, behind TLS."""
        file, run = self.machine.file, self.machine.run
        settings = _block(CHECKOUT / "docs/runbook.md", "# /etc/mosquitto/conf.d/punchwire.conf\n")
        settings = settings.replace("listener 1883", f"listener {self._plain_port}")
        settings = settings.replace("listener 8883", f"listener {self._tls_port}")
        rules = _block(CHECKOUT / "docs/topics.md", "user central\n")
        with file("/etc/hosts").open("a", encoding="utf-8") as hosts:
            hosts.write(f"127.0.0.1 {BROKER}\n")
        file("/etc/mosquitto/conf.d").mkdir(parents=True)
        # Until its settings are complete the broker listens where nobody else on this machine does.
        file("/etc/mosquitto/conf.d/punchwire.conf").write_text(f"listener {self._plain_port} 127.0.0.1\n")
        run(*APT, "update", user=USER, within_s=300)
        run(*APT, "install", "--no-install-recommends", *PACKAGES, user=USER, within_s=600)
        for at, (account, password) in enumerate(_ACCOUNTS.items()):
            create = ["-c"] if at == 0 else []
            self.sudo("mosquitto_passwd", *create, "-b", "/etc/mosquitto/passwd", account, password)
        file("/etc/mosquitto/punchwire.acl").write_text(rules, encoding="utf-8")
        run("sh", "-euc", _CERTIFICATES.format(name=BROKER))
        self.sudo("chown", "mosquitto:", "/etc/mosquitto/passwd", "/etc/mosquitto/certs/broker.key")
        file("/etc/mosquitto/conf.d/punchwire.conf").write_text(settings, encoding="utf-8")
        self.sudo("systemctl", "restart", "mosquitto")
        self._configure_person()

    def configure_central(self) -> None:
        """Fill in central.toml and import the people, by the runbook's commands."""
        config = self.machine.file("/etc/punchwire/central.toml")
        example = config.read_text(encoding="utf-8")
        config.write_text(example.replace("port = 1883", f"port = {self._plain_port}"), encoding="utf-8")
        self._password("central", "/etc/punchwire/central.password")
        self.sudo("punchwire-central", "check-config")
        write_employees(self.machine.file(EMPLOYEES), "pune-01", self._devices.users(), self._devices.cards())
        self.sudo("punchwire-central", "import", "--apply", EMPLOYEES)
        self.sudo("punchwire-central", "user", "add", "anna", "--role", "administrator")

    def configure_edge(self) -> None:
        """Fill in edge.toml: the example with this site's broker and readers."""
        config = self.machine.file("/etc/punchwire/edge.toml")
        head = config.read_text(encoding="utf-8").split("[[reader]]")[0]
        head = head.replace("port = 8883", f"port = {self._tls_port}")
        readers = _READERS.format(
            terminal=TERMINAL, port=self._devices.address[1], serial=SERIAL, device=SERIAL_DEVICE
        )
        config.write_text(head + readers, encoding="utf-8")
        shutil.copy(
            self.machine.file("/etc/mosquitto/certs/ca.pem"), self.machine.file("/etc/punchwire/ca.pem")
        )
        self._password("pune-01", "/etc/punchwire/edge.password")
        self.sudo("punchwire-edge", "check-config")

    def punch(self, times: int = 3) -> None:
        """So many people punch at the terminal, which remembers."""
        self._devices.punch(times)

    def card(self) -> None:
        """Somebody holds a card to the serial reader while the edge listens; nobody would remember it."""
        until(self._listens)
        time.sleep(STEADY_S)
        assert self._devices.present()

    def release_port(self) -> None:
        """Let the serial reader's port forget an edge that died."""
        self._devices.release_port()

    def settles(self, within_s: float = 90.0) -> int:
        """Wait until the ledger holds exactly what the devices hold; returns how many punches that is."""
        held, deadline = self._devices.held(), time.monotonic() + within_s
        while told := self._differences(held):
            assert time.monotonic() < deadline, f"after {within_s:g} s:\n{told}"
            time.sleep(0.5)
        return sum(map(len, held.values()))

    def ask(self, *verb: str) -> Any:
        """The JSON that the people's command answers."""
        return json.loads(self.machine.run("punchwire", *verb, "--json", user=USER))

    def unit(self, part: str, key: str) -> str:
        """A property of a daemon's unit, as `systemctl show` tells it."""
        return self.machine.run(
            "systemctl", "show", "--value", f"--property={key}", f"punchwire-{part}"
        ).strip()

    def await_state(self, part: str, state: str, *, besides: str = "") -> None:
        """Wait until a daemon's unit is in a state; with `besides`, with another main process than that."""
        gone = {besides, "0"} if besides else set()
        until(
            lambda: self.unit(part, "MainPID") not in gone and self.unit(part, "ActiveState") == state,
            within_s=60,
            every_s=0.1,
        )

    def configurations(self) -> list[str]:
        """What stands in both configurations and both password files."""
        return [
            self.machine.file(f"/etc/punchwire/{name}").read_text(encoding="utf-8")
            for name in ("central.toml", "edge.toml", "central.password", "edge.password")
        ]

    def signal(self, part: str, name: str) -> None:
        """Send a signal to a daemon's main process."""
        self.machine.run("sh", "-c", f"kill -{name} {self.unit(part, 'MainPID')}")

    def processes(self) -> str:
        """What runs as the service's user, a command line each."""
        number = self.machine.run("id", "-u", "punchwire").strip()
        ours = self.machine.run("find", "/proc", "-maxdepth", "1", "-uid", number, "-name", "[0-9]*").split()
        return "\n".join(self.machine.attempt("cat", f"{folder}/cmdline").stdout for folder in ours)

    def words(self, lines: int = 30) -> str:
        """The last lines of the logs of daemons and broker."""
        try:
            return self.machine.run(
                "journalctl",
                "--no-pager",
                f"-n{lines}",
                "-upunchwire-edge",
                "-upunchwire-central",
                "-umosquitto",
            )
        except CommandFailed as error:
            return str(error)

    def _configure_person(self) -> None:
        """Let the person at the console be anna at the broker."""
        home = self.machine.file(f"/home/{USER}/.config/punchwire")
        home.mkdir(parents=True)
        (home / "password").write_text(_ACCOUNTS["anna"] + "\n", encoding="utf-8")
        shutil.copy(self.machine.file("/etc/mosquitto/certs/ca.pem"), home / "ca.pem")
        folder = f"/home/{USER}/.config/punchwire"
        (home / "punchwire.toml").write_text(
            f'[broker]\nhost = "{BROKER}"\nport = {self._tls_port}\nuser = "anna"\n'
            f'password_file = "{folder}/password"\nca = "{folder}/ca.pem"\n',
            encoding="utf-8",
        )
        self.machine.run("chown", "-R", f"{USER}:", f"/home/{USER}/.config")

    def _listens(self) -> bool:
        pid = self.unit("edge", "MainPID")
        return SERIAL_DEVICE in self.machine.attempt("ls", "-l", f"/proc/{pid}/fd").stdout

    def _differences(self, held: dict[str, list[Held]]) -> str:
        """How the ledger differs from what the devices hold, or why it cannot be asked; "" if it does not."""
        today = datetime.now(UTC).date()
        span = (f"--from={today - timedelta(days=60)}", f"--to={today + timedelta(days=1)}")
        ledger: dict[str, list[Held]] = {}
        try:
            rows = self.ask("punches", *span)
        except CommandFailed as error:
            return str(error)
        for row in rows:
            shown = wall(row["wall"]) if row["reader"] == TERMINAL else ""
            ledger.setdefault(row["reader"], []).append((row["badge"], shown))
        return "\n".join(
            line for account in compare_all(held, ledger) if not account.equal for line in account.lines()
        )

    def _password(self, account: str, path: str) -> None:
        secret = _ACCOUNTS[account] + "\n"
        self.sudo("install", "-m", "0640", "-g", "punchwire", "/dev/stdin", path, given=secret)


_CERTIFICATES = """
cd /etc/mosquitto/certs
echo "subjectAltName=DNS:{name}" > names
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj "/CN=The authority" -days 2
openssl req -newkey rsa:2048 -nodes -keyout broker.key -out broker.csr -subj "/CN={name}"
openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names > broker.pem
"""


def _block(page: Path, start: str) -> str:
    """The fenced block of a page that begins so."""
    text = page.read_text(encoding="utf-8")
    found = re.search(rf"^```\n({re.escape(start)}.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"{page.name} has no block that begins with {start!r}"
    return found[1]
