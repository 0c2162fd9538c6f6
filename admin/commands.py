"""Owns what each verb of `punchwire` does: ask the broker, show the answer, return the exit status."""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from admin import board, figures
from admin.asking import check_span, new_id, note, outcome, print_array
from admin.client import Client
from admin.views import view
from admin.watching import Watching
from ground.mqtt import BrokerOptions
from wire.board import BoardEntry
from wire.codec import WireError, decode
from wire.facts import Span
from wire.listing import PunchesPage, PunchesRequest, PunchRow, Summary, SummaryRequest
from wire.vitals import Status

LEFT_OVER = 1
CHECK_FAILED = 3
_GRACE_S = 60.0
T = TypeVar("T")


def status(options: BrokerOptions, flags: Namespace) -> int:
    """Print the board once."""
    with Client(options).connected() as client:
        entries, central = _snapshot(client)
    now = datetime.now(UTC)
    if flags.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(entries), indent=2).decode() + "\n")
    elif entries:
        _print_board(entries, now)
    if not entries:
        note("nothing is on the board: no edge has connected yet, or central has never run")
    if central is None or not central.online:
        since = "" if central is None else f" since {central.at.isoformat()}"
        note(f"central is away{since}: the colours may be old")
    fine = entries and board.worst(entries) != "red" and central is not None and central.online
    return CHECK_FAILED if flags.check and not fine else 0


def _snapshot(client: Client) -> tuple[list[BoardEntry], Status | None]:
    """The retained board in its order, and central's own status."""
    found: dict[board.Key, BoardEntry] = {}
    central: Status | None = None
    for message in client.retained(client.topics.whole_board):
        try:
            if message.topic == client.topics.central_status:
                central = decode(message.payload, Status)
            elif message.payload:
                entry = decode(message.payload, BoardEntry)
                found[board.key(entry)] = entry
        except WireError as error:
            note(f"{message.topic} cannot be read: {error}")
    return board.in_order(found), central


def _print_board(entries: list[BoardEntry], now: datetime) -> None:
    if sys.stdout.isatty():
        try:
            from rich.console import Console  # noqa: PLC0415 - without the extra, plain lines do

            from admin.screen import table  # noqa: PLC0415
        except ImportError:
            pass
        else:
            Console().print(table(entries, now))
            return
    sys.stdout.write("\n".join(board.lines(board.COLUMNS, board.rows(entries, now))) + "\n")


def punches(options: BrokerOptions, flags: Namespace) -> int:
    """List punches, page by page, as they come."""
    check_span(flags)
    with Client(options).connected() as client:
        rows = _limited(_pages(client, flags), flags.limit)
        if flags.json:
            print_array(msgspec.json.encode(row).decode() for row in rows)
            return 0
        sys.stdout.write(figures.punch_line(figures.PUNCH_HEADER) + "\n")
        for row in rows:
            sys.stdout.write(figures.punch_line(figures.punch_cells(row)) + "\n")
    return 0


def _pages(client: Client, flags: Namespace) -> Iterator[PunchRow]:
    after: str | None = None
    while True:
        request = PunchesRequest(
            request_id=new_id(),
            span=Span(first=flags.first, last=flags.last),
            employee=flags.employee,
            reader=flags.reader,
            limit=min(flags.limit or 500, 500),
            after=after,
        )
        page = outcome(client.ask("punches", request), PunchesPage)
        yield from page.punches
        after = page.after
        if after is None:
            return


def _limited(rows: Iterator[PunchRow], limit: int | None) -> Iterator[PunchRow]:
    for number, row in enumerate(rows, 1):
        yield row
        if number == limit:
            return


def summary(options: BrokerOptions, flags: Namespace) -> int:
    """Print the ledger in figures."""
    with Client(options).connected() as client:
        told = outcome(client.ask("summary", SummaryRequest(request_id=new_id())), Summary)
    if flags.json:
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
    else:
        sys.stdout.write("\n".join(figures.summary_lines(told)) + "\n")
    return 0


def watch(options: BrokerOptions, flags: Namespace) -> int:
    """Keep the board on the screen until interrupted, or for some seconds."""
    until = None if flags.seconds is None else time.monotonic() + flags.seconds
    with Client(options).connected() as client, view(as_json=flags.json) as shown:
        Watching(client, shown).run(until)
    return 0
