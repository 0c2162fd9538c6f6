"""Owns the verb `export`: complete rows for other programs, as CSV or as JSON lines, page by page."""

import csv
import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from admin.asking import check_span, new_id, note, outcome
from admin.client import Client
from admin.selecting import echo, people_of
from ground.mqtt import BrokerOptions
from wire.facts import Span
from wire.listing import ExportRequest
from wire.people import OrgFilter
from wire.reporting import ReportPage

_PAGE = 500


def export(options: BrokerOptions, flags: Namespace) -> int:
    """Print an export; after each page its cursor stands on standard error if `--cursors` asks for it."""
    check_span(flags)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    with Client(options).connected() as client:
        for number, page in enumerate(_pages(client, people_of(flags), flags)):
            echo(page)
            if flags.json_lines or flags.json:
                for row in page.rows:
                    line = msgspec.json.encode(dict(zip(page.columns, row, strict=True)))
                    sys.stdout.write(line.decode() + "\n")
            else:
                if not number and flags.after is None:
                    writer.writerow(page.columns)
                writer.writerows(["" if cell is None else cell for cell in row] for row in page.rows)
            sys.stdout.flush()
            if flags.cursors and page.after is not None:
                note(f"--after {page.after}")
    return 0


def _pages(client: Client, people: OrgFilter, flags: Namespace) -> Iterator[ReportPage]:
    after: str | None = flags.after
    while True:
        request = ExportRequest(
            request_id=new_id(),
            kind=flags.kind,
            span=Span(first=flags.first, last=flags.last),
            people=people,
            limit=_PAGE,
            after=after,
        )
        page = outcome(client.ask("export", request), ReportPage)
        yield page
        after = page.after
        if after is None:
            return
