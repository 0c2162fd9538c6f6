"""Owns the verb `account` of `punchwire`: what device, outbox and ledger hold of a day, reader by reader."""

import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from admin.asking import new_id, outcome, print_array
from admin.board import lines, plain
from admin.client import Client
from ground.mqtt import BrokerOptions
from wire.account import Tally
from wire.accounting import AccountPage, AccountRequest, AccountRow, in_words

DIFFERS = 1
_HEADER = ("edge", "reader", "device", "outbox", "ledger", "account")
_IDS_SHOWN = 5


def account(options: BrokerOptions, flags: Namespace) -> int:
    """Print the accounts of a day; exit status 1 if any of them differs."""
    with Client(options).connected() as client:
        rows = list(_rows(client, flags))
    if flags.json:
        print_array(msgspec.json.encode(row).decode() for row in rows)
    else:
        sys.stdout.write("\n".join([*account_lines(rows), _figures(rows)]) + "\n")
    return DIFFERS if any(row.verdict == "differs" for row in rows) else 0


def _rows(client: Client, flags: Namespace) -> Iterator[AccountRow]:
    after: str | None = None
    while True:
        request = AccountRequest(request_id=new_id(), date=flags.date, branch=flags.branch, after=after)
        page = outcome(client.ask("account", request), AccountPage)
        yield from page.accounts
        after = page.after
        if after is None:
            return


def account_lines(rows: Sequence[AccountRow]) -> list[str]:
    """Accounts as a table, and below it the punches of those that differ, a line for each cause."""
    body = [
        (
            row.edge,
            row.reader,
            _count(row.device),
            _count(row.outbox),
            str(row.ledger.count),
            plain(_verdict(row)),
        )
        for row in rows
    ]
    named = [
        f"{row.edge}/{row.reader}: {cause.cause} {' '.join(cause.punch_ids[:_IDS_SHOWN])}{_more(cause.count)}"
        for row in rows
        if row.verdict == "differs"
        for cause in row.causes
        if cause.punch_ids
    ]
    return [*lines(_HEADER, body), *map(plain, named)]


def _verdict(row: AccountRow) -> str:
    if row.verdict is None:
        return "not told yet"
    why = in_words({cause.cause: cause.count for cause in row.causes})
    asked = " (asked for)" if row.healing and row.verdict == "differs" else ""
    return f"{row.verdict}: {why}{asked}" if why else row.verdict


def _count(tally: Tally | None) -> str:
    return "-" if tally is None else str(tally.count)


def _more(count: int) -> str:
    return f" and {count - _IDS_SHOWN} more" if count > _IDS_SHOWN else ""


def _figures(rows: Sequence[AccountRow]) -> str:
    counts = Counter(row.verdict or "not told yet" for row in rows)
    return ", ".join(f"{counts[name]} {name}" for name in sorted(counts)) or "no reader is known"
