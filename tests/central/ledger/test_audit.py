"""The audit on both databases: its chain holds, and breaks where somebody laid a hand on it."""

import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from central.ledger import audit, migrations
from central.ledger.audit import Wanted
from central.ledger.database import Ledger
from central.ledger.steps import STEPS
from tests.central.conftest import NOW

_UNGUARDED = {
    "sqlite": ("DROP TRIGGER audit_keeps_every_word", "DROP TRIGGER audit_keeps_every_row"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",),
}


def _fill(ledger: Ledger, lines: int) -> None:
    for number in range(1, lines + 1):
        with ledger.write() as connection:
            audit.record(connection, NOW, "anna", "summary", f"r-{number}", {"outcome": "done", "n": number})


def _tamper(ledger: Ledger, *statements: str) -> None:
    """Change rows as somebody does who has the whole database in his hands."""
    with ledger.write() as connection:
        for statement in (*_UNGUARDED[connection.dialect.name], *statements):
            connection.execute(text(statement))


def _checked(ledger: Ledger, after: int = 0, limit: int | None = None) -> audit.Checked:
    with ledger.read() as connection:
        return audit.check(connection, after, limit)


def test_an_untouched_audit_holds_and_its_head_is_found_again(ledger: Ledger) -> None:
    """A hash that was noted down is still there after more lines were added."""
    assert _checked(ledger).lines == 0
    _fill(ledger, 3)
    noted = _checked(ledger)
    _fill(ledger, 2)
    now = _checked(ledger)
    assert (noted.lines, now.lines, now.broken, now.complete) == (3, 5, None, True)
    with ledger.read() as connection:
        assert audit.line_of(connection, noted.digest) == noted.last
        assert audit.line_of(connection, bytes(32)) is None


@pytest.mark.parametrize(
    ("change", "broken", "says"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE audit_id = 3", 3, "changed"),
        ("UPDATE audit SET at_us = at_us + 1 WHERE audit_id = 3", 3, "changed"),
        ("UPDATE audit SET verb = 'day' WHERE audit_id = 5", 5, "changed"),
        ("UPDATE audit SET subject = 'r-9' WHERE audit_id = 1", 1, "changed"),
        ("UPDATE audit SET digest = digest || digest WHERE audit_id = 2", 2, "changed"),
        ("DELETE FROM audit WHERE audit_id = 1", 2, "line 1 before it taken out"),
        ("DELETE FROM audit WHERE audit_id IN (3, 4)", 5, "lines 3 to 4 before it taken out"),
        (
            "INSERT INTO audit SELECT 99, at_us, actor, verb, '', detail, digest FROM audit LIMIT 1",
            99,
            "changed",
        ),
    ],
)
def test_the_first_line_that_was_touched_is_named(
    ledger: Ledger, change: str, broken: int, says: str
) -> None:
    """Whatever is changed, added or taken out, the chain breaks at that place and says so."""
    _fill(ledger, 5)
    _tamper(ledger, change)
    told = _checked(ledger)
    assert told.broken is not None
    assert (told.broken.audit_id, says in told.broken.reason) == (broken, True)


def test_of_two_places_the_first_is_named_and_what_stands_before_it_counted(ledger: Ledger) -> None:
    """The lines before the break can be relied on, so they are told."""
    _fill(ledger, 6)
    _tamper(ledger, "UPDATE audit SET verb = 'x' WHERE audit_id IN (4, 6)")
    told = _checked(ledger)
    assert told.broken is not None
    assert (told.broken.audit_id, told.lines) == (4, 3)


def test_whoever_computes_all_hashes_anew_loses_the_head_that_was_noted(ledger: Ledger) -> None:
    """Against somebody with the whole database only a hash noted elsewhere helps, and it does."""
    _fill(ledger, 4)
    noted = _checked(ledger).digest
    _tamper(ledger, "UPDATE audit SET actor = 'nobody' WHERE audit_id = 2")
    fill = STEPS[4].fill
    assert fill is not None
    with ledger.write() as connection:
        fill(connection)
    assert _checked(ledger).broken is None
    with ledger.read() as connection:
        assert audit.line_of(connection, noted) is None


def test_a_long_audit_is_followed_in_pieces(ledger: Ledger) -> None:
    """Pieces join to the same verdict as the whole, and a piece that begins at a lost line says so."""
    _fill(ledger, 7)
    first = _checked(ledger, limit=3)
    second = _checked(ledger, first.last, 3)
    third = _checked(ledger, second.last, 3)
    assert [(one.lines, one.complete) for one in (first, second, third)] == [
        (3, False),
        (3, False),
        (1, True),
    ]
    assert third.digest == _checked(ledger).digest
    assert _checked(ledger, 77).broken is not None


def test_lines_of_before_the_chain_are_chained(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger of an older version keeps every line as it was, and every line gets its link."""
    old = Ledger(database)
    monkeypatch.setattr(migrations, "STEPS", STEPS[:4])
    old.migrate(NOW)
    insert = text(
        "INSERT INTO audit (at_us, actor, verb, subject, detail) VALUES (:at, 'anna', 'resync', 'r', :detail)"
    )
    with old.write() as connection:
        for number in range(3):
            connection.execute(insert, {"at": number, "detail": b'{"outcome":"done"}'})
    monkeypatch.undo()
    old.migrate(NOW)
    _fill(old, 1)
    told = _checked(old)
    with old.read() as connection:
        lines = audit.entries(connection)
    old.close()
    assert (told.lines, told.broken) == (4, None)
    assert [line.actor for line in lines] == ["anna"] * 4


def test_two_who_write_at_once_make_one_chain(ledger: Ledger) -> None:
    """Lines of different programs never hang on the same line before."""
    threads = [threading.Thread(target=_fill, args=(ledger, 15)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = _checked(ledger)
    assert (told.lines, told.broken) == (45, None)


def _subjects(connection: Connection, wanted: Wanted, limit: int = 100) -> Sequence[str]:
    return [line.subject for line in audit.found(connection, wanted, limit)[0]]


def test_lines_are_found_by_every_filter_and_page_by_page(ledger: Ledger) -> None:
    """Filters leave what was asked for, oldest first, and pages join without a gap."""
    with ledger.write() as connection:
        for number in range(10):
            audit.record(
                connection,
                NOW + timedelta(minutes=number),
                "anna" if number % 2 else "ravi",
                "day" if number < 5 else "report",
                f"r-{number}",
                {"outcome": "refused" if number % 3 == 0 else "done"},
            )
    with ledger.read() as connection:
        assert _subjects(connection, Wanted(actor="ravi", verb="day")) == ["r-0", "r-2", "r-4"]
        assert _subjects(connection, Wanted(outcome="refused")) == ["r-0", "r-3", "r-6", "r-9"]
        assert _subjects(connection, Wanted(subject="r-7")) == ["r-7"]
        span = Wanted(since=NOW + timedelta(minutes=2), until=NOW + timedelta(minutes=4))
        assert _subjects(connection, span) == ["r-2", "r-3"]
        seen, after = [], 0
        for _ in range(4):
            page, further = audit.found(connection, Wanted(), 3, after)
            seen += [line.subject for line in page]
            after = further or 0
        assert seen == [f"r-{number}" for number in range(10)]
        assert after == 0
