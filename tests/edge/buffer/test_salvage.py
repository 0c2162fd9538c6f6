"""Promises about a damaged outbox file: what can be read of it goes on, and all of it is kept aside."""

import errno
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.buffer.salvage import is_sound
from edge.buffer.store import OutboxDamaged
from tests.edge.making import punch
from wire.codec import decode_fact
from wire.facts import EdgeEvent, Fact
from wire.punch import Punch

BULK, LIVE = 450, 40


def filled(path: Path) -> list[Fact]:
    """Make an outbox with a log that was read at once, and punches one by one; returns the facts."""
    prepare(path)
    outbox = Outbox(path)
    outbox.append("gate", [punch(n) for n in range(BULK)])
    for number in range(BULK, BULK + LIVE):
        outbox.append("gate", [punch(number, "live")])
    facts = held(outbox)
    outbox.settle(100)
    outbox.close()
    return facts


def held(outbox: Outbox) -> list[Fact]:
    return [decode_fact(waiting.body) for waiting in outbox.waiting(0, 100_000, 1 << 30)]


def spoil(path: Path, seq: int, length: int = 40) -> None:
    """Put noise in the place of a row's bytes, where SQLite sees nothing wrong."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE facts SET body = randomblob(?) WHERE seq = ?", (length, seq))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Fact]]:
    """The bytes of a sound file, and the facts in it."""
    path = tmp_path_factory.mktemp("sound") / "outbox.db"
    facts = filled(path)
    return path.read_bytes(), facts


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_page_may_be_noise(sound: tuple[bytes, list[Fact]], data: st.DataObject) -> None:
    """The file is sound or set aside; the new one holds what could be read, in order, and takes more."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.db"
        content, before = bytearray(sound[0]), sound[1]
        for _ in range(data.draw(st.integers(1, 3))):
            page = data.draw(st.integers(0, len(content) // 2048 - 1))
            noise = data.draw(st.binary(min_size=1, max_size=64))
            content[2048 * page : 2048 * (page + 1)] = (noise * 2048)[:2048]
        path.write_bytes(content)
        aside = prepare(path)
        assert is_sound(path)
        outbox = Outbox(path)
        after = [fact for fact in held(outbox) if isinstance(fact, Punch)]
        assert [fact for fact in before if fact in after] == after
        assert aside is not None or after == before
        if aside is not None:
            assert aside.read_bytes() == bytes(content)
            event = held(outbox)[-1]
            assert isinstance(event, EdgeEvent)
            assert (event.event, event.fields["saved"]) == ("outbox_set_aside", len(after))
        missing = [fact for fact in before if fact not in after]
        assert outbox.append("gate", missing) == len(missing)
        assert outbox.append("gate", before) == 0
        outbox.close()


def test_one_bad_page_costs_what_is_on_it(tmp_path: Path) -> None:
    """Live punches on other pages, and bulk reads in other rows, go out again."""
    path = tmp_path / "outbox.db"
    before = filled(path)
    spoil(path, 101)
    spoil(path, BULK + 3)
    assert prepare(path) is not None
    outbox = Outbox(path)
    saved = [fact for fact in held(outbox) if isinstance(fact, Punch)]
    assert len(before) - len(saved) == 101
    assert outbox.mark.settled == 0
    outbox.close()


@pytest.mark.parametrize("row", [101, BULK + 3])
def test_damage_that_sqlite_cannot_see_is_met_as_damage(tmp_path: Path, row: int) -> None:
    """A fact that is no fact any more never goes out, where it would spoil a whole message."""
    path = tmp_path / "outbox.db"
    filled(path)
    spoil(path, row)
    outbox = Outbox(path)
    assert not outbox.damage
    with pytest.raises(OutboxDamaged):
        outbox.waiting(0, 1000, 1 << 30)
    assert outbox.damage
    outbox.close()


def test_a_file_that_cannot_be_read_now_is_not_called_corrupt(tmp_path: Path) -> None:
    """A disk without room for what SQLite puts beside a file is no reason to begin anew."""
    path = tmp_path / "outbox.db"
    filled(path)
    (tmp_path / "outbox.db-wal").mkdir()
    with pytest.raises((sqlite3.OperationalError, OSError)):
        prepare(path)
    (tmp_path / "outbox.db-wal").rmdir()
    assert prepare(path) is None
    assert list(tmp_path.glob("*corrupt*")) == []


def test_a_cut_in_the_middle_of_saving_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the new file is whole, the corrupt one stays in its place; behind that, the new one is taken."""
    path = tmp_path / "outbox.db"
    before = filled(path)
    spoil(path, 101)
    real = os.rename

    def cut(source: str, target: str) -> None:
        if str(source).endswith(".fresh"):
            raise OSError(errno.EIO, "cut")
        real(source, target)

    monkeypatch.setattr(os, "rename", cut)
    with pytest.raises(OSError, match="cut"):
        prepare(path)
    monkeypatch.undo()
    assert not path.exists()
    assert prepare(path) is None
    outbox = Outbox(path)
    assert len([fact for fact in held(outbox) if isinstance(fact, Punch)]) == len(before) - 100
    outbox.close()
