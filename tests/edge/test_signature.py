"""Promises of signed configuration: beside a public key nothing is taken that another key signed, or none."""

import subprocess
import sys
from pathlib import Path

import pytest

from central.cli import main as central
from edge.cli import EX_CONFIG, main

EDGE = """
[edge]
id = "pune-01"
state_dir = "{folder}/state"
[broker]
host = "127.0.0.1"
"""


class Desk:
    """Where configurations are signed, and the branch that gets them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "config.key"
        self.toml = folder / "edge.toml"
        self.toml.write_text(EDGE.format(folder=folder))

    def sign(self, *words: str) -> int:
        """Sign edge.toml."""
        return central(["sign-config", str(self.toml), "--key", str(self.key), *words])

    def check(self) -> int:
        """Ask the edge."""
        return main(["--config", str(self.toml), "check-config"])


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A branch with a public key, and an edge.toml that is signed."""
    made = Desk(tmp_path)
    assert made.check() == 0
    assert made.sign("--new") == 0
    assert (tmp_path / "config.pub").exists()
    return made


def test_a_signed_configuration_is_taken(desk: Desk) -> None:
    """What was signed works; signed anew after a change it works again."""
    assert desk.check() == 0
    desk.toml.write_text(desk.toml.read_text() + "# changed\n")
    assert desk.check() == EX_CONFIG
    assert desk.sign() == 0
    assert desk.check() == 0


@pytest.mark.parametrize("fault", ["changed", "cut", "missing", "foreign", "no key"])
def test_anything_else_is_refused_in_one_line(
    desk: Desk, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A changed file, a damaged or missing signature, another key: status 78, one line with the remedy."""
    signature = desk.folder / "edge.toml.sig"
    match fault:
        case "changed":
            desk.toml.write_text(desk.toml.read_text().replace("pune-01", "pune-02"))
        case "cut":
            signature.write_bytes(signature.read_bytes()[:-1])
        case "missing":
            signature.unlink()
        case "foreign":
            desk.key.unlink()
            public = (desk.folder / "config.pub").read_bytes()
            assert desk.sign("--new") == 0
            (desk.folder / "config.pub").write_bytes(public)
        case _:
            (desk.folder / "config.pub").write_text("no key\n")
    capsys.readouterr()
    assert desk.check() == EX_CONFIG
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"{desk.toml}: ")
    assert "punchwire-central sign-config" in line


def test_the_daemon_does_not_start_on_it(desk: Desk) -> None:
    """The unit's own command refuses, with the status that keeps systemd from trying again."""
    (desk.folder / "edge.toml.sig").unlink()
    program = [sys.executable, "-m", "edge.cli", "--config", str(desk.toml), "run"]
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == EX_CONFIG
    assert "edge.toml.sig" in done.stderr


def test_without_the_program_that_checks_nothing_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that cannot be made is not passed."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert desk.check() == EX_CONFIG


def test_a_key_is_made_once_and_kept_from_others(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """The private key is its owner's alone, and no second one takes its place by mistake."""
    assert desk.key.stat().st_mode & 0o777 == 0o600
    before = desk.key.read_bytes()
    assert desk.sign("--new") == 1
    assert "is there already" in capsys.readouterr().err
    assert desk.key.read_bytes() == before


def test_what_cannot_sign_is_told_in_one_line(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A key of another kind, no key, or no file to sign."""
    rsa = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"]
    subprocess.run([*rsa, str(desk.folder / "other.key")], check=True, capture_output=True)
    capsys.readouterr()
    for key in ("other.key", "edge.toml", "none.key"):
        words = ["sign-config", str(desk.toml), "--key", str(desk.folder / key)]
        assert central(words) == 1
        assert key in capsys.readouterr().err
    assert central(["sign-config", str(desk.folder / "none.toml"), "--key", str(desk.key)]) == 1
    assert "none.toml" in capsys.readouterr().err
