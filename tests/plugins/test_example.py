"""A reader kind from a package that Punchwire knows nothing of, in a whole edge, and on the page about it."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.mosquitto import Mosquitto
from tests.peer import TOPICS, peer
from tests.plugins.installation import EXAMPLE, install
from tests.plugins.line_gate import LineGateSimulator
from tests.waiting import until
from wire.facts import Envelope
from wire.punch import Punch
from wire.receipt import Receipt
from wire.vitals import Birth, Heartbeat, Status

ROOT = Path(__file__).parents[2]
EDGE = """
[edge]
id = "pune-01"
state_dir = "{folder}"

[broker]
host = "127.0.0.1"
port = {broker}
user = "pune-01"
password_file = "{password}"

[[reader]]
name = "back-gate"
kind = "line-gate"
address = "127.0.0.1"
port = {port}
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the installed example."""
    return install(tmp_path_factory.mktemp("plugin"))


def edge(config: Path, *verb: str, plugin: Path | None) -> subprocess.Popen[str]:
    """Start `punchwire-edge`, with the example installed or without."""
    path = {} if plugin is None else {"PYTHONPATH": str(plugin)}
    command = [sys.executable, "-m", "edge.cli", "--config", str(config), *verb]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **path},
        text=True,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_a_kind_of_another_package_works_in_a_whole_edge(
    plugin: Path, broker: Mosquitto, tmp_path: Path
) -> None:
    """Installed by pip and named in edge.toml, a kind brings its punches to the broker like any other."""
    with LineGateSimulator() as gate, peer(broker, "central") as central:
        for topic in (TOPICS.facts("pune-01"), TOPICS.birth("pune-01"), TOPICS.heartbeat("pune-01")):
            central.subscribe(topic)
        there = Status(online=True, session="s", at=datetime.now(UTC))
        central.send(TOPICS.central_status, there, retain=True)
        gate.punch("A-12")
        config = tmp_path / "edge.toml"
        config.write_text(
            EDGE.format(
                folder=tmp_path, broker=broker.port, password=broker.password_file("pune-01"), port=gate.port
            )
        )
        with edge(config, "run", plugin=plugin) as process:
            try:
                until(lambda: gate.acknowledged == {1})
                gate.punch("B-7")
                facts = TOPICS.facts("pune-01")
                until(lambda: {"A-12", "B-7"} <= set(badges(central.all(facts, Envelope))))
                (envelope, *_) = central.all(facts, Envelope)
                central.send(
                    TOPICS.receipts("pune-01"), Receipt(outbox_id=envelope.outbox_id, upto_seq=2), retain=True
                )
                birth = central.last(TOPICS.birth("pune-01"), Birth)
                until(lambda: states(central.all(TOPICS.heartbeat("pune-01"), Heartbeat)) >= {"ok"})
            finally:
                process.terminate()
            assert process.wait(20) == 0
    assert birth is not None
    assert [(it.reader, it.kind, it.device_kind) for it in birth.readers] == [
        ("back-gate", "line-gate", "terminal")
    ]


def badges(envelopes: list[Envelope]) -> list[str]:
    return [fact.badge.raw for it in envelopes for fact in it.facts if isinstance(fact, Punch)]


def states(beats: list[Heartbeat]) -> set[str]:
    return {reader.state for beat in beats for reader in beat.readers}


def test_a_kind_that_is_not_installed_is_told(tmp_path: Path) -> None:
    """Without the package the configuration names the kinds that there are, and nothing starts."""
    config = tmp_path / "edge.toml"
    config.write_text(EDGE.format(folder=tmp_path, broker=1, password=os.devnull, port=1))
    with edge(config, "check-config", plugin=None) as process:
        _, told = process.communicate(timeout=60)
    assert process.returncode == 78
    assert 'reader[1].kind: no kind of reader "line-gate"; installed: ' in told


def test_the_page_shows_the_example_as_it_is() -> None:
    """Whoever copies the code from the page has the package that was tested."""
    page = (ROOT / "docs/readers.md").read_text(encoding="utf-8")
    for kind, name in (("toml", "pyproject.toml"), ("python", "punchwire_reader_example.py")):
        assert f"```{kind}\n{(EXAMPLE / name).read_text(encoding='utf-8')}```" in page, name
