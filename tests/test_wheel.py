"""The wheel: built, installed into a clean environment, and started there without any developer's tool."""

import json
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto

ROOT = Path(__file__).parent.parent
EXTRAS = "edge,central,admin,zkteco,serial-rfid"
DEADLINE_S = 300.0

EDGE = """
[edge]
id = "pune-01"
state_dir = "{state}"

[broker]
host = "127.0.0.1"
port = {port}
user = "pune-01"
password_file = "{password}"

[[reader]]
name = "front-gate"
kind = "zkteco"
address = "127.0.0.1"
port = 9
"""

CENTRAL = """
[central]
timezone = "Asia/Kolkata"
database = "{state}/ledger.db"

[broker]
host = "127.0.0.1"
port = {port}
user = "central"
password_file = "{password}"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-cache-dir",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True, timeout=400)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a clean environment that got the wheel and its extras, nothing else."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=300)
    pip = [
        str(venv / "bin/python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--no-cache-dir",
        "--disable-pip-version-check",
    ]
    pinned = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, *pinned, f"{wheel}[{EXTRAS}]"], check=True, timeout=400)
    return venv / "bin"


@pytest.fixture
def configured(broker: Mosquitto, tmp_path: Path) -> Path:
    """A folder with configurations for a real broker."""
    for name, text in (("edge", EDGE), ("central", CENTRAL)):
        user = "pune-01" if name == "edge" else name
        filled = text.format(state=tmp_path, port=broker.port, password=broker.password_file(user))
        (tmp_path / f"{name}.toml").write_text(filled, encoding="utf-8")
    return tmp_path


def test_the_wheel_holds_the_product_and_not_its_tests(wheel: Path) -> None:
    """Whoever installs the wheel gets the packages and the licence, and no folder named `tests`."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = set(settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert tops == packages | {f"punchwire-{settings['project']['version']}.dist-info"}


def test_a_clean_environment_has_no_developers_tools(programs: Path) -> None:
    """Nothing that only a developer has is needed to run."""
    listed = subprocess.run(
        [programs / "python", "-m", "pip", "list", "--format=json"],
        check=True,
        capture_output=True,
        timeout=300,
    )
    names = {entry["name"].lower() for entry in json.loads(listed.stdout)}
    assert {"punchwire", "pyzk", "msgspec"} <= names
    assert names.isdisjoint({"pytest", "hypothesis", "mypy", "ruff", "import-linter"})


@pytest.mark.parametrize(
    "program", ["punchwire", "punchwire-edge", "punchwire-central", "punchwire-simulate"]
)
def test_every_program_explains_itself(programs: Path, program: str) -> None:
    """--help works before anything is configured."""
    done = subprocess.run(
        [programs / program, "--help"], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: {program} ")


@pytest.mark.parametrize("part", ["edge", "central"])
def test_a_daemon_checks_its_configuration_runs_and_stops_when_told(
    programs: Path, configured: Path, broker: Mosquitto, part: str
) -> None:
    """From the wheel alone a daemon reaches the broker, and ends well within its stop time-out."""
    daemon = [str(programs / f"punchwire-{part}"), "--config", str(configured / f"{part}.toml")]
    subprocess.run([*daemon, "check-config"], check=True, capture_output=True, timeout=300)
    log = (broker.folder / "mosquitto.log").open(encoding="utf-8")
    with (configured / f"{part}.log").open("w+", encoding="utf-8") as words:
        process = subprocess.Popen([*daemon, "run"], stdout=words, stderr=words, cwd=configured)
        try:
            deadline = time.monotonic() + DEADLINE_S
            seen = ""
            while f"u'{'pune-01' if part == 'edge' else part}'" not in (seen := seen + log.read()):
                assert process.poll() is None, (configured / f"{part}.log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "it never reached the broker"
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.wait()
            log.close()
    assert "Traceback" not in (configured / f"{part}.log").read_text(encoding="utf-8")
