"""Everything that one sequence of faults happens to: broker, networks, central, branch, terminal, witness."""

import random
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from central.crew import PATIENCE_S
from central.directory.employee import Credential, Employee
from central.ledger import custody, people
from central.ledger.database import Ledger, database_url
from ground.mqtt import BrokerOptions
from simulators.mosquitto import Mosquitto
from simulators.terminal.device import Terminal
from tests.edge.making import AT
from tests.torture.branch import EDGE, TERMINAL, Branch
from tests.torture.disk import Disk
from tests.torture.faultline import Faultline
from tests.torture.units import Keeper, Unit, copy_database
from tests.torture.witness import Witness

USERS, LOG = 40, 150
ZONE = ZoneInfo("Asia/Kolkata")
_CENTRAL = """
[central]
timezone = "{zone}"
database = "{ledger}"

[broker]
host = "127.0.0.1"
port = {port}
user = "central"
password_file = "{password_file}"
"""


def make_template(path: Path) -> Path:
    """A ledger that knows the people of the arena, to be copied for each of them."""
    ledger = Ledger(str(path))
    ledger.migrate(AT)
    everybody = [
        Employee(
            employee_id=f"E{number:04d}",
            name=f"Person {number}",
            status="Active",
            branch="Pune",
            credentials=frozenset({Credential("user-id", str(number), EDGE)}),
        )
        for number in range(1, USERS + 1)
    ]
    with ledger.write() as connection:
        people.save(connection, everybody, AT)
    ledger.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


class Arena:
    """One site. `build` starts it, `clear` ends all of it."""

    def __init__(self, folder: Path, template: Path, dice: random.Random, broker_extra: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.dice = dice
        self.central = Unit(
            "central",
            ("punchwire-central", "--config", str(folder / "central.toml"), "run"),
            folder / "central.log",
        )
        self.disk = Disk(folder / "centre", 16, self.central.limit_files)
        self.ledger = folder / "centre" / "ledger.db"
        shutil.copy(template, self.ledger)
        self.broker = Mosquitto(folder / "broker", {"central": "c", EDGE: "e"}, extra=broker_extra)
        target = ("127.0.0.1", self.broker.port)
        self.uplink = Faultline(target, random.Random(dice.random()))  # noqa: S311 - a schedule
        self.backbone = Faultline(target, random.Random(dice.random()))  # noqa: S311 - a schedule
        self.terminal = Terminal(users=USERS, log=LOG, now=_wall, transport="tcp")
        self.branch = Branch(folder / "branch")
        self.twins: list[Branch] = []
        self.witness = Witness(self._options("central"), self.ledger)
        self.keeper = Keeper()
        self.disturbed: list[float] = []
        """When central, its connection or the broker was disturbed."""

    def build(self) -> None:
        """Start everything, and wait until the terminal's log is at central."""
        self.broker.start()
        self.uplink.start()
        self.backbone.start()
        self.terminal.start()
        self.witness.start()
        self.branch.settle_in(self.uplink.port, self.broker.password_file(EDGE), self.terminal.port)
        (self.folder / "central.toml").write_text(
            _CENTRAL.format(
                zone=ZONE.key,
                ledger=self.ledger,
                port=self.backbone.port,
                password_file=self.broker.password_file("central"),
            ),
            encoding="utf-8",
        )
        self.central.start()
        self.branch.unit.start()
        self.keeper.units += [self.central, self.branch.unit]
        self.keeper.start()

    def clear(self) -> None:
        """End everything."""
        self.keeper.stop()
        for branch in (self.branch, *self.twins):
            branch.leave()
        self.central.kill()
        with suppress(Exception):
            self.witness.stop()
        self.terminal.stop()
        for line in (self.uplink, self.backbone):
            if line.port:
                line.stop()
        self.broker.kill()
        self.disk.unmount()

    def twin(self) -> Branch:
        """A Pi whose card is a copy of the branch's, with a card reader of its own."""
        twin = Branch(
            self.folder / f"twin-{len(self.twins) + 1}",
            f"twin-{len(self.twins) + 1}",
            seed=2 + len(self.twins),
        )
        copy_database(self.branch.outbox, twin.outbox)
        twin.settle_in(self.broker.port, self.broker.password_file(EDGE), self.terminal.port)
        self.twins.append(twin)
        self.keeper.units.append(twin.unit)
        return twin

    def wait_for_work(self, within_s: float = 15.0) -> bool:
        """Wait until the edge is connected and central at work; False if that takes too long."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            standing = self.branch.standing()
            if standing is not None and standing.online and self.witness.central_is_there:
                return True
            time.sleep(0.05)
        return False

    def punch(self, count: int) -> None:
        """So many people punch at the terminal."""
        for _ in range(count):
            self.terminal.punch()

    def press_twice(self) -> None:
        """Somebody punches and, not sure, at once again."""
        users = self.terminal.users
        for _ in range(2):
            self.terminal.punch(users[len(self.terminal.log) // 2 % len(users)].user_id)

    def disturb(self) -> None:
        """Note that what central says may come twice now."""
        self.disturbed.append(time.monotonic())

    def held(self) -> Counter[tuple[str, str]]:
        """What the terminal holds: user and wall time."""
        return Counter((record.user_id, record.wall) for record in self.terminal.log)

    def landed(self) -> Counter[tuple[str, str]]:
        """What the ledger holds of the terminal: user and wall time."""
        query = "SELECT badge_raw, device_wall_us FROM punches WHERE reader = ?"
        return Counter((badge, _iso(us)) for badge, us in self.rows(query, TERMINAL))

    def landed_cards(self) -> dict[str, str]:
        """The card punches in the ledger: id and card."""
        return {
            punch_id.hex(): raw
            for punch_id, raw in self.rows(
                "SELECT punch_id, badge_raw FROM punches WHERE reader <> ?", TERMINAL
            )
        }

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query finds in the ledger's file; nothing while it cannot be read."""
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.ledger, timeout=10)) as db:
            return db.execute(query, values).fetchall()
        return []

    def back_up(self) -> Path:
        """Copy the ledger while central works, as the verb does."""
        copy = self.folder / "backup.db"
        custody.back_up(database_url(str(self.ledger)), copy)
        return copy

    def restore(self, copy: Path) -> None:
        """Put a copy in the ledger's place as the verb does, while central does not run."""
        with self.witness.looking_away():
            custody.restore(database_url(str(self.ledger)), copy, PATIENCE_S)

    def _options(self, user: str) -> BrokerOptions:
        return BrokerOptions(
            host="127.0.0.1", port=self.broker.port, user=user, password_file=self.broker.password_file(user)
        )


def _wall() -> datetime:
    return datetime.now(ZONE).replace(tzinfo=None)


def _iso(micros: int) -> str:
    return (datetime(1970, 1, 1) + timedelta(microseconds=micros)).isoformat()  # noqa: DTZ001 - a wall time
