"""What installing again, updating, going back and removing promise where the daemons are at work."""

import subprocess
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.booted.machine import CommandFailed
from tests.booted.releases import FAILS, FALLS, FURTHER, REFUSES, open_origin, publish
from tests.booted.site import CLONE, INSTALL_S, PARTS, USER, Site
from tests.booted.traces import Traces

WATCH_S = 8
"""In place of update's 90 s; long enough for a daemon that ends three seconds after its start."""
BACKUP = "punchwire-central-backup.timer"


def a_second_installation_changes_nothing(site: Site) -> str:
    """Installing again keeps configuration, files and punches; the daemons run on in the same version."""
    before, config = Traces(site.machine.root), site.configurations()
    for part in PARTS:
        site.sudo("./install.sh", part, within_s=INSTALL_S)
        assert site.unit(part, "ActiveState") == "active"
    assert site.configurations() == config
    assert Traces(site.machine.root).beyond(before) == []
    site.punch()
    site.card()
    return f"{site.settles()} punches"


def where_nothing_is_newer_nothing_is_done(site: Site) -> str:
    """In a clone of an origin, update says that nothing is newer, and leaves the daemons alone."""
    open_origin(site.machine)
    before, pids = _version(site), [site.unit(part, "MainPID") for part in PARTS]
    done = _update(site)
    assert (done.returncode, _last(done)) == (
        0,
        f"==> punchwire {before} is the newest release here; nothing was changed",
    ), done
    assert [site.unit(part, "MainPID") for part in PARTS] == pids
    site.settles()
    return ""


def an_update_brings_the_newest_release(site: Site) -> str:
    """A newer release runs in place of the one before, outbox and ledger brought forward, no punch lost."""
    before, books = _version(site), _books(site)
    publish(site.machine, on=before)
    newest = publish(site.machine, FURTHER, on=before)
    began = time.monotonic()
    done = _update(site)
    assert (done.returncode, _last(done)) == (0, f"==> punchwire {newest} runs in place of {before}"), done
    took = time.monotonic() - began
    assert _version(site) == newest
    site.card()
    count = site.settles()
    assert _books(site).stream == books.stream
    gained = _books(site).steps - books.steps
    assert len(gained) == 2, gained
    assert site.machine.run("git", "describe", "--tags", user=USER, folder=CLONE).strip() == f"v{newest}"
    return f"{took:.0f} s, {WATCH_S} of them of watching; {count} punches"


def a_release_that_falls_is_taken_back(site: Site) -> str:
    """A release whose edge ends while it is watched goes, for the centre, too; the one before works on."""
    return _is_taken_back(site, FALLS)


def a_release_that_cannot_start_is_taken_back(site: Site) -> str:
    """A release whose centre does not start goes, with the step that it took in the ledger still there."""
    return _is_taken_back(site, FAILS)


def a_release_that_refuses_the_configuration_is_taken_back(site: Site) -> str:
    """A release that does not take the branch's configuration goes, before it is in the edge's place."""
    return _is_taken_back(site, REFUSES)


def an_older_release_goes_on_and_what_was_stopped_stays_so(site: Site) -> str:
    """The release before works with newer outbox and ledger; a daemon and a timer that were off stay off."""
    before, books = _version(site), _books(site)
    older = min(path.name for path in site.machine.file("/opt/punchwire").glob("[0-9]*"))
    site.sudo("systemctl", "disable", "--now", "punchwire-edge", BACKUP)
    done = _update(site, "--to", f"v{older}")
    assert (done.returncode, _last(done)) == (0, f"==> punchwire {older} runs in place of {before}"), done
    off = site.machine.attempt("systemctl", "is-enabled", "punchwire-edge", BACKUP).stdout.split()
    assert off == ["disabled", "disabled"], off
    off = site.machine.attempt("systemctl", "is-active", "punchwire-edge", BACKUP).stdout.split()
    assert off == ["inactive", "inactive"], off
    site.sudo("systemctl", "enable", "--now", "punchwire-edge", BACKUP)
    assert _version(site) == older
    site.card()
    count = site.settles()
    assert _books(site) == books
    assert "ledger_newer" in site.machine.run("journalctl", "--no-pager", "-upunchwire-central", "-n50")
    return f"{older} after {before}, {count} punches"


