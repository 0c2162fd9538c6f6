"""Promises of `punchwire-edge status` and `outbox`: they know what the running daemon knows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.bedside import Bedside, Standing
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.cli import main
from tests.edge.making import punch
from wire.vitals import Birth, Heartbeat

EDGE = """
[edge]
id = "pune-01"
state_dir = "{folder}"
[broker]
host = "127.0.0.1"
"""


def standing(settled: int) -> Standing:
    at = datetime.now(UTC)
    birth = Birth(
        edge="pune-01",
        version="0",
        config_hash="",
        boot_id="",
        outbox_id="o",
        next_seq=4,
        settled=settled,
        at=at,
    )
    beat = Heartbeat(at=at, session="s", uptime_s=1.0, trust="synced", backlog=0)
    return Standing(birth=birth, heartbeat=beat, online=True)


def told(folder: Path, capsys: pytest.CaptureFixture[str], verb: str) -> list[dict[str, object]]:
    """The lines of JSON that the verb prints."""
    assert main(["--config", str(folder / "edge.toml"), verb, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_receipts_count_before_they_are_written_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file learns of receipts now and then; a person who asks beside the daemon hears of them at once."""
    (tmp_path / "edge.toml").write_text(EDGE.format(folder=tmp_path))
    prepare(tmp_path / "outbox.db")
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.append("gate", [punch(number) for number in range(3)])
    outbox.settle(2)
    bedside = Bedside(tmp_path, lambda: standing(outbox.mark.settled))
    (alone,) = told(tmp_path, capsys, "status")
    assert alone["backlog"] == 3
    assert len(told(tmp_path, capsys, "outbox")) == 3
    bedside.start()
    try:
        (beside,) = told(tmp_path, capsys, "status")
        assert (beside["settled"], beside["backlog"]) == (2, 1)
        assert [line["seq"] for line in told(tmp_path, capsys, "outbox")] == [3]
    finally:
        bedside.stop()
        outbox.close()
