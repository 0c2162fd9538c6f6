"""Punches that reach the ledger by another way: carried by hand, or read by a spare edge."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from demo.programs import Program
from demo.stage import SERIAL
from simulators.mosquitto import Mosquitto
from simulators.terminal.device import Terminal
from tests.central.program import Program as Central
from tests.journeys.site import Site
from tests.waiting import until

INDIA = ZoneInfo("Asia/Kolkata")


def test_a_branch_without_a_network_is_carried_to_the_centre_by_hand(site: Site) -> None:
    """Export and take bring everything while both daemons work; with the network again nothing is doubled."""
    site.settles()
    before = site.outbox()
    site.edge.start()
    site.network.cut()
    site.punches(30)
    site.punches(5, SERIAL)
    edge = ("punchwire-edge", "--config", str(site.folder / "edge.toml"))
    central = ("punchwire-central", "--config", str(site.folder / "central.toml"))
    log = site.folder / "carried.log"

    def waits() -> int:
        return len(Program("outbox", (*edge, "outbox", "--json", "--limit", "500"), log).run().splitlines())

    until(lambda: waits() >= site.held_count() - site.ledger_count(), every_s=0.5)
    stick = site.folder / "stick.jsonl"
    missing = site.held_count() - site.ledger_count()
    Program("export", (*edge, "outbox", "export", "--to", str(stick)), log).run()
    taken = json.loads(Program("take", (*central, "take", str(stick), "--json"), log).run())
    assert (taken["new"], taken["known"], taken["unread"]) == (missing, 0, 0)
    site.settles()
    site.network.restore()
    until(lambda: waits() == 0, every_s=0.5)
    site.punches(3)
    site.settles()
    assert site.outbox()["outbox"] == before["outbox"]
    site.edge.start()
    site.outbox_settles()
    assert site.ledger_count() == site.held_count()
    assert site.doubled_days() == 0


EDGE = """
[edge]
id = "{edge}"
state_dir = "{folder}"
[broker]
host = "127.0.0.1"
port = {port}
user = "{edge}"
password_file = "{password_file}"
[[reader]]
name = "front-gate"
kind = "zkteco"
address = "127.0.0.1"
port = {terminal}
poll_s = 1
"""


@contextmanager
def at_work(folder: Path, edge: str, broker: Mosquitto, terminal: Terminal) -> Iterator[None]:
    """An edge that reads the terminal for as long as the block runs, and is then switched off."""
    state = folder / edge
    state.mkdir(exist_ok=True)
    config = state / "edge.toml"
    config.write_text(
        EDGE.format(
            edge=edge,
            folder=state,
            port=broker.port,
            password_file=broker.password_file(edge),
            terminal=terminal.port,
        )
    )
    program = Program(edge, ("punchwire-edge", "--config", str(config), "run"), state / "log")
    program.start()
    try:
        yield
    finally:
        program.kill()


def test_a_spare_edge_goes_on_where_the_first_one_failed(tmp_path: Path, broker: Mosquitto) -> None:
    """It reads the same terminal under its own name; the ledger holds each punch once, whoever read it."""
    database = tmp_path / "ledger.db"
    central = Central(tmp_path, broker, str(database))
    terminal = Terminal(users=20, log=60, now=lambda: datetime.now(INDIA).replace(tzinfo=None))

    def landed() -> Counter[tuple[str, str]]:
        with closing(sqlite3.connect(database, timeout=10)) as db:
            query = "SELECT badge_raw, strftime('%Y-%m-%dT%H:%M:%S', device_wall_us / 1000000, 'unixepoch')"
            return Counter(db.execute(f"{query} FROM punches").fetchall())

    def equal() -> bool:
        try:
            return landed() == Counter((it.user_id, it.wall) for it in terminal.log)
        except sqlite3.OperationalError:
            return False

    terminal.start()
    central.start()
    try:
        with at_work(tmp_path, "pune-01", broker, terminal):
            until(equal)
        for _ in range(5):
            terminal.punch()
        with at_work(tmp_path, "surat-02", broker, terminal):
            until(equal)
        for _ in range(3):
            terminal.punch()
        with at_work(tmp_path, "pune-01", broker, terminal):
            until(equal)
        assert sum(landed().values()) == 68
        with closing(sqlite3.connect(database)) as db:
            by_edge = dict(db.execute("SELECT edge, count(*) FROM punches GROUP BY edge").fetchall())
        assert by_edge == {"pune-01": 63, "surat-02": 5}
    finally:
        central.kill()
        terminal.stop()
