"""What a fresh clone promises to an ordinary user of a fresh Debian: the demo, and all tests."""

from collections.abc import Callable
from pathlib import Path

from tests.booted.machine import Machine
from tests.booted.site import CLONE, USER

DEMO_S, TEST_S = 900.0, 3600.0
PROVISIONED = ".ssh"
"""What systemd makes in root's home at each boot, for keys that a machine may be given."""


def alone_install_sh_prints_its_verbs(machine: Machine) -> str:
    """./install.sh alone prints its verbs, before anything is installed."""
    told = machine.run("./install.sh", user=USER, folder=CLONE)
    assert all(f"\n  {verb}" in told for verb in ("demo", "test", "edge", "central", "uninstall")), told
    return ""


def the_demo_installs_what_is_missing_and_counts(machine: Machine) -> str:
    """./install.sh demo --seconds 12 installs what is missing, and no punch is missing or doubled."""
    told = machine.run(
        "./install.sh", "demo", "--seconds", "12", user=USER, folder=CLONE, within_s=DEMO_S
    ).splitlines()
    assert "equal: no punch is missing, none is doubled" in told, told
    return next(line for line in told if line.startswith("ready after"))


def the_second_demo_is_ready_at_once(machine: Machine) -> str:
    """The second ./install.sh demo has nothing to install."""
    done = machine.attempt("./install.sh", "demo", "--seconds", "3", user=USER, folder=CLONE, within_s=DEMO_S)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "==>" not in done.stderr, done.stderr
    return next(line for line in done.stdout.splitlines() if line.startswith("ready after"))


def every_test_passes(machine: Machine) -> str:
    """./install.sh test installs what is missing, and lint, types, contracts and all tests pass."""
    told = machine.run("./install.sh", "test", user=USER, folder=CLONE, within_s=TEST_S).splitlines()
    figures = [line.strip("= ") for line in told if " passed" in line]
    apart = [line.split()[1] for line in told if line.startswith(("FAILED ", "ERROR "))]
    only_alone = [f"only alone passed: {', '.join(apart)}"] if apart else []
    return "; ".join([machine.run("/usr/bin/python3", "--version").strip(), *figures, *only_alone])


def nothing_is_left_beside_the_checkout(machine: Machine) -> str:
    """Neither touched anything outside the checkout, packages of Debian aside."""
    usual = {path.name for path in machine.file("/etc/skel").iterdir()}
    for home, more in ((f"/home/{USER}", {Path(CLONE).name}), ("/root", {PROVISIONED})):
        left = {path.name for path in machine.file(home).iterdir()} - usual - more
        assert not left, f"in {home}: {sorted(left)}"
    return ""


PROMISES: tuple[Callable[[Machine], str], ...] = (
    alone_install_sh_prints_its_verbs,
    the_demo_installs_what_is_missing_and_counts,
    the_second_demo_is_ready_at_once,
    every_test_passes,
    nothing_is_left_beside_the_checkout,
)
