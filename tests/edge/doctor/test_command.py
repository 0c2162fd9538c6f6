"""Promises of the doctor's command: what a person and a monitor get of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.cli import main
from edge.doctor.home import clock
from edge.readers.examination import Circumstances
from edge.readers.reader import Moment
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.pull import Terminal as PulledTerminal
from simulators.terminal import Terminal
from simulators.terminal.device import local_wall
from tests.edge.doctor.branch import Branch
from wire.punch import Trust
from wire.reasons import NEXT_STEP


def test_a_healthy_branch_exits_with_0(branch: Branch) -> None:
    """With every part in order nothing is wrong, and each part has been tried."""
    branch.mosquitto()
    branch.terminal()
    branch.arguments = []
    diagnosis = branch.diagnosis()
    assert diagnosis.wrong == []
    assert (diagnosis.code, diagnosis.told["good"]) == (0, True)
    assert {it["part"] for it in diagnosis.told["findings"]} == {"edge", "reader gate", "uplink"}
    assert {it["next_step"] for it in diagnosis.told["findings"]} == {""}


def test_a_healthy_terminal_is_left_as_it_was(branch: Branch) -> None:
    """After the examination the terminal is enabled, has its log, and its session is free again."""
    terminal = branch.terminal(Terminal(log=300))
    before = terminal.log
    assert branch.diagnosis().code == 0
    assert (terminal.log, terminal.clients, terminal.state.disabled) == (before, 0, False)


def test_a_person_reads_lines_with_the_next_step(branch: Branch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding is a line as it is made; what is wrong has its word and the next step below it."""
    branch.reader("serial-rfid", device="/dev/no-such-port", format="rdm6300")
    assert main(["--config", str(branch.toml), "doctor", "--reader", "gate"]) == 1
    lines = capsys.readouterr().out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("WRONG"))
    assert lines[at].startswith("WRONG  reader gate: opening the device: /dev/no-such-port: No such file")
    assert lines[at].endswith("[not-plugged]")
    assert lines[at + 1] == f"       -> {NEXT_STEP['not-plugged']}"
    assert lines[-1] == "1 wrong, 1 good"


def test_a_reader_that_is_not_there_is_a_wrong_argument(
    branch: Branch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt name is told with the names that exist."""
    branch.reader("serial-rfid", device="/dev/ttyS9", format="rdm6300")
    assert main(["--config", str(branch.toml), "doctor", "--reader", "gaet"]) == 2
    assert capsys.readouterr().err == 'no reader "gaet"; there is gate\n'


@pytest.mark.parametrize("text", [None, "[edge", "\0"])
def test_a_file_that_is_none_is_a_finding_too(
    tmp_path: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without any configuration the doctor still says what to do, in one line."""
    path = tmp_path / "edge.toml"
    if text is not None:
        path.write_text(text)
    assert main(["--config", str(path), "doctor"]) == 1
    out, err = capsys.readouterr()
    assert (out.count("WRONG"), err) == (1, "")
    assert NEXT_STEP["settings-wrong"] in out


@pytest.mark.parametrize("readers", ["reader = 5", "[reader]\nname = 'gate'", "reader = ['gate']"])
def test_readers_that_are_no_sections_are_a_finding_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], readers: str
) -> None:
    """Whoever writes a reader as something else than a section is told so in one line."""
    (tmp_path / "edge.toml").write_text(f"{readers}\n[edge]\nid = 'pune-01'\n[broker]\nhost = '127.0.0.1'\n")
    assert main(["--config", str(tmp_path / "edge.toml"), "doctor"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert any(line.startswith("WRONG  edge") and ": reader" in line for line in out.splitlines()), out


def test_one_bad_reader_hides_no_other_part(branch: Branch) -> None:
    """A mistake in one section is told, and the sound readers are examined."""
    branch.mosquitto()
    branch.serial()
    branch.readers.append({"name": "dock", "kind": "serial-rfdi"})
    branch.arguments = []
    diagnosis = branch.diagnosis()
    assert diagnosis.wrong == [("edge", "settings-wrong")]
    assert {"reader gate", "uplink"} < {it["part"] for it in diagnosis.told["findings"]}


@pytest.mark.parametrize(("trust", "level"), [("synced", "good"), ("holdover", "note"), ("unset", "warning")])
def test_an_unsynchronised_clock_is_told(trust: Trust, level: str) -> None:
    """A clock that no server confirmed since the start is wrong; one that lost its server is worth a note."""
    moment = Moment(datetime.now(UTC) - timedelta(days=90), trust, "boot", 60.0)
    finding = clock(moment)
    assert (finding.level, finding.reason) == (level, "clock-unsynced" if trust == "unset" else "")


@pytest.mark.parametrize(("trust", "level"), [("holdover", "warning"), ("unset", "note")])
def test_a_terminal_is_not_judged_by_a_pi_without_time(trust: Trust, level: str) -> None:
    """While nobody confirmed the Pi's own clock, a difference says nothing of the terminal's."""
    with Terminal(now=lambda: local_wall() - timedelta(minutes=7)) as terminal:
        options = TerminalOptions(address=terminal.address, port=terminal.port)
        moment = Moment(datetime.now(UTC), trust, "boot", 60.0)
        found = PulledTerminal("gate", options).examine(Circumstances(lambda: moment, {}, 0.0))
        assert next(it.level for it in found if it.tried == "its clock against the Pi's") == level
