"""install.sh update: a newer release beside the old one, and back again where it is not healthy."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import until

ROOT = Path(__file__).parent.parent
RELEASE = """\
#!/usr/bin/env bash
# Stands for the installation of a release: a folder of its own, the link, the unit.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$3/opt/punchwire/VERSION/venv/bin/punchwire-$1
mkdir -p "$(dirname "$program")"
printf '#!/bin/sh\\nexit WORKS\\n' >"$program"
chmod +x "$program"
ln -sfn VERSION "$3/opt/punchwire/current"
echo "# VERSION" >"$3/etc/systemd/system/punchwire-$1.service"
touch "$3/etc/systemd/system/punchwire-VERSION.timer"
touch "$3/arrived"
while [[ -e $3/hold ]]; do sleep 0.05; done
exit INSTALLS
"""


def git(folder: Path, *words: str) -> str:
    """Run git without anybody's settings."""
    env = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", *who, *words], check=True, capture_output=True, text=True, cwd=folder, env=env
    )
    return done.stdout.strip()


class Channel:
    """An origin with releases, a clone of it as on a Pi, and a root in which 0.1.0 is installed."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.clone, self.root = folder / "origin", folder / "clone", folder / "a root"
        self.heard: list[str] = []
        self.origin.mkdir()
        git(self.origin, "init", "-q")
        shutil.copytree(ROOT / "install", self.origin / "install")
        shutil.copy(ROOT / "install.sh", self.origin)
        self._tag("0.1.0", "0.1.0")
        git(folder, "clone", "-q", str(self.origin), str(self.clone))
        for place in ("opt/punchwire/0.1.0/venv/bin", "etc/systemd/system", "etc/udev/rules.d"):
            (self.root / place).mkdir(parents=True)
        (self.root / "opt/punchwire/current").symlink_to("0.1.0")
        self.unit.write_text("# 0.1.0\n")

    @property
    def unit(self) -> Path:
        """The unit that is installed."""
        return self.root / "etc/systemd/system/punchwire-edge.service"

    @property
    def current(self) -> str:
        """The version that is chosen, by its link and by its unit, which must agree."""
        chosen = str((self.root / "opt/punchwire/current").readlink())
        assert self.unit.read_text() == f"# {chosen}\n"
        return chosen

    @property
    def versions(self) -> set[str]:
        """The versions that are there."""
        return {path.name for path in (self.root / "opt/punchwire").iterdir()} - {"current"}

    @property
    def files(self) -> set[str]:
        """What stands below etc."""
        return {str(path.relative_to(self.root)) for path in (self.root / "etc").rglob("*")}

    def release(self, version: str, *, calls_itself: str = "", installs: int = 0, works: int = 0) -> None:
        """Publish a release; the numbers are the exit codes of its installation and of its program."""
        text = RELEASE.replace("VERSION", version).replace("INSTALLS", str(installs))
        (self.origin / "install.sh").write_text(text.replace("WORKS", str(works)))
        self._tag(version, calls_itself or version)

    def _tag(self, version: str, calls_itself: str) -> None:
        (self.origin / "pyproject.toml").write_text(f'[project]\nversion = "{calls_itself}"\n')
        git(self.origin, "add", "-A")
        git(self.origin, "commit", "-q", "-m", version)
        git(self.origin, "tag", f"v{version}")

    def update(self, *words: str) -> subprocess.CompletedProcess[str]:
        """What somebody types on the Pi."""
        return subprocess.run(
            self._command(*words),
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )

    @contextmanager
    def held(self) -> Iterator[subprocess.Popen[str]]:
        """An update that has just installed the release, and goes on behind this; what it says is `heard`."""
        hold = self.root / "hold"
        hold.touch()
        with subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as update:
            try:
                until((self.root / "arrived").exists)
                yield update
            finally:
                hold.unlink()
            assert update.stderr is not None
            self.heard = [] if update.stderr.closed else update.stderr.readlines()
            update.wait(60)

    def _command(self, *words: str) -> list[str]:
        return [str(self.clone / "install.sh"), "update", *words, "--root", str(self.root)]


@pytest.fixture
def channel(tmp_path: Path) -> Channel:
    return Channel(tmp_path)


def test_the_newest_release_is_installed_beside_the_old_one(channel: Channel) -> None:
    """Newest by number, not by text; the version before stays for the way back, the checkout follows."""
    for version in ("0.2.0", "0.10.0", "0.9.1"):
        channel.release(version)
    done = channel.update()
    assert (done.returncode, channel.current) == (0, "0.10.0")
    assert done.stderr.splitlines()[-1] == "==> punchwire 0.10.0 runs in place of 0.1.0"
    assert channel.versions == {"0.10.0", "0.1.0"}
    assert git(channel.clone, "describe", "--tags") == "v0.10.0"


def test_where_nothing_is_newer_nothing_is_done(channel: Channel) -> None:
    """A timer may ask as often as it likes."""
    done = channel.update()
    assert (done.returncode, channel.current) == (0, "0.1.0")
    assert done.stderr == "==> punchwire 0.1.0 is the newest release here; nothing was changed\n"


def test_a_release_can_be_named_also_an_older_one(channel: Channel) -> None:
    """Who names a release gets it; of all that were there, it and the one before are kept."""
    for version in ("0.2.0", "0.3.0"):
        channel.release(version)
    script = (channel.clone / "install.sh").read_bytes()
    for version in ("0.2.0", "0.3.0", "0.2.0"):
        (channel.clone / "install.sh").write_bytes(script)
        done = channel.update("--to", f"v{version}")
        assert (done.returncode, channel.current) == (0, version), done.stderr
    assert channel.versions == {"0.2.0", "0.3.0"}


@pytest.mark.parametrize("fault", ["installs", "works"])
def test_a_release_that_fails_is_taken_back(channel: Channel, fault: str) -> None:
    """Whether it cannot be installed or does not work: the version before is back, nothing else is left."""
    channel.release("0.2.0", installs=3 if fault == "installs" else 0, works=3 if fault == "works" else 0)
    addition = channel.unit.with_name(f"{channel.unit.name}.d") / "ours.conf"
    addition.parent.mkdir()
    addition.write_text("[Service]\n")
    files = channel.files
    done = channel.update()
    assert (done.returncode, channel.current) == (1, "0.1.0")
    assert (channel.files, channel.versions) == (files, {"0.1.0"})
    assert done.stderr.splitlines()[-1] == "install.sh: punchwire 0.2.0 was not healthy; 0.1.0 is back"
    channel.release("0.2.1")
    assert (channel.update().returncode, channel.current) == (0, "0.2.1")


def test_an_update_that_is_broken_off_is_taken_back(channel: Channel) -> None:
    """Ctrl-C, or a shutdown: no release stays that nobody watched to the end."""
    channel.release("0.2.0")
    with channel.held() as update:
        update.terminate()
    assert (update.returncode, channel.current, channel.versions) == (1, "0.1.0", {"0.1.0"})
    assert channel.heard[-1] == "install.sh: punchwire 0.2.0 was broken off; 0.1.0 is back\n"


def test_a_lost_connection_does_not_stop_an_update(channel: Channel) -> None:
    """Who is logged in from afar finds it decided, though nobody heard the last line."""
    channel.release("0.2.0")
    with channel.held() as update:
        assert update.stderr is not None
        update.stderr.close()
        os.killpg(update.pid, signal.SIGHUP)
    assert (update.returncode, channel.current) == (0, "0.2.0")


def test_two_updates_do_not_meet(channel: Channel) -> None:
    """The timer's and a person's: the second says that one is under way, and touches nothing."""
    channel.release("0.2.0")
    with channel.held() as update:
        done = channel.update()
    assert (done.returncode, "under way" in done.stderr) == (75, True)
    assert (update.returncode, channel.current) == (0, "0.2.0")


def test_a_trial_release_comes_by_name_alone(channel: Channel) -> None:
    """What has letters in its number goes to nobody who did not ask; its release then comes to all."""
    channel.release("0.2.0rc1")
    assert (channel.update().returncode, channel.current) == (0, "0.1.0")
    assert (channel.update("--to", "v0.2.0rc1").returncode, channel.current) == (0, "0.2.0rc1")
    git(channel.clone, "checkout", "-q", "v0.1.0")
    channel.release("0.2.0")
    assert (channel.update().returncode, channel.current) == (0, "0.2.0")


def test_a_release_that_calls_itself_otherwise_is_not_touched(channel: Channel) -> None:
    """It would be installed over another version, and the way back would be gone."""
    channel.release("0.2.0", calls_itself="0.1.0")
    done = channel.update()
    assert (done.returncode, channel.current) == (69, "0.1.0")
    assert "v0.2.0" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("lack", ["origin", "tag", "clone", "service", "version"])
def test_what_is_missing_is_said_and_nothing_is_changed(channel: Channel, lack: str) -> None:
    """No network, no such release, no clone, nothing installed: status 69, and one line names it."""
    words: list[str] = []
    match lack:
        case "origin":
            channel.origin.rename(channel.origin.with_name("away"))
        case "tag":
            words = ["--to", "v9.9.9"]
        case "clone":
            shutil.rmtree(channel.clone / ".git")
        case "service":
            channel.unit.unlink()
        case _:
            (channel.root / "opt/punchwire/current").unlink()
    done = channel.update(*words)
    assert done.returncode == 69, done.stderr
    assert done.stderr.splitlines()[-1].startswith("install.sh: ")
    assert channel.versions == {"0.1.0"}


def test_a_checkout_in_which_somebody_works_stays_as_it_is(channel: Channel) -> None:
    """The release comes from the origin, never from changed files; those are kept, and that is said."""
    channel.release("0.2.0")
    script = channel.clone / "install.sh"
    script.write_text(script.read_text() + "\n# ours\n")
    done = channel.update()
    assert (done.returncode, channel.current) == (0, "0.2.0")
    assert "changes of its own" in done.stderr
    assert script.read_text().endswith("# ours\n")


STAND_IN = f"""
set -euo pipefail
say() {{ echo "$*"; }}
die() {{ shift; echo "$*"; exit 1; }}
source '{ROOT}/install/service.sh'
source '{ROOT}/install/update.sh'
systemd_runs() {{ true; }}
reload_rules() {{ true; }}
"""


def with_systemctl(script: str) -> list[str]:
    """What a piece of the script says, beside words that stand for systemctl's."""
    done = subprocess.run(
        ["bash", "-c", STAND_IN + script], check=False, capture_output=True, text=True, timeout=30
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("second", "healthy"), [("4711", True), ("4712", False), ("", False)])
def test_a_daemon_that_starts_again_while_it_is_watched_is_not_healthy(second: str, *, healthy: bool) -> None:
    """Up at the end is not enough: it must have been the same process all the time."""
    said = with_systemctl(f"""
        WATCH_S=2
        RUNNING=(edge)
        turn=$(mktemp)
        sleep() {{ echo slept >"$turn"; }}
        pid() {{ if [[ -s $turn ]]; then echo '{second}'; else echo 4711; fi; }}
        systemctl() {{
            if [[ $1 == show ]]; then pid; else [[ -n $(pid) ]]; fi
        }}
        if stay_up; then echo healthy; fi
        rm "$turn"
    """)
    assert said == (["healthy"] if healthy else [])


