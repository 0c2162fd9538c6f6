"""Owns the verbs `report` and `day`: a report as a table, CSV or JSON, and one workday with its reasons."""

import csv
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TextIO

import msgspec

from admin.asking import check_span, new_id, outcome, print_array
from admin.availability import KIND, availability
from admin.board import lines
from admin.client import Client
from admin.daysheet import day_lines
from admin.errors import UsageError
from admin.selecting import echo, people_of
from admin.tabulating import Cell, headed, numbers, shown
from admin.totals import added_up, totals
from ground.mqtt import BrokerOptions
from wire.facts import Span
from wire.reporting import DayAnswer, DayRequest, ReportPage, ReportRequest

_PAGE = 500

Cells = Sequence[Cell]


def report(options: BrokerOptions, flags: Namespace) -> int:
    """Print a report, page by page as CSV or JSON, whole as a table."""
    if flags.kind == KIND:
        return availability(options, flags)
    check_span(flags)
    by_hour = flags.kind == "headcount"
    if by_hour and flags.by:
        raise UsageError("a headcount is by the hour already; leave --by out")
    with Client(options).connected() as client:
        pages = _pages(client, flags)
        first = next(pages)
        echo(first)
        columns: Sequence[str] = first.columns
        rows: Iterable[Cells] = (row for page in chain([first], pages) for row in page.rows)
        if by_hour:
            rows = added_up(rows)
        elif flags.by:
            columns, rows = totals(columns, rows, tuple(dict.fromkeys(flags.by)))
        if flags.json:
            print_array(msgspec.json.encode(dict(zip(columns, row, strict=True))).decode() for row in rows)
        elif flags.csv:
            write_csv(sys.stdout, columns, rows)
        else:
            whole = shown(columns, list(rows))
            sys.stdout.write("\n".join(lines(headed(columns), whole, numbers(columns))) + "\n")
    return 0


def _pages(client: Client, flags: Namespace) -> Iterator[ReportPage]:
    people = people_of(flags)
    after: str | None = None
    while True:
        request = ReportRequest(
            request_id=new_id(),
            kind=flags.kind,
            span=Span(first=flags.first, last=flags.last),
            people=people,
            limit=_PAGE,
            after=after,
        )
        page = outcome(client.ask("report", request), ReportPage)
        yield page
        after = page.after
        if after is None:
            return


def write_csv(out: TextIO, columns: Sequence[str], rows: Iterable[Cells]) -> None:
    """Write rows for a spreadsheet. A text that it would take for a formula gets an apostrophe before it."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell


def day(options: BrokerOptions, flags: Namespace) -> int:
    """Print one workday of one employee, with the reasons for every figure."""
    with Client(options).connected() as client:
        request = DayRequest(request_id=new_id(), employee=flags.employee_id, date=flags.date)
        told = outcome(client.ask("day", request), DayAnswer)
    if flags.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    else:
        sys.stdout.write("\n".join(day_lines(told)) + "\n")
    return 0
