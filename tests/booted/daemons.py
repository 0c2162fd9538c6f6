"""What the daemons promise, installed by `sudo ./install.sh`, under a systemd that really booted."""

import json
import re
import time
from collections.abc import Callable

from tests.booted import changes
from tests.booted.devices import SERIAL, TERMINAL
from tests.booted.site import CLONE, INSTALL_S, PARTS, USER, Site
from tests.booted.traces import Traces
from tests.waiting import until

STOP_S = 2.0
WATCHDOG_S = 12
OPEN_AT_MOST = 3.0
"""Exposure of a running unit; the exact figures, without a running systemd, are in tests/test_sandbox.py."""
"""In place of the unit's minute, so that a hang is seen while one waits; the daemons feed it every 5 s."""


def nobody_installs_without_rights(site: Site) -> str:
    """Without sudo nothing is installed, and the line to type is told."""
    for verb in (*PARTS, "update", "uninstall"):
        done = site.machine.attempt("./install.sh", verb, user=USER, folder=CLONE)
        assert done.returncode == 77, done
        assert f"sudo ./install.sh {verb}" in done.stderr, done.stderr
    return ""


def an_example_is_not_started(site: Site) -> str:
    """Both daemons are installed and enabled by one command each; the example configurations wait."""
    site.traces = Traces(site.machine.root)
    began = time.monotonic()
    for part in PARTS:
        done = site.machine.attempt("sudo", "./install.sh", part, user=USER, folder=CLONE, within_s=INSTALL_S)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "still the example" in done.stderr, done.stderr
        assert site.machine.run("systemctl", "is-enabled", f"punchwire-{part}").strip() == "enabled"
        assert site.unit(part, "ActiveState") == "inactive"
    return f"{time.monotonic() - began:.0f} s for both"


def mistakes_wait_for_a_person(site: Site) -> str:
    """A daemon whose configuration has mistakes names them, and is not started again and again."""
    for part in PARTS:
        unit = f"punchwire-{part}"
        site.machine.attempt("systemctl", "start", unit)
        site.await_state(part, "failed")
        assert site.unit(part, "ExecMainStatus") == "78", site.words()
        assert site.unit(part, "NRestarts") == "0", site.words()
        assert "password_file" in site.machine.run("journalctl", "--no-pager", "-u", unit)
    return ""


def the_runbook_makes_a_site(site: Site) -> str:
    """The runbook's broker settings, accounts, rules and commands make a site that runs, behind TLS."""
    site.configure_central()
    site.sudo("systemctl", "restart", "punchwire-central")
    site.configure_edge()
    site.sudo("systemctl", "restart", "punchwire-edge")
    for part in PARTS:
        assert site.unit(part, "ActiveState") == "active", site.words()
    return ""


def every_punch_reaches_the_ledger(site: Site) -> str:
    """The terminal's log, punches and cards are in the ledger, each once, and the board is green."""
    site.settles()
    until(lambda: site.ask("status"))
    site.punch(10)
    site.card()
    count = site.settles()
    colors = {entry["reader"]: entry["color"] for entry in site.ask("status") if entry.get("reader")}
    assert colors == {TERMINAL: "green", SERIAL: "green"}, colors
    return f"{count} punches"


def the_doctor_finds_nothing(site: Site) -> str:
    """As the service's user, the doctor asks the running daemon and finds nothing wrong at the branch."""
    doctor = ("sudo", "-u", "punchwire", "punchwire-edge", "doctor", "--json")
    findings = json.loads(site.machine.attempt(*doctor, user=USER).stdout)["findings"]
    bad = [it for it in findings if it["level"] in {"warning", "alarm"} and it["reason"] != "clock-unsynced"]
    assert bad == [], bad
    return f"{len(findings)} findings; the clock of this machine is not judged"


def the_journal_has_fields(site: Site) -> str:
    """Events arrive in journald with their fields, and can be searched by them."""
    for part in PARTS:
        lines = site.machine.run("journalctl", "-u", f"punchwire-{part}", "EVENT=started", "-o", "json")
        entry = json.loads(lines.splitlines()[-1])
        assert entry["SYSLOG_IDENTIFIER"] == f"punchwire-{part}", entry
        assert entry["PRIORITY"] == "6", entry
        assert ("READERS" if part == "edge" else "LEDGER") in entry, entry
        assert entry["_SYSTEMD_UNIT"] == f"punchwire-{part}.service", entry
    return ""


