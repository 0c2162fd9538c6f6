"""Owns the report `availability` of `punchwire`: how much of a time edges were up, and the gaps in it."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from admin.asking import check_span, new_id, note, outcome, print_array
from admin.board import lines, plain
from admin.client import Client
from admin.errors import UsageError
from admin.selecting import people_of
from ground.mqtt import BrokerOptions
from wire.availability import AvailabilityPage, AvailabilityRequest, EdgeAvailability
from wire.facts import Span
from wire.people import OrgFilter

KIND = "availability"
_HEADER = ("edge", "from", "to", "up", "gaps", "not known to be up")
_CSV = ("edge", "since", "until", "percent", "down_s", "gaps")
_MINUTE, _HOUR = 60, 3600


def availability(options: BrokerOptions, flags: Namespace) -> int:
    """Print the availability of edges, a line each, and below it each gap."""
    check_span(flags)
    branch = _branch(flags)
    with Client(options).connected() as client:
        rows = list(_rows(client, flags, branch))
    if flags.json:
        print_array(msgspec.json.encode(row).decode() for row in rows)
    elif flags.csv:
        for cells in (_CSV, *map(_cells, rows)):
            sys.stdout.write(",".join(cells) + "\n")
    else:
        sys.stdout.write("\n".join(availability_lines(rows)) + "\n")
        if any(row.gaps for row in rows):
            note("a gap is the most that can have been lost: nothing shows that the edge was up in it")
    return 0


def _branch(flags: Namespace) -> str | None:
    people = people_of(flags)
    if flags.by or people != OrgFilter(branch=people.branch) or len(people.branch) > 1:
        raise UsageError("availability is of edges, not of people: --branch is all that it takes")
    return people.branch[0] if people.branch else None


def _rows(client: Client, flags: Namespace, branch: str | None) -> Iterator[EdgeAvailability]:
    after: str | None = None
    span = Span(first=flags.first, last=flags.last)
    while True:
        request = AvailabilityRequest(request_id=new_id(), span=span, branch=branch, after=after)
        page = outcome(client.ask("availability", request), AvailabilityPage)
        yield from page.edges
        after = page.after
        if after is None:
            return


def availability_lines(rows: Sequence[EdgeAvailability]) -> list[str]:
    """A table of edges, and below it their gaps."""
    body = [
        (
            plain(row.edge),
            _time(row.since),
            _time(row.until),
            "never told" if row.percent is None else f"{row.percent:.2f} %",
            str(len(row.gaps) + row.more_gaps),
            _length(row.down_s) if row.down_s else "",
        )
        for row in rows
    ]
    gaps = [
        f"{plain(row.edge)}: {_time(gap.begins)} to {_time(gap.ends)}"
        f" ({_length(round((gap.ends - gap.begins).total_seconds()))})"
        for row in rows
        for gap in row.gaps
    ]
    return [*lines(_HEADER, body), *gaps]


def _cells(row: EdgeAvailability) -> tuple[str, ...]:
    percent = "" if row.percent is None else f"{row.percent:.2f}"
    gaps = str(len(row.gaps) + row.more_gaps)
    return row.edge, _time(row.since), _time(row.until), percent, str(row.down_s), gaps


def _time(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _length(seconds: int) -> str:
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