def removal_keeps_what_is_ours(site: Site) -> str:
    """Uninstall takes the daemons away; installed again, they go on with the same outbox and ledger."""
    config = site.configurations()
    site.sudo("./install.sh", "uninstall")
    assert site.processes() == ""
    for part in PARTS:
        assert site.unit(part, "LoadState") == "not-found"
    try:
        site.machine.run("punchwire", "--help")
    except CommandFailed:
        pass
    else:
        raise AssertionError("the command punchwire is still there")
    assert site.configurations() == config
    site.sudo("./install.sh", "uninstall")
    site.punch()
    for part in PARTS:
        site.sudo("./install.sh", part, within_s=INSTALL_S)
    site.card()
    return f"{site.settles()} punches"


def a_purge_leaves_no_trace(site: Site) -> str:
    """Uninstall --purge leaves neither file nor user nor group, packages of Debian aside."""
    site.sudo("./install.sh", "uninstall", "--purge")
    left = Traces(site.machine.root).beyond(site.traces)
    assert left == [], left
    for file in ("passwd", "group", "shadow", "gshadow"):
        assert "punchwire" not in site.machine.file(f"/etc/{file}").read_text(encoding="utf-8")
    failed = site.machine.run("systemctl", "--failed", "--plain", "--no-legend")
    assert failed == "", failed
    return ""


PROMISES: tuple[Callable[[Site], str], ...] = (
    a_second_installation_changes_nothing,
    where_nothing_is_newer_nothing_is_done,
    an_update_brings_the_newest_release,
    a_release_that_falls_is_taken_back,
    a_release_that_cannot_start_is_taken_back,
    a_release_that_refuses_the_configuration_is_taken_back,
    an_older_release_goes_on_and_what_was_stopped_stays_so,
    removal_keeps_what_is_ours,
    a_purge_leaves_no_trace,
)


def _is_taken_back(site: Site, *faults: Mapping[str, str]) -> str:
    before, books = _version(site), _books(site)
    broken = publish(site.machine, FURTHER, *faults, on=before)
    began = time.monotonic()
    done = _update(site)
    assert (done.returncode, _last(done)) == (
        1,
        f"install.sh: punchwire {broken} was not healthy; {before} is back",
    ), done
    took = time.monotonic() - began
    assert _version(site) == before
    assert not site.machine.file(f"/opt/punchwire/{broken}").exists()
    for part in PARTS:
        assert site.unit(part, "ActiveState") == "active", site.words()
    site.card()
    count = site.settles()
    after = _books(site)
    assert after.stream == books.stream
    assert after.steps > books.steps, after
    return f"{took:.0f} s, {count} punches"


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return done.stderr.splitlines()[-1]


def _version(site: Site) -> str:
    """The version that every process of the daemons runs, by the files that it has open."""
    folders = "cat /proc/[0-9]*/maps 2>/dev/null | grep -o '/opt/punchwire/[^/]*/venv' | sort -u"
    found = site.machine.run("sh", "-c", folders).split()
    assert len(found) == 1, found
    chosen = site.machine.file("/opt/punchwire/current").readlink().name
    assert found == [f"/opt/punchwire/{chosen}/venv"], (found, chosen)
    return chosen


def _update(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    """Update as the runbook says, while people go on punching."""
    command = ("sudo", f"PUNCHWIRE_WATCH_S={WATCH_S}", "./install.sh", "update", *words)
    with ThreadPoolExecutor(1) as person:
        done = person.submit(site.machine.attempt, *command, user=USER, folder=CLONE, within_s=INSTALL_S)
        while not done.done():
            site.punch(1)
            time.sleep(0.5)
    site.release_port()
    return done.result()


@dataclass(frozen=True)
class _Books:
    """Which stream the outbox is, and the steps that it and the ledger have seen."""

    stream: str
    steps: frozenset[str]


def _books(site: Site) -> _Books:
    """Read both files, which must be sound."""
    outbox, ledger = "/var/lib/punchwire/edge/outbox.db", "/var/lib/punchwire/central/ledger.db"
    for path in (outbox, ledger):
        assert _rows(site, path, "PRAGMA quick_check") == ["ok"], path
    (stream,) = _rows(site, outbox, "SELECT outbox_id FROM stream")
    steps = _rows(site, outbox, "SELECT name FROM _sqlite_migrations")
    return _Books(stream, frozenset([*steps, *_rows(site, ledger, "SELECT name FROM migrations")]))


def _rows(site: Site, path: str, query: str) -> list[str]:
    read = "import sqlite3, sys; print(*(it[0] for it in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])))"
    return site.sudo("-u", "punchwire", "python3", "-c", read, path, query).split()
