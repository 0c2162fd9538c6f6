"""Promises of `punchwire-edge outbox export`: a file that a person can carry, beside the running daemon."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from edge.bedside import Bedside
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.cli import main
from ground.alone import alone
from tests.edge.making import AT, punch
from tests.edge.test_status import EDGE, standing
from wire.carried import Closing, Lines
from wire.codec import MESSAGE_LIMIT, decode
from wire.facts import EdgeEvent, Envelope


class Branch:
    """An outbox in a folder, and the command beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "edge.toml").write_text(EDGE.format(folder=folder))
        prepare(folder / "outbox.db")
        self.outbox = Outbox(folder / "outbox.db")

    def export(self, name: str = "carried.jsonl", *flags: str) -> int:
        """Run the verb."""
        config, to = str(self.folder / "edge.toml"), str(self.folder / name)
        return main(["--config", config, "outbox", "export", "--to", to, *flags])

    def carried(self, name: str = "carried.jsonl") -> tuple[list[Envelope], Closing]:
        """What a file holds; its closing line must fit."""
        *lines, last = (self.folder / name).read_bytes().splitlines(keepends=True)
        seen = Lines()
        for line in lines:
            assert len(line) <= MESSAGE_LIMIT
            seen.add(line)
        envelopes = [decode(line, Envelope) for line in lines]
        closing = decode(last, Closing)
        assert closing == seen.closing("pune-01", sum(len(it.facts) for it in envelopes))
        return envelopes, closing


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    return Branch(tmp_path)


def numbers(envelopes: list[Envelope]) -> list[int]:
    """The numbers of all facts."""
    return [it.first_seq + place for it in envelopes for place in range(len(it.facts))]


def test_what_waits_is_written_beside_the_running_daemon(
    branch: Branch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Facts without a receipt stand in the file in their order, and the outbox is as it was."""
    branch.outbox.append("front-gate", [punch(number) for number in range(1400)])
    branch.outbox.append("@edge", [EdgeEvent(event="clock_stepped", at=AT)])
    branch.outbox.settle(2)
    bedside = Bedside(branch.folder, lambda: standing(branch.outbox.mark.settled))
    bedside.start()
    before = (branch.folder / "outbox.db").read_bytes()
    try:
        with alone(branch.folder):
            assert branch.export() == 0
    finally:
        bedside.stop()
    envelopes, closing = branch.carried()
    assert numbers(envelopes) == list(range(3, 1402))
    assert closing.facts == 1399
    assert envelopes[0].facts[0] == punch(2)
    assert {it.outbox_id for it in envelopes} == {branch.outbox.mark.outbox_id}
    assert all(it.ahead and it.settled < it.first_seq for it in envelopes)
    assert "1399 facts of pune-01" in capsys.readouterr().out
    assert (branch.folder / "outbox.db").read_bytes() == before
    assert branch.outbox.mark.backlog == 1399
    branch.outbox.append("front-gate", [punch(5000)])


def test_everything_is_written_when_a_ledger_must_be_made_again(branch: Branch) -> None:
    """With --all settled facts are there, too; no envelope claims a receipt for what it carries."""
    branch.outbox.append("front-gate", [punch(number) for number in range(700)])
    branch.outbox.settle(650)
    branch.outbox.keep()
    assert branch.export("waiting.jsonl") == 0
    assert branch.export("all.jsonl", "--all") == 0
    assert numbers(branch.carried("waiting.jsonl")[0]) == list(range(651, 701))
    envelopes, _ = branch.carried("all.jsonl")
    assert numbers(envelopes) == list(range(1, 701))
    assert all(it.settled < it.first_seq for it in envelopes)


def test_large_facts_are_spread_over_messages_that_a_broker_would_take(branch: Branch) -> None:
    """No line of the file is longer than a message may be."""
    large = [
        EdgeEvent(event="x", at=AT + timedelta(seconds=at), fields={"t": "x" * 30_000}) for at in range(9)
    ]
    branch.outbox.append("@edge", large)
    assert branch.export() == 0
    envelopes, _ = branch.carried()
    assert len(envelopes) == 3
    assert numbers(envelopes) == list(range(1, 10))


def test_an_outbox_in_which_nothing_waits_makes_a_file_that_says_so(branch: Branch) -> None:
    """An empty file is as whole as any other."""
    assert branch.export() == 0
    assert branch.carried()[0] == []


def test_a_file_appears_whole_or_not_at_all(branch: Branch, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is taken, a folder that is not there and a damaged outbox are told, and nothing is left."""
    branch.outbox.append("front-gate", [punch(number) for number in range(3)])
    assert branch.export() == 0
    whole = (branch.folder / "carried.jsonl").read_bytes()
    assert branch.export() == 1
    assert "carried.jsonl: is there already; name another file" in capsys.readouterr().err
    assert (branch.folder / "carried.jsonl").read_bytes() == whole
    assert branch.export("nowhere/carried.jsonl") == 1
    assert "No such file or directory" in capsys.readouterr().err
    branch.outbox.close()
    with sqlite3.connect(branch.folder / "outbox.db") as db:
        db.execute("UPDATE facts SET body = 'x'")
    assert branch.export("damaged.jsonl") == 1
    assert "punchwire-edge migrate saves what can be read" in capsys.readouterr().err
    assert [path.name for path in branch.folder.glob("*.jsonl*")] == ["carried.jsonl"]


def test_an_edge_that_never_ran_has_nothing_to_carry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an outbox the command says so and makes none."""
    (tmp_path / "edge.toml").write_text(EDGE.format(folder=tmp_path))
    to = str(tmp_path / "carried.jsonl")
    assert main(["--config", str(tmp_path / "edge.toml"), "outbox", "export", "--to", to]) == 69
    assert "no outbox yet" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["edge.toml"]