def test_what_was_off_is_not_started(tmp_path: Path) -> None:
    """A spare edge, or a daemon that waits for a person: it is updated, and stays as it is."""
    install = tmp_path / "release/install.sh"
    install.parent.mkdir()
    install.write_text('#!/bin/sh\necho "$@"\nexec test "$1" = central\n')
    install.chmod(0o755)
    said = with_systemctl(f"""
        systemctl() {{ [[ $* == *central ]]; }}
        ASIDE='{tmp_path}' PARTS=(central edge)
        note_running
        bring_up || true
    """)
    assert said == ["central", "edge --no-start"]


def test_where_the_version_before_does_not_start_either_that_is_said(tmp_path: Path) -> None:
    """The last line promises nothing that is not so."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "opt/punchwire").mkdir(parents=True)
    said = with_systemctl(f"""
        systemctl() {{ [[ $* != restart* ]]; }}
        ROOT='{tmp_path}' ASIDE=$(mktemp -d) RUNNING=(edge) BEFORE=0.1.0 VERSION=0.2.0
        mkdir -p "$ROOT/etc/systemd/system"
        touch "$ROOT/etc/systemd/system/punchwire-edge.service"
        set_aside
        take_back "was not healthy"
    """)
    assert said == [
        "punchwire-edge 0.1.0 does not start; see: journalctl -u punchwire-edge",
        "punchwire 0.2.0 was not healthy; 0.1.0 is back, but does not run",
    ]
