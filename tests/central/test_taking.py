"""Files that a person carries to the centre, taken into the ledger whole, once, and like messages."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from central.ledger import audit, landing, quarantine, queries
from central.ledger.database import Ledger
from central.ledger.schema import edge_facts, punches, readers, streams
from central.taking import NotWhole, Taken, take
from tests.central.conftest import NOW
from tests.central.facts import START, card_punch, envelope, terminal_punch
from tests.central.test_cli import Site
from tests.central.test_intake import refuse
from wire.carried import Lines
from wire.codec import encode
from wire.facts import EdgeEvent, Envelope

EVENT = EdgeEvent(event="clock_stepped", at=START)


def carried(path: Path, *envelopes: Envelope | bytes, edge: str = "pune-01") -> Path:
    """A file as an edge writes it."""
    lines, facts = Lines(), 0
    with path.open("wb") as file:
        for one in envelopes:
            line = (one if isinstance(one, bytes) else encode(one)) + b"\n"
            facts += json.loads(line)["facts"].__len__()
            lines.add(line)
            file.write(line)
        file.write(encode(lines.closing(edge, facts)) + b"\n")
    return path


def streams_of(ledger: Ledger) -> list[int]:
    """How far each stream was taken in."""
    with ledger.read() as connection:
        return list(connection.execute(select(streams.c.upto_seq)).scalars())


def held(ledger: Ledger) -> int:
    """How many punches the ledger holds."""
    with ledger.read() as connection:
        return int(connection.execute(select(func.count()).select_from(punches)).scalar_one())


def test_a_file_is_taken_once_however_often_it_comes(ledger: Ledger, tmp_path: Path) -> None:
    """Punches, cards and other facts stand in the ledger once; another time everything is known."""
    path = carried(
        tmp_path / "pune.jsonl",
        envelope(301, *map(terminal_punch, range(200))),
        envelope(501, *map(terminal_punch, range(200, 400))),
        envelope(701, card_punch(1, "32:008E6D5D"), EVENT, terminal_punch(5)),
    )
    assert take(ledger, path, NOW) == Taken("pune-01", 403, new=401, known=1, unread=0)
    assert take(ledger, path, NOW + timedelta(hours=1)) == Taken("pune-01", 403, new=0, known=402, unread=0)
    with ledger.read() as connection:
        assert queries.counts(connection) == {("pune-01", "front-gate"): 400, ("pune-01", "desk"): 1}
        assert connection.execute(select(func.count()).select_from(edge_facts)).scalar_one() == 1
        lines = audit.entries(connection)
    assert [(line.verb, line.subject, line.detail["new"]) for line in lines] == [
        ("take", "pune.jsonl", 0),
        ("take", "pune.jsonl", 401),
    ]


def test_a_file_moves_no_mark_and_is_no_news_of_a_reader(ledger: Ledger, tmp_path: Path) -> None:
    """No receipt covers what a file brought, and no reader turns green by it; both wait for the wire."""
    with ledger.write() as connection:
        landing.move_marks(connection, {("pune-01", "outbox-1"): 300}, NOW)
    take(ledger, carried(tmp_path / "a", envelope(301, terminal_punch(1), settled=300)), NOW)
    take(ledger, carried(tmp_path / "b", envelope(900, terminal_punch(2), settled=800)), NOW)
    assert streams_of(ledger) == [300]
    with ledger.read() as connection:
        assert connection.execute(select(readers.c.reader, readers.c.last_new_at)).all() == [
            ("front-gate", None)
        ]


def test_what_cannot_be_read_goes_to_quarantine_alone(ledger: Ledger, tmp_path: Path) -> None:
    """A fact of a newer edge spoils no other, and is kept for a newer central."""
    odd = encode(envelope(1, terminal_punch(1), EVENT)).replace(b'"edge-event"', b'"from-the-future"')
    path = carried(tmp_path / "pune.jsonl", odd, envelope(3, terminal_punch(2)))
    assert take(ledger, path, NOW) == Taken("pune-01", 3, new=2, known=0, unread=1)
    with ledger.read() as connection:
        ((kept),) = quarantine.waiting(connection)
    assert (kept.unread.edge, kept.unread.outbox_id, kept.unread.seq) == ("pune-01", "outbox-1", 2)


def test_what_the_ledger_refuses_goes_to_quarantine_with_its_line_alone(tmp_path: Path) -> None:
    """A punch that no database takes, for whatever reason, holds up no other line of the file."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    refuse(ledger, "13")
    path = carried(tmp_path / "pune.jsonl", *(envelope(n, terminal_punch(n)) for n in range(10, 16)))
    assert take(ledger, path, NOW) == Taken("pune-01", 6, new=5, known=0, unread=1)
    assert held(ledger) == 5
    ledger.close()


def _cut(bytes_: int) -> Callable[[list[bytes]], Sequence[bytes]]:
    return lambda lines: [b"".join(lines)[:bytes_]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[:-1],
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [*lines, *lines],
        lambda lines: [*lines, b"\n"],
        lambda lines: [lines[0].replace(b'"1"', b'"7"', 1), *lines[1:]],
        lambda lines: [*lines[:2], lines[2].replace(b"pune-01", b"pune-02")],
        lambda lines: [*lines[:2], lines[2].replace(b'"facts":3', b'"facts":2')],
        lambda lines: [*lines[:2], lines[2].replace(b'"v":1', b'"v":2')],
        lambda lines: [lines[0], b"\0" * 4096],
        _cut(0),
        _cut(50),
        _cut(-1 - 40),
        lambda _: [b"employee_id,name\nE1,Asha\n"],
        lambda _: [b"x" * 1_000_000],
    ],
)
def test_of_a_file_that_is_not_whole_nothing_is_taken(
    tmp_path: Path, damage: Callable[[list[bytes]], Sequence[bytes]]
) -> None:
    """However a file was cut, mixed up or changed on its way, the ledger stays as it is."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    path = carried(
        tmp_path / "pune.jsonl", envelope(1, terminal_punch(1), terminal_punch(2)), envelope(3, EVENT)
    )
    path.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(NotWhole):
        take(ledger, path, NOW)
    assert held(ledger) == 0
    with ledger.read() as connection:
        assert audit.entries(connection) == []
    ledger.close()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_verb_tells_of_each_file_in_one_line(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Good files are taken whatever the others are; the status says that one was refused."""
    good = carried(site.folder / "good.jsonl", envelope(1, terminal_punch(1)), edge="surat-02")
    bad = site.folder / "bad.jsonl"
    bad.write_bytes(good.read_bytes()[:-20])
    assert site.run("take", str(bad), str(good), str(site.folder / "none.jsonl")) == 1
    told = capsys.readouterr()
    assert told.out == f"{good}: surat-02: 1 new, 0 known, 0 unread\n"
    assert [line.partition(": ")[2] for line in told.err.splitlines()] == [
        "nothing was taken: it does not end with its closing line; let the edge export it again",
        "cannot be read (No such file or directory)",
    ]
    assert site.run("take", str(good), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "file": str(good),
        "edge": "surat-02",
        "facts": 1,
        "new": 0,
        "known": 1,
        "unread": 0,
    }