def the_sandbox_holds(site: Site) -> str:
    """No daemon can write outside its own state, or gain rights; what it reads is still read."""
    scores = []
    for part in PARTS:
        pid = site.unit(part, "MainPID")
        inside = ("nsenter", f"--target={pid}", "--mount", "--", "runuser", "-u", "punchwire", "--")
        site.machine.run(*inside, "touch", f"/var/lib/punchwire/{part}/trial")
        site.machine.run(*inside, "rm", f"/var/lib/punchwire/{part}/trial")
        for place in ("/etc/punchwire", "/opt/punchwire", "/usr/local/bin", "/var/lib", "/home"):
            assert site.machine.attempt(*inside, "touch", f"{place}/trial").returncode != 0, place
        status = site.machine.run("cat", f"/proc/{pid}/status")
        assert "NoNewPrivs:\t1" in status, status
        assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE), status
        told = site.machine.run("systemd-analyze", "security", "--no-pager", f"punchwire-{part}.service")
        score = told.split("exposure level for")[1].split(":")[1].split()[0]
        assert float(score) < OPEN_AT_MOST, f"{part} {score}"
        scores.append(f"{part} {score}")
    return "exposure: " + ", ".join(scores)


def a_restart_loses_nothing(site: Site) -> str:
    """Each part restarted in the middle of punches, the broker too, loses and doubles none."""
    for unit in ("punchwire-edge", "punchwire-central", "mosquitto"):
        site.punch()
        site.sudo("systemctl", "restart", unit)
        site.punch()
    site.card()
    return f"{site.settles()} punches"


def a_killed_daemon_comes_back(site: Site) -> str:
    """After kill -9 systemd starts each daemon again, and punches of the meantime arrive."""
    took = []
    for part in PARTS:
        pid, restarts = site.unit(part, "MainPID"), int(site.unit(part, "NRestarts"))
        began = time.monotonic()
        site.signal(part, "KILL")
        site.release_port()
        site.punch()
        site.await_state(part, "active", besides=pid)
        took.append(f"{part} {time.monotonic() - began:.1f} s")
        assert int(site.unit(part, "NRestarts")) == restarts + 1
    site.card()
    site.settles()
    return "back after: " + ", ".join(took)


def a_hung_daemon_is_restarted(site: Site) -> str:
    """A daemon that hangs is ended by the watchdog and started again; one that works is left alone."""
    for part in PARTS:
        folder = site.machine.file(f"/run/systemd/system/punchwire-{part}.service.d")
        site.machine.run("mkdir", "-p", f"/{folder.relative_to(site.machine.root)}")
        site.machine.run(
            "tee",
            f"/{folder.relative_to(site.machine.root)}/watchdog.conf",
            given=f"[Service]\nWatchdogSec={WATCHDOG_S}\n",
        )
    site.machine.run("systemctl", "daemon-reload")
    site.sudo("systemctl", "restart", "punchwire-central", "punchwire-edge")
    pids = {part: site.unit(part, "MainPID") for part in PARTS}
    time.sleep(1.5 * WATCHDOG_S)
    assert {part: site.unit(part, "MainPID") for part in PARTS} == pids, site.words()
    began = time.monotonic()
    for part in PARTS:
        site.signal(part, "STOP")
    site.punch()
    for part, pid in pids.items():
        site.await_state(part, "active", besides=pid)
        assert "Watchdog timeout" in site.machine.run("journalctl", "--no-pager", "-upunchwire-" + part)
    took = time.monotonic() - began
    site.release_port()
    site.machine.run("sh", "-c", "rm -r /run/systemd/system/punchwire-*.service.d")
    site.machine.run("systemctl", "daemon-reload")
    site.settles()
    return f"both back {took:.0f} s after they froze, the watchdog at {WATCHDOG_S} s"


def a_stop_takes_two_seconds(site: Site) -> str:
    """Each daemon stops within 2 s, leaves no process behind, and loses nothing."""
    site.sudo("systemctl", "restart", "punchwire-edge", "punchwire-central")
    site.settles()
    took = []
    for part in reversed(PARTS):
        site.punch()
        began = time.monotonic()
        site.sudo("systemctl", "stop", f"punchwire-{part}")
        took.append(f"{part} {(spent := time.monotonic() - began):.2f} s")
        assert spent < STOP_S, took
        assert site.unit(part, "Result") == "success", site.words()
    assert site.processes() == "", site.processes()
    site.sudo("systemctl", "start", "punchwire-central", "punchwire-edge")
    site.settles()
    return ", ".join(took)


def a_reboot_needs_nobody(site: Site) -> str:
    """After a reboot everything runs again by itself; what was punched meanwhile arrives."""
    site.punch()
    began = time.monotonic()
    site.machine.reboot()
    for part in PARTS:
        site.await_state(part, "active")
    took = time.monotonic() - began
    site.punch()
    site.card()
    return f"{site.settles()} punches, daemons active {took:.1f} s after the command"


PROMISES: tuple[Callable[[Site], str], ...] = (
    nobody_installs_without_rights,
    an_example_is_not_started,
    mistakes_wait_for_a_person,
    the_runbook_makes_a_site,
    every_punch_reaches_the_ledger,
    the_doctor_finds_nothing,
    the_journal_has_fields,
    the_sandbox_holds,
    a_restart_loses_nothing,
    a_killed_daemon_comes_back,
    a_hung_daemon_is_restarted,
    a_stop_takes_two_seconds,
    a_reboot_needs_nobody,
    *changes.PROMISES,
)
