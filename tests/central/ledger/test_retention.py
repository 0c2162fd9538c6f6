"""What may be forgotten goes when its days are over, and nothing else, whatever else there is."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from central.config import load
from central.forgetting import Forgetting
from central.ledger import audit, orders, quarantine, retention
from central.ledger.accounts import accounts
from central.ledger.database import Ledger
from central.ledger.replay import replay
from central.ledger.resyncs.tables import parts
from central.ledger.schema import edge_facts, metadata
from central.ledger.schema import orders as orders_table
from central.ledger.schema import quarantine as quarantine_table
from central.streams import Unread
from ground.settings import SettingsError
from tests.central.conftest import NOW
from tests.central.days.works import OFFICE, person
from tests.central.facts import envelope, terminal_punch
from tests.central.ledger.test_landing import land
from tests.central.resyncs.company import Company, punch
from tests.central.test_accounting import Branch
from tests.waiting import until
from wire.codec import encode
from wire.facts import EdgeEvent, OrderOutcome, Span
from wire.order import ResendOrder

OLD, YOUNG = NOW - timedelta(days=100), NOW - timedelta(days=10)
MAY = Span(first=date(2026, 5, 1), last=date(2026, 5, 17))


def rows(ledger: Ledger) -> dict[str, int]:
    """How many rows each table has, those without any left out."""
    with ledger.read() as connection:
        counts = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in counts.items() if count}


def order(name: str, expires_at: datetime) -> ResendOrder:
    """An order."""
    return ResendOrder(order_id=name, expires_at=expires_at, outbox_id="outbox-1", first_seq=1, last_seq=2)


def held(ledger: Ledger, column: Any) -> Sequence[Any]:
    """What stands in a column, in order."""
    with ledger.read() as connection:
        return connection.execute(select(column).order_by(column)).scalars().all()


def forget(ledger: Ledger, before: datetime) -> dict[str, int]:
    """Forget one piece."""
    with ledger.write() as connection:
        return dict(retention.forget(connection, before))


def test_only_diagnostics_that_are_over_go(ledger: Ledger) -> None:
    """Ended orders with what was told of them, events and replayed quarantine; of open ones nothing."""
    done = OrderOutcome(order_id="done", outcome="done", at=OLD)
    event = EdgeEvent(event="clock_stepped", at=OLD)
    for at in (OLD, YOUNG):
        days = (at - NOW).days
        land(ledger, envelope(1 - days, terminal_punch(days), event), after_s=(at - NOW).total_seconds())
    with ledger.write() as connection:
        orders.give(connection, "pune-01", order("done", NOW), OLD)
        orders.give(connection, "pune-01", order("expired", OLD + timedelta(days=1)), OLD)
        orders.give(connection, "pune-01", order("open", NOW + timedelta(days=3650)), OLD)
        orders.give(connection, "pune-01", order("late", OLD + timedelta(days=1)), OLD)
        orders.withdraw(connection, ["late"], "cancelled", YOUNG)
        readable = Unread("pune-01", encode(terminal_punch(7)), "once unknown", "outbox-1", 7)
        quarantine.keep(connection, [readable, Unread("pune-01", b"\xff", "no JSON")], OLD)
        replay(connection, OLD)
    land(ledger, envelope(500, done), after_s=(OLD - NOW).total_seconds())
    before = rows(ledger)
    gone = forget(ledger, NOW - timedelta(days=40))
    assert gone == {"orders": 2, "facts": 2, "quarantine": 1}
    assert held(ledger, orders_table.c.order_id) == ["late", "open"]
    assert held(ledger, edge_facts.c.received_at) == [YOUNG]
    assert held(ledger, quarantine_table.c.payload) == [b"\xff"]
    expected = {"orders": 2, "edge_facts": 1, "quarantine": 1}
    assert rows(ledger) == before | expected
    assert forget(ledger, NOW - timedelta(days=40)) == {}


def test_a_resync_that_changed_something_keeps_all_that_undoing_needs(ledger: Ledger, tmp_path: Path) -> None:
    """Of two resyncs the one that changed nothing goes with its orders; the other can be undone after it."""
    company = Company(ledger, tmp_path, [person(1), person(2)])
    company.at("2026-05-18 08:00")
    company.settings(OFFICE)
    company.hold(punch("2026-05-11 09:00"), punch("2026-05-11 17:00"))
    company.settle()
    before = company.kept()
    company.hold(punch("2026-05-04 09:00"), punch("2026-05-04 17:00"), ledger=False)
    assert company.resync("adds", span=MAY, reason="a test").readers[0].added == 2
    company.resync("idle", span=MAY, reason="a test")
    gone: dict[str, int] = {}
    while piece := forget(ledger, company.now + timedelta(days=50)):
        gone |= piece
    assert gone["resyncs"] == 1
    assert company.progress("adds").readers[0].added == 2
    assert [entry.name for entry in company.manage("list", None).resyncs] == ["adds"]
    assert held(ledger, orders_table.c.order_id) == held(ledger, parts.c.order_id) != []
    assert company.undo("adds").state == "undone"
    company.settle()
    assert company.kept() == before


def test_an_order_that_an_account_names_stays(ledger: Ledger) -> None:
    """What an edge told for it is looked at again as long as the account is not settled."""
    branch = Branch(ledger)
    branch.punch(1)
    branch.tell()
    with ledger.write() as connection:
        for name in ("named", "other"):
            orders.give(connection, "pune-01", order(name, OLD), OLD)
        connection.execute(update(accounts).values(order_id="named"))
    assert forget(ledger, NOW - timedelta(days=40))["orders"] == 1
    assert held(ledger, orders_table.c.order_id) == ["named"]


def test_the_thread_forgets_piece_by_piece_and_audits_each(tmp_path: Path) -> None:
    """However much there is, others can write in between, and who looks later finds what went and when."""
    ledger = Ledger(str(tmp_path / "ledger.db"))
    ledger.migrate(NOW)
    count = retention.PIECE * 2 + 5
    for first in range(1, count, 500):
        some = range(first, min(first + 500, count + 1))
        told = [EdgeEvent(event="x", at=OLD + timedelta(seconds=at)) for at in some]
        land(ledger, envelope(first, *told), after_s=(OLD - NOW).total_seconds())
    land(ledger, envelope(count + 1, terminal_punch(1)), after_s=(OLD - NOW).total_seconds())
    forgetting = Forgetting(ledger, 40, first_s=0.0, clock=lambda: NOW)
    forgetting.start()
    until(lambda: "edge_facts" not in rows(ledger))
    forgetting.stop()
    assert not forgetting.alive
    with ledger.read() as connection:
        told_of = [(entry.verb, entry.detail["facts"]) for entry in audit.entries(connection)]
    assert told_of == [("retention", 5), ("retention", retention.PIECE), ("retention", retention.PIECE)]
    assert rows(ledger)["punch_rows"] == 1
    ledger.close()


def test_nothing_goes_unless_it_is_told(tmp_path: Path) -> None:
    """Without the section everything stays; less than the weeks that are looked at again is a mistake."""
    path = tmp_path / "central.toml"
    text = f'[central]\ntimezone = "Asia/Kolkata"\ndatabase = "{tmp_path}/l.db"\n[broker]\nhost = "h"\n'
    path.write_text(text)
    assert load(path).retention.diagnostics_days is None
    path.write_text(f"{text}[retention]\ndiagnostics_days = 400\n")
    assert load(path).retention.diagnostics_days == 400
    path.write_text(f"{text}[retention]\ndiagnostics_days = 39\n")
    with pytest.raises(SettingsError, match=r"retention\.diagnostics_days"):
        load(path)
