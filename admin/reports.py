"""Owns the verbs `report` and `day`: a report as a table, CSV or JSON, and one workday with its reasons."""

import csv
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TextIO

import msgspec

from admin.asking import check_span, new_id, outcome, print_array
from admin.board import lines, plain
from admin.client import Client
from admin.daysheet import day_lines
from ground.mqtt import BrokerOptions
from wire.facts import Span
from wire.people import OrgFilter
from wire.reporting import DayAnswer, DayRequest, ReportPage, ReportRequest

DIMENSIONS = (
    "status",
    "sbu",
    "state",
    "branch",
    "department",
    "sub_department",
    "designation",
    "employee_type",
)
_PAGE = 500

Cells = Sequence[str | int | None]


def report(options: BrokerOptions, flags: Namespace) -> int:
    """Print a report, page by page as CSV or JSON, whole as a table."""
    check_span(flags)
    with Client(options).connected() as client:
        pages = _pages(client, flags)
        first = next(pages)
        rows = (row for page in chain([first], pages) for row in page.rows)
        if flags.json:
            print_array(
                msgspec.json.encode(dict(zip(first.columns, row, strict=True))).decode() for row in rows
            )
        elif flags.csv:
            write_csv(sys.stdout, first.columns, rows)
        else:
            _print_table(first.columns, list(rows))
    return 0


def _pages(client: Client, flags: Namespace) -> Iterator[ReportPage]:
    given = {"employees": flags.employee, **{name: getattr(flags, name) for name in DIMENSIONS}}
    people = msgspec.convert(given, OrgFilter)
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


def _harmless(cell: str | int | None) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell


def _print_table(columns: Sequence[str], rows: Sequence[Cells]) -> None:
    heads = [column.replace("_minutes", "").replace("_", " ") for column in columns]
    body = [tuple(_shown(cell) for cell in row) for row in rows]
    if sys.stdout.isatty():
        try:
            from rich.console import Console  # noqa: PLC0415 - without the extra, plain lines do

            from admin.screen import sheet  # noqa: PLC0415
        except ImportError:
            pass
        else:
            Console().print(sheet(heads, body, _numbers(rows)))
            return
    sys.stdout.write("\n".join(lines(tuple(heads), body)) + "\n")


def _numbers(rows: Sequence[Cells]) -> set[int]:
    """The places of columns that hold numbers."""
    return {place for row in rows for place, cell in enumerate(row) if isinstance(cell, int)}


def _shown(cell: str | int | None) -> str:
    return "" if cell is None else plain(str(cell))


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
