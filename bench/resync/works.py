"""The site of the bench: a broker, central, and branches with a terminal each, all as programs."""

import secrets
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from admin.asking import outcome
from admin.client import Client
from bench.resync.company import employee_id, found
from central.ledger.database import Ledger
from central.ledger.workdays import marks
from demo.programs import Program
from demo.relay import Relay
from ground.mqtt import BrokerOptions
from simulators.mosquitto import Mosquitto
from wire.facts import Span
from wire.people import OrgFilter
from wire.resync import ResyncProgress, ResyncRequest

ZONE = ZoneInfo("Asia/Kolkata")
PERSON = "anna"
LIVE = "live-01"
"""An edge that is not asked; its account is for whoever punches meanwhile."""
EVERYBODY = OrgFilter()
_PATIENCE_S = 3600.0
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
database = "{ledger}"
log_level = "warning"
[resync]
daily = ""
"""
# Accounts of closed days are another traffic: here they would be mistaken for the resync's.
_EDGE = """
[edge]
id = "{edge}"
state_dir = "{folder}"
log_level = "warning"
[account]
quiet_s = 86400
[[reader]]
name = "gate"
kind = "zkteco"
address = "127.0.0.1"
port = {terminal}
max_records = 1_000_000
"""


class Works:
    """Branches whose terminals hold `punches` of `employees` together. Built idle; `running` starts it."""

    def __init__(self, folder: Path, branches: int, employees: int, punches: int) -> None:
        folder.mkdir()
        self._folder = folder
        self._each = employees // branches
        self._log = punches // branches
        self.employees = self._each * branches
        self.punches = self._log * branches
        self._edges = [f"branch-{number:02}" for number in range(1, branches + 1)]
        accounts = {name: secrets.token_hex(8) for name in ("central", PERSON, LIVE, *self._edges)}
        self._broker = Mosquitto(folder / "broker", accounts)
        self._network = Relay(("127.0.0.1", self._broker.port))
        config = folder / "central.toml"
        self._central = self._program("central", "punchwire-central", "--config", str(config), "run")
        self._terminals = [self._terminal(number) for number in range(branches)]
        self._daemons: list[Program] = []

    @contextmanager
    def running(self) -> Iterator["Works"]:
        """Start everything but the edges, which `open_branches` starts; end all of it afterwards."""
        self._broker.start()
        try:
            self._network.start()
            self._write("central.toml", _CENTRAL.format(zone=ZONE.key, ledger=self._ledger), "central")
            self._found()
            self._central.start()
            for terminal in self._terminals:
                terminal.start(talk=True)
            yield self
        finally:
            for program in (*self._daemons, *self._terminals, self._central):
                program.kill()
            self._network.stop()
            self._broker.stop()

    def open_branches(self) -> None:
        """Start the edges, which read their terminals and send what they find."""
        for edge, terminal in zip(self._edges, self._terminals, strict=True):
            folder = self._folder / edge
            folder.mkdir()
            text = _EDGE.format(edge=edge, folder=folder, terminal=terminal.hear()["port"])
            config = self._write(f"{edge}.toml", text, edge)
            daemon = self._program(edge, "punchwire-edge", "--config", str(config), "run")
            daemon.start()
            self._daemons.append(daemon)

    def wait_for_punches(self) -> None:
        """Return once the ledger holds every punch."""
        _wait(lambda: self._count("punches") >= self.punches)

    def wait_for_days(self) -> None:
        """Return once every workday is computed."""
        _wait(lambda: self._count("day_marks") == 0)

    def wait_for_settled(self) -> None:
        """Return once nothing travels any more but what a site at rest says."""
        carried = -1
        while self.carried != carried:
            carried = self.carried
            time.sleep(2.0)

    @property
    def carried(self) -> int:
        """Bytes between the branches and the broker so far, both ways."""
        return self._network.carried

    def lose(self, one_in: int, days: int) -> int:
        """Let the ledger lose the last days of every so manieth employee; returns how many punches went."""
        self._central.stop()
        numbers = range(1, self._each + 1, one_in)
        since = datetime.combine(_first(days), datetime.min.time(), UTC)
        with closing(sqlite3.connect(self._ledger)) as db, db:
            gone = sum(
                db.execute(
                    "DELETE FROM punch_rows WHERE badge_raw = ? AND device_wall_us >= ?",
                    (str(number), int(since.timestamp()) * 1_000_000),
                ).rowcount
                for number in numbers
            )
        ledger = Ledger(str(self._ledger))
        with ledger.write() as connection:
            marks.mark_whole(
                connection, [employee_id(edge, number) for edge in self._edges for number in numbers]
            )
        ledger.close()
        self._central.start()
        self.wait_for_days()
        return gone

    def resync(
        self, name: str, days: int, people_: OrgFilter = EVERYBODY, *, dry_run: bool = False
    ) -> tuple[float, ResyncProgress]:
        """Resync people's last days, as the people's command does; seconds, and what it came to."""
        request = ResyncRequest(
            request_id=name,
            span=Span(first=_first(days), last=datetime.now(ZONE).date()),
            people=people_,
            dry_run=dry_run,
            reason="" if dry_run else "a bench",
            expires_in_s=int(_PATIENCE_S),
        )
        began = time.perf_counter()
        with Client(self.options(PERSON)).connected() as client:
            progress = outcome(client.ask("resync", request, _PATIENCE_S), ResyncProgress)
        return time.perf_counter() - began, progress

    @property
    def days(self) -> int:
        """How many days the terminals' logs reach back, today included."""
        with closing(sqlite3.connect(self._ledger, timeout=60)) as db:
            ((us,),) = db.execute("SELECT min(device_wall_us) FROM punches WHERE edge <> ?", (LIVE,))
        oldest = datetime.fromtimestamp(us / 1_000_000, UTC).date()
        return (datetime.now(ZONE).date() - oldest).days + 1

    def new_folder(self, name: str) -> Path:
        """An empty folder of this site."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))

    def options(self, user: str) -> BrokerOptions:
        """How a user connects to the broker."""
        return BrokerOptions(
            host="127.0.0.1",
            port=self._broker.port,
            user=user,
            password_file=self._broker.password_file(user),
        )

    @property
    def _ledger(self) -> Path:
        return self._folder / "ledger.db"

    def _found(self) -> None:
        """Make the ledger: everybody in the directory, one shift for all, and the person who asks."""
        found(self._ledger, self._folder / "shifts.toml", self._edges, self._each)
        role = ("user", "add", PERSON, "--role", "administrator")
        self._program(
            "user", "punchwire-central", "--config", str(self._folder / "central.toml"), *role
        ).run()

    def _terminal(self, number: int) -> Program:
        """A terminal of a serial number of its own: punches of two terminals are two punches."""
        words = (f"--users={self._each}", f"--log={self._log}", f"--seed={number}", f"--zone={ZONE.key}")
        own = (f"--serial=BENCH{number:04}", f"--capacity={2 * self._log}", "--port=0")
        return self._program(f"terminal-{number}", "punchwire-simulate", "terminal", *words, *own)

    def _write(self, name: str, head: str, user: str) -> Path:
        port = self._broker.port if user == "central" else self._network.port
        password_file = self._broker.password_file(user)
        path = self._folder / name
        path.write_text(head + _BROKER.format(port=port, user=user, password_file=password_file), "utf-8")
        return path

    def _program(self, name: str, *arguments: str) -> Program:
        return Program(name, arguments, self._folder / f"{name}.log")

    def _count(self, table: str) -> int:
        with closing(sqlite3.connect(self._ledger, timeout=60)) as db:
            ((count,),) = db.execute(f"SELECT count(*) FROM {table}")
        return int(count)


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the site does not come to rest")
        time.sleep(0.5)


def _first(days: int) -> date:
    return datetime.now(ZONE).date() - timedelta(days=days - 1)
