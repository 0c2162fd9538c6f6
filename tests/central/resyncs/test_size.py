"""Promises of resyncs that are large: what is told of them fits into a message, on any database."""

from datetime import UTC, datetime
from pathlib import Path

from central.ledger import queries
from central.ledger.database import Ledger
from central.ledger.resyncs import found
from central.requests.asking import answer, fits
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import Company, punch
from tests.resync_answers import resync_progress
from wire.facts import Span
from wire.people import OrgFilter
from wire.resync import Reconciliation, ResyncEntry, ResyncShown

AT = datetime(2026, 5, 18, 8, tzinfo=UTC)


def test_who_asks_for_thousands_by_name_is_told_without_their_names(ledger: Ledger, tmp_path: Path) -> None:
    """The request just fits; what is told of it has other things to say as well."""
    company = Company(ledger, tmp_path, [person(1)])
    company.at("2026-05-18 08:00")
    company.settings(OFFICE)
    company.hold(punch("2026-05-11 09:00"))
    company.hire(*(person(number) for number in range(2, 300)))
    told = company.resync(people=OrgFilter(employees=tuple(f"E{number}" for number in range(1, 300))))
    assert (told.people, told.selected) == (OrgFilter(), 299)


def test_a_page_of_a_resync_of_very_many_readers_fits_into_a_message() -> None:
    """As many readers as there is room for beside the longest page, and how many more there are."""
    readers = [
        Reconciliation(edge=f"edge-{number}", reader="front-gate", state="reconciled", evidence="x" * 80)
        for number in range(1000)
    ]
    span = Span(first=AT.date(), last=AT.date())
    entry = ResyncEntry(
        name="r-1",
        user="anna",
        state="reconciled",
        mode="reread",
        dry_run=False,
        selected=2,
        span=span,
        began_at=AT,
    )
    rows = tuple(("x" * 70, number) for number in range(800))
    shown = ResyncShown(entry=entry, progress=resync_progress(*readers), columns=("a", "b"), rows=rows)
    message = answer("q-1", "done", AT, body=shown)
    assert fits(message)
    assert b'"readers_more":9' in message


def test_any_number_of_orders_can_be_looked_at(ledger: Ledger) -> None:
    """A resync of everybody by name, at many branches, has more orders than a statement takes values."""
    order_ids = [f"reread-{number}" for number in range(70_000)]
    with ledger.read() as connection:
        assert found.counts(connection, order_ids) == {}
        assert queries.reports(connection, order_ids) == []
