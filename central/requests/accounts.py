"""Owns the answers about the accounts of readers' days, of the branches that may be seen."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from central.access.scope import Scope
from central.balance import Sides
from central.ledger import accounts, tallies
from central.ledger.accounts import Entry
from central.ledger.database import Ledger
from central.requests.asking import check_span
from central.requests.branches import edges_within
from central.workdays.interpretation import Sites
from wire.account import Tally
from wire.accounting import AccountCause, AccountPage, AccountRequest, AccountRow
from wire.codec import encode
from wire.facts import Span

_LONGEST_PAGE = 100_000
"""Bytes of a page; the wire can carry it with what is around it."""
Place = tuple[str, str]
"""An edge and one of its readers."""


def account_page(
    ledger: Ledger,
    sites: Sites,
    readers: Mapping[str, Sequence[str]],
    scope: Scope,
    request: AccountRequest,
    now: datetime,
) -> AccountPage:
    """The accounts of a day. What the ledger no longer holds as it was compared is looked into at once.

    Raises Refusal for a branch that does not exist, or that is not wholly within the limits.
    """
    day = Span(first=request.date, last=request.date)
    check_span(day)
    with ledger.read() as connection:
        edges = edges_within(sites, scope, request.branch, "an account counts all of a branch")
        told = {(one.edge, one.reader): one for one in accounts.of_day(connection, request.date, edges)}
        known = {(edge, reader) for edge, names in readers.items() for reader in names}
        places = sorted(place for place in known | told.keys() if edges is None or place[0] in edges)
        behind = [place for place in places if request.after is None or "/".join(place) > request.after]
        rows: list[AccountRow] = []
        stale: list[Entry] = []
        size = 0
        for place in behind[: request.limit]:
            held = tallies.tally_of(connection, *place, day)
            entry = told.get(place)
            row = _row(place, held, entry)
            size += len(encode(row))
            if rows and size > _LONGEST_PAGE:
                break
            rows.append(row)
            if entry is not None and entry.standing.ledger not in (None, held):
                stale.append(entry)
    if stale:
        with ledger.write() as connection:
            accounts.put_off(connection, stale, now)
    more = len(behind) > len(rows)
    return AccountPage(accounts=tuple(rows), after="/".join(behind[len(rows) - 1]) if more else None)


def _row(place: Place, held: Tally, entry: Entry | None) -> AccountRow:
    if entry is None:
        return AccountRow(edge=place[0], reader=place[1], ledger=held)
    account, verdict = entry.account, entry.verdict
    causes = tuple(
        AccountCause(cause=cause, count=named.count, punch_ids=named.ids)
        for cause, named in entry.standing.causes.items()
    )
    if verdict == "equal" and not Sides(account.device, account.edge, held).equal:
        missing = abs(account.edge.count - held.count) or 1
        verdict, causes = "differs", (AccountCause(cause="not-counted", count=missing),)
    return AccountRow(
        edge=place[0],
        reader=place[1],
        ledger=held,
        verdict=verdict,
        device=account.device,
        outbox=account.edge,
        serial=account.serial,
        told_at=account.at,
        read_at=account.read_at,
        causes=causes,
        healing=entry.order_id is not None,
    )
