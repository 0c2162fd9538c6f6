"""The origin of the checkout there, and releases of it, good and broken: each a commit with a tag."""

import re
from collections.abc import Mapping

from tests.booted.machine import Machine
from tests.booted.site import CLONE, USER

ORIGIN, DESK = "/var/cache/origin.git", "/var/cache/desk"
_GIT = ("git", "-c", "user.name=Asha", "-c", "user.email=asha@example.org", "-c", "init.defaultBranch=main")
_VERSION = re.compile(r'^version = "(.*)"$', re.MULTILINE)

FURTHER = {
    "edge/buffer/migrations.py": """

@migrate()
def tried_at_version_NUMBER(db: Database) -> None:
    db.execute("ALTER TABLE facts ADD COLUMN tried_NUMBER INTEGER NOT NULL DEFAULT 1")
""",
    "central/ledger/steps/rows.py": """
ROWS.append(
    Step("9NUMBER-tried", ("ALTER TABLE punch_rows ADD COLUMN tried_NUMBER INTEGER NOT NULL DEFAULT 1",))
)
""",
}
"""What a version brings that takes outbox and ledger a step further."""

FALLS = {
    "edge/daemon.py": """

def _falls(self: Daemon, notify: Callable[[str], None]) -> int:
    import os, threading

    threading.Timer(3, os._exit, [3]).start()
    return _runs(self, notify)


_runs, Daemon.run = Daemon.run, _falls
"""
}
"""An edge that starts as it should, and ends three seconds later."""

FAILS = {
    "central/service.py": """

def _fails(self: Service, notify: Callable[[str], None]) -> int:
    self._ledger.migrate(datetime.now(UTC))
    raise SystemExit("this release cannot work")


Service.run = _fails
"""
}
"""A central that brings its ledger forward, and ends."""

REFUSES = {
    "edge/config.py": """

def load(path: Path) -> Config:
    raise SettingsError([f"{path}: this release wants a key more"])
"""
}
"""An edge that does not take the configuration which the version before took."""


def open_origin(machine: Machine) -> None:
    """Make the checkout a clone of an origin; what it holds is the first release."""
    _git(machine, CLONE, "init", "--quiet")
    _git(machine, CLONE, "add", "--all")
    _git(machine, CLONE, "commit", "--quiet", "--message=The first release")
    _git(machine, CLONE, "tag", f"v{_version(machine, CLONE)}")
    machine.run("install", "-d", f"--owner={USER}", ORIGIN, DESK)
    _git(machine, "/", "clone", "--quiet", "--bare", CLONE, ORIGIN)
    _git(machine, "/", "clone", "--quiet", ORIGIN, DESK)
    _git(machine, CLONE, "remote", "add", "origin", ORIGIN)


def publish(machine: Machine, *changes: Mapping[str, str], on: str) -> str:
    """Publish the newest release: what `on` is, with more at the end of some files. Returns its version."""
    number = len(_git(machine, DESK, "tag").split())
    _git(machine, DESK, "checkout", "--quiet", "--detach", f"v{on}")
    for path, more in (item for change in changes for item in change.items()):
        with machine.file(f"{DESK}/{path}").open("a", encoding="utf-8") as file:
            file.write(more.replace("NUMBER", str(number)))
    major, minor, *_ = _version(machine, CLONE).split(".")
    version = f"{major}.{int(minor) + number}.0"
    project = machine.file(f"{DESK}/pyproject.toml")
    text = project.read_text(encoding="utf-8")
    project.write_text(_VERSION.sub(f'version = "{version}"', text, count=1), encoding="utf-8")
    _git(machine, DESK, "commit", "--quiet", "--all", f"--message=Release {version}")
    _git(machine, DESK, "tag", f"v{version}")
    _git(machine, DESK, "push", "--quiet", "origin", f"v{version}")
    return version


def _version(machine: Machine, folder: str) -> str:
    found = _VERSION.search(machine.file(f"{folder}/pyproject.toml").read_text(encoding="utf-8"))
    assert found is not None
    return found[1]


def _git(machine: Machine, folder: str, *words: str) -> str:
    return machine.run(*_GIT, *words, user=USER, folder=folder)
