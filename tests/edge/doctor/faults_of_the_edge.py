"""Faults of the edge itself: its file, its folder, its disk, its outbox, its daemon."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch
from tests.edge.doctor.table import fault

EDGE = "edge"


@fault(EDGE, "settings-wrong", 'did you mean "state_dir"')
def word_misspelt_in_the_settings(branch: Branch, _: Authority) -> None:
    branch.edge["state_dri"] = branch.edge.pop("state_dir")


@fault(EDGE, "settings-wrong", "reader[1].baud")
def reader_with_a_wrong_key(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    branch.reader("serial-rfid", device="/dev/ttyUSB0", format="rdm6300", baud="fast")
    branch.arguments = []


@fault(EDGE, "settings-wrong", "ca.pem cannot be read")
def authority_file_that_is_gone(branch: Branch, _: Authority) -> None:
    branch.broker["ca"] = str(branch.folder / "ca.pem")


@fault(EDGE, "config-unsigned", "edge.toml.sig")
def settings_that_nobody_signed(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    (branch.folder / "config.pub").write_text("")


@fault(EDGE, "state-unwritable", "Not a directory")
def state_folder_that_cannot_be_written(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    (branch.folder / "file").write_text("")
    branch.edge["state_dir"] = str(branch.folder / "file")


@fault(EDGE, "disk-full", "MB are free, 1000000000 MB are wanted")
def disk_that_is_full(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    branch.outbox["min_free_mb"] = 10**9


@fault(EDGE, "outbox-corrupt", "not a database")
def outbox_that_is_no_database(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    _outbox(branch).write_bytes(b"\0" * 8192)


@fault(EDGE, "outbox-corrupt", "")
def outbox_with_a_damaged_page(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    path = _outbox(branch)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'facts'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 2048)
        file.write(b"\xff" * 2048)


@fault(EDGE, "outbox-outdated", "has schema 0")
def outbox_of_an_older_version(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    with closing(sqlite3.connect(_outbox(branch))) as db:
        db.execute("PRAGMA user_version = 0")


@fault(EDGE, "edge-stuck", "")
def daemon_that_hangs(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    branch.terminal()
    branch.arguments = []
    listener = branch.stack.enter_context(socket.socket(socket.AF_UNIX))
    patch = Path(str(branch.edge["state_dir"])) / "edge.sock"
    listener.bind(str(patch))
    listener.listen()


def _outbox(branch: Branch) -> Path:
    return Path(str(branch.edge["state_dir"])) / "outbox.db"
