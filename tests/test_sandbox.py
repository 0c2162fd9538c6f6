"""The sandbox of the units: how little it leaves open by systemd's own measure, and that it leaves enough."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto
from tests.waiting import until

ROOT = Path(__file__).parent.parent
EXPOSURE = {
    "punchwire-central-backup.service": 1.0,
    "punchwire-central.service": 1.7,
    "punchwire-edge.service": 2.3,
}
"""By `systemd-analyze security` of systemd 252, from 0 (nothing is open) to 10; the runbook has them, too."""
GROUPS = {"edge": ("@system-service", "@clock"), "central": ("@system-service",)}
EDGE = """
[edge]
id = "pune-01"
state_dir = "{folder}"
[[reader]]
name = "front-gate"
kind = "zkteco"
address = "127.0.0.1"
port = 9
"""
CENTRAL = """
[central]
timezone = "Asia/Kolkata"
database = "{folder}/ledger.db"
"""
BROKER = """
[broker]
host = "localhost"
port = {port}
user = "{user}"
password_file = "{password}"
"""


def test_every_service_has_its_limit() -> None:
    """A unit that is added is measured, too; the runbook tells the figures that the tests hold."""
    assert {path.name for path in (ROOT / "systemd").glob("*.service")} == set(EXPOSURE)
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    for name, exposure in EXPOSURE.items():
        assert f"`{name}` {exposure}" in runbook


@pytest.mark.parametrize("name", sorted(EXPOSURE))
def test_no_unit_leaves_more_open_than_it_needs(name: str) -> None:
    """Whoever takes a line of the sandbox away sees systemd's own measure rise."""
    limit = f"--threshold={EXPOSURE[name] * 10:.0f}"
    words = ["systemd-analyze", "security", "--offline=true", "--no-pager", limit, f"{ROOT}/systemd/{name}"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def allowed(group: str) -> set[str]:
    """The system calls of a group of systemd's, with those of the groups in it."""
    words = ["systemd-analyze", "syscall-filter", "--no-pager", group]
    told = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout
    names = [line.strip() for line in told.splitlines()[1:] if line.startswith("    ")]
    inside = [allowed(name) for name in names if name.startswith("@")]
    return {name for name in names if name[0] not in "@#"}.union(*inside)


@pytest.mark.parametrize("part", sorted(GROUPS))
def test_a_daemon_makes_no_system_call_that_its_unit_forbids(
    part: str, broker: Mosquitto, tmp_path: Path
) -> None:
    """From its start through a login at the broker to a clean stop it stays within the filter of its unit."""
    groups = GROUPS[part]
    unit = (ROOT / f"systemd/punchwire-{part}.service").read_text(encoding="utf-8")
    assert f"\nSystemCallFilter={' '.join(groups)}\n" in unit
    user = "pune-01" if part == "edge" else "central"
    config, trace, log = tmp_path / f"{part}.toml", tmp_path / "trace", tmp_path / "log"
    head = (EDGE if part == "edge" else CENTRAL).format(folder=tmp_path)
    login = BROKER.format(port=broker.port, user=user, password=broker.password_file(user))
    config.write_text(head + login, encoding="utf-8")
    program = [str(Path(sys.executable).with_name(f"punchwire-{part}")), "--config", str(config), "run"]
    with log.open("wb") as words:
        process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", str(trace), *program], stderr=words, start_new_session=True
        )
        try:
            until(lambda: "broker_connected" in log.read_text(), 120)
            os.kill(int(trace.read_text().split()[0]), signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)
    made = set(
        re.findall(r"^\d+ +(?:<\.\.\. )?([a-z_0-9]+)[( ]", trace.read_text(errors="replace"), re.MULTILINE)
    )
    assert {"execve", "connect"} <= made
    assert made - {call for group in groups for call in allowed(group)} == set()
