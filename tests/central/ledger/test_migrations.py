"""The steps that make the ledger."""

import importlib
import pkgutil
import threading
from itertools import product

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

import central.ledger
from central.ledger import audit, landing, migrations, queries
from central.ledger.database import Ledger, LedgerError
from central.ledger.schema import metadata
from central.ledger.steps import STEPS
from central.streams import Parcel
from tests.central.conftest import NOW
from tests.central.facts import terminal_punch


def test_steps_make_exactly_the_tables_that_the_code_sees(ledger: Ledger) -> None:
    """The schema in the code and the schema in the database are one."""
    for module in pkgutil.iter_modules(central.ledger.__path__, "central.ledger."):
        importlib.import_module(module.name)
    with ledger.read() as connection:
        seen = inspect(connection)
        assert set(seen.get_table_names()) == {*metadata.tables, "migrations"}
        for name, table in metadata.tables.items():
            key = seen.get_pk_constraint(name)["constrained_columns"]
            assert key == [column.name for column in table.primary_key], name
            columns = {it["name"]: it["nullable"] and it["name"] not in key for it in seen.get_columns(name)}
            assert columns == {it.name: it.nullable for it in table.columns}, name


def test_steps_are_applied_once_and_in_order(ledger: Ledger) -> None:
    """A second start finds nothing to do."""
    names = [step.name for step in STEPS]
    assert names == sorted(set(names))
    assert ledger.migrate(NOW) == []
    with ledger.read() as connection:
        assert migrations.applied(connection) == names


def test_two_that_start_at_once_make_one_ledger(database: str) -> None:
    """A service and a command that meet on an empty database do not trip over each other."""
    both = [Ledger(database), Ledger(database)]
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda one=one: applied.append(one.migrate(NOW))) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in both:
        one.close()
    assert sorted(applied, key=len) == [[], [step.name for step in STEPS]]


def test_step_of_a_newer_central_is_named(ledger: Ledger) -> None:
    """An older central runs on a newer database and says so."""
    assert ledger.unknown_steps() == []
    with ledger.write() as connection:
        connection.execute(text("INSERT INTO migrations VALUES ('9999-from-the-future', 0)"))
    assert ledger.unknown_steps() == ["9999-from-the-future"]


_OLD_PUNCHES = """INSERT INTO punches (punch_id, day, edge, reader, kind, device, badge_form, badge_raw,
    badge_canon, badge_key, device_wall_us, read_at_us, clock_trust, clock_offset_s, boot_id, uptime_s,
    direction_code, verify_code, how, raw, arrival_id, seq, offset_before_s)
    VALUES (:punch_id, 7, :edge, 'gate', 'terminal', :device, 'user-id', '5', NULL, '5', :wall, 9, :trust,
    0.5, 'boot', 1.5, :direction, NULL, 'live', '00ff', 3, 4, NULL)"""
_SEEN = """SELECT punch_id, day, edge, reader, kind, device, badge_form, badge_raw, badge_canon, badge_key,
    device_wall_us, read_at_us, clock_trust, clock_offset_s, boot_id, uptime_s, direction_code, verify_code,
    how, raw, arrival_id, seq, offset_before_s FROM punches ORDER BY punch_id"""


def test_punches_of_before_their_rows_were_shortened_are_the_same(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade changes nothing of what the ledger tells of a punch, and new ones join their readers."""
    ledger = Ledger(database)
    older = [step for step in STEPS if step.name < "0021"]
    monkeypatch.setattr(migrations, "STEPS", older)
    ledger.migrate(NOW)
    kinds = list(product(("pune-01", "surat-02"), ("SER1", None), (8, None), ("synced", "unset"), (0, None)))
    with ledger.write() as connection:
        for number, kind in enumerate(kinds):
            row = dict(zip(("edge", "device", "wall", "trust", "direction"), kind, strict=True))
            connection.execute(text(_OLD_PUNCHES), {"punch_id": number.to_bytes(16, "big"), **row})
        before = connection.execute(text(_SEEN)).all()
    monkeypatch.undo()
    ledger.migrate(NOW)
    one = terminal_punch(1, reader="gate")
    with ledger.write() as connection:
        after = connection.execute(text(_SEEN)).all()
        landing.land(connection, [Parcel("pune-01", "o", 1, 1, 0, [(1, one)])], NOW)
        counts = queries.counts(connection)
    ledger.close()
    assert len(before) == len(kinds)
    assert after == before
    assert counts == {("pune-01", "gate"): len(kinds) // 2 + 1, ("surat-02", "gate"): len(kinds) // 2}


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
def test_audit_keeps_every_row_as_it_is(ledger: Ledger, change: str) -> None:
    """What was recorded cannot be changed or deleted, not even by central's own account."""
    with ledger.write() as connection:
        audit.record(connection, NOW, "anna", "resync", "r-1", {"people": 2})
    with pytest.raises((DBAPIError, LedgerError), match="append-only"), ledger.write() as connection:
        connection.execute(text(change))
    with ledger.read() as connection:
        (entry,) = audit.entries(connection)
    assert (entry.actor, entry.detail) == ("anna", {"people": 2})
