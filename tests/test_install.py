"""install.sh and the units: what they promise to a person at a console, tried in a folder of their own."""

import configparser
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from central.cli import EX_DATAERR
from edge.cli import EX_CONFIG

ROOT = Path(__file__).parent.parent
SCRIPT = str(ROOT / "install.sh")
DAEMONS = [ROOT / "systemd" / f"punchwire-{part}.service" for part in ("central", "edge")]
UNITS = sorted(path for path in (ROOT / "systemd").iterdir() if path.suffix in (".service", ".timer"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal, as continuous integration does."""
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=400,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )


def unit(path: Path) -> dict[str, dict[str, str]]:
    """The sections of a unit; none of ours repeats a key."""
    parser = configparser.RawConfigParser(strict=True, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign] # systemd's keys have capitals
    parser.read(path, encoding="utf-8")
    return {name: dict(section) for name, section in parser.items()}


def tree(folder: Path) -> set[str]:
    """What stands in a folder, deep environments left out."""
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if "venv" not in path.parts[:-1]}
    return {path for path in found if "/venv/" not in path}


def test_alone_it_prints_its_verbs() -> None:
    """Somebody who types ./install.sh to see what happens sees what could."""
    done = run(SCRIPT)
    assert done.returncode == 0
    assert done.stderr == ""
    for verb in ("demo", "test", "edge", "central", "update", "uninstall"):
        assert f"\n  {verb}" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["deploy"],
        ["edge", "--rooot"],
        ["edge", "--purge"],
        ["edge", "--root"],
        ["update", "--to", "1.2"],
        ["update", "--no-start"],
        ["uninstall", "--no-start"],
    ],
)
def test_a_mistyped_word_is_named_and_nothing_happens(arguments: list[str]) -> None:
    """A wrong verb or option ends with one line that quotes it, before anything is touched."""
    done = run(SCRIPT, *arguments)
    assert done.returncode == 64
    assert arguments[-1] in done.stderr.splitlines()[-1]


def test_the_scripts_are_clean() -> None:
    """Quoting mistakes never wait for a path with a blank."""
    done = run("shellcheck", "--external-sources", SCRIPT, str(ROOT / ".ci/run"))
    assert done.stdout + done.stderr == ""


def test_a_package_that_nobody_may_install_is_named() -> None:
    """Without root and without sudo the missing packages stand in the last line, ready to be copied."""
    script = f"""
        set -euo pipefail
        say() {{ echo "$*"; }}
        die() {{ shift; printf '%s\\n' "$@"; exit 69; }}
        source '{ROOT}/install/packages.sh'
        is_root() {{ false; }}
        PATH=/nowhere
        need mosquitto false
        need strace true
        need postgresql false
        install_missing
    """
    done = run("/usr/bin/bash", "-c", script)
    assert done.returncode == 69
    assert done.stdout.splitlines() == [
        "missing packages: mosquitto postgresql",
        "as root, run: apt-get install mosquitto postgresql",
    ]


def test_a_machine_that_cannot_boot_another_says_so_in_one_line() -> None:
    """Without the programs for it, the trial on a booted machine names them and their packages."""
    done = run(sys.executable, "-m", "tests.booted", "daemons", PATH="/nowhere", PYTHONPATH=str(ROOT))
    assert done.returncode == 69
    (line,) = done.stderr.splitlines()
    assert "systemd-nspawn" in line
    assert "apt-get install systemd-container mmdebstrap" in line


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_the_units(path: Path, tmp_path: Path) -> None:
    """Every key and value of a unit means something to systemd."""
    for other in UNITS:
        text = re.sub("(?m)^ExecStart=[^ ]+", "ExecStart=/bin/true", other.read_text(encoding="utf-8"))
        (tmp_path / other.name).write_text(text, encoding="utf-8")
    done = run("systemd-analyze", "verify", "--man=no", str(tmp_path / path.name))
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("path", DAEMONS, ids=lambda path: path.name)
def test_a_daemon_comes_back_from_everything_that_mends_itself(path: Path) -> None:
    """Crashes, hangs and kills end in a restart; mistakes and a damaged ledger wait for a person."""
    sections = unit(path)
    assert sections["Service"]["Restart"] == "always"
    final = [str(EX_CONFIG)] if path.name == "punchwire-edge.service" else [str(EX_DATAERR), str(EX_CONFIG)]
    assert sections["Service"]["RestartPreventExitStatus"].split() == final
    assert sections["Unit"]["StartLimitIntervalSec"] == "0"
    assert sections["Service"]["User"] == "punchwire"
    assert sections["Install"]["WantedBy"] == "multi-user.target"


def test_a_large_ledger_has_time_to_come_forward() -> None:
    """An upgrade whose first start takes long is not ended in the middle, to begin again for ever."""
    sections = unit(ROOT / "systemd/punchwire-central.service")
    assert sections["Service"]["Type"] == "notify"
    done = run("systemd-analyze", "timespan", sections["Service"]["TimeoutStartSec"])
    (limit_us,) = re.findall(r"\bμ?u?s: (\d+)", done.stdout)
    assert int(limit_us) >= 30 * 60 * 1_000_000


def test_a_service_can_be_installed_twice_and_removed_without_its_data(tmp_path: Path) -> None:
    """Installing again keeps what was edited or disabled; removing keeps configuration and punches."""
    root = tmp_path / "a root"
    for part in ("edge", "central"):
        done = run(SCRIPT, part, "--root", str(root))
        assert done.returncode == 0, done.stderr
        assert "still the example" in done.stderr
    assert (root / "etc/systemd/system/timers.target.wants/punchwire-central-backup.timer").is_symlink()
    config = root / "etc/punchwire/edge.toml"
    config.write_text(config.read_text(encoding="utf-8") + "\n# ours\n", encoding="utf-8")
    (root / "var/lib/punchwire/edge/outbox.db").write_text("punches")
    (root / "etc/systemd/system/multi-user.target.wants/punchwire-edge.service").unlink()
    once = tree(root)
    assert (root / "opt/punchwire/current").readlink() == Path(VERSION)
    assert run(SCRIPT, "edge", "--root", str(root)).returncode == 0
    assert tree(root) == once
    assert config.read_text(encoding="utf-8").endswith("# ours\n")
    assert run(str(root / "opt/punchwire/current/venv/bin/punchwire-edge"), "--help").returncode == 0

    assert run(SCRIPT, "uninstall", "--root", str(root)).returncode == 0
    files = {path for path in tree(root) if (root / path).is_file() or (root / path).is_symlink()}
    assert files == {
        "etc/punchwire/edge.toml",
        "etc/punchwire/central.toml",
        "var/lib/punchwire/edge/outbox.db",
    }
    assert run(SCRIPT, "uninstall", "--purge", "--root", str(root)).returncode == 0
    assert [path for path in tree(root) if not (root / path).is_dir()] == []
