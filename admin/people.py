"""Owns the verbs `employees`, `facets`, `tree` and `filters`: who is selected, how many, saved filters."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from datetime import date

import msgspec

from admin.asking import new_id, note, outcome, print_array
from admin.board import lines, plain
from admin.client import Client
from admin.errors import UsageError
from admin.exporting import export
from admin.person import person
from admin.selecting import add_people_flags, echo, people_of, told
from ground.mqtt import BrokerOptions
from wire.people import (
    EmployeeRow,
    EmployeesPage,
    EmployeesRequest,
    Facets,
    FacetsRequest,
    FiltersRequest,
    OrgFilter,
    SavedFilters,
    Tree,
    TreeRequest,
)

_PAGE = 500
_LIMIT = 50
_MOST = 100_000_000
_COLUMNS = EmployeeRow.__struct_fields__


def employees(options: BrokerOptions, flags: Namespace) -> int:
    """Print the people whom a filter selects, `--limit` of them, and how to go on."""
    with Client(options).connected() as client:
        pages = _pages(client, people_of(flags), flags)
        first = next(pages)
        echo(first)
        rows, after = list(first.employees), first.after
        for page in pages:
            rows += page.employees
            after = page.after
    if flags.json:
        print_array(msgspec.json.encode(row).decode() for row in rows)
    else:
        heads = tuple(name.replace("_", " ") for name in _COLUMNS)
        body = [tuple(plain(getattr(row, name)) for name in _COLUMNS) for row in rows]
        sys.stdout.write("\n".join(lines(heads, body)) + "\n")
    if after is not None:
        note(f"more behind these: --after {after}")
    return 0


def _pages(client: Client, people: OrgFilter, flags: Namespace) -> Iterator[EmployeesPage]:
    left, after = flags.limit, flags.after
    while True:
        request = EmployeesRequest(
            request_id=new_id(),
            people=people,
            on=flags.on,
            sort=flags.sort.replace("-", "_"),
            descending=flags.desc,
            limit=min(left, _PAGE),
            after=after,
        )
        page = outcome(client.ask("employees", request), EmployeesPage)
        yield page
        left, after = left - len(page.employees), page.after
        if after is None or left <= 0:
            return


def facets(options: BrokerOptions, flags: Namespace) -> int:
    """Print how many people have each value, given the rest of the filter."""
    with Client(options).connected() as client:
        request = FacetsRequest(
            request_id=new_id(), people=people_of(flags), on=flags.on, limit=min(flags.limit, _PAGE)
        )
        answer = outcome(client.ask("facets", request), Facets)
    echo(answer)
    if flags.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer.facets), indent=2).decode() + "\n")
        return 0
    for facet in answer.facets:
        sys.stdout.write(f"{facet.dimension.replace('_', ' ')}\n")
        for one in facet.values:
            mark = "*" if one.chosen else " "
            sys.stdout.write(f"{mark} {one.people:>9}  {plain(one.value) or '(none)'}\n")
        if facet.more:
            sys.stdout.write(f"             {facet.more} values more\n")
    return 0


def tree(options: BrokerOptions, flags: Namespace) -> int:
    """Print the organisation as a tree, with how many people each unit has."""
    with Client(options).connected() as client:
        request = TreeRequest(
            request_id=new_id(), people=people_of(flags), on=flags.on, depth=int(flags.depth)
        )
        answer = outcome(client.ask("tree", request), Tree)
    echo(answer)
    if flags.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer.units), indent=2).decode() + "\n")
        return 0
    for one in answer.units:
        indent = "  " * (one.level - 1)
        sys.stdout.write(f"{one.people:>9}  {indent}{plain(one.value) or '(none)'}\n")
    if answer.depth < request.depth:
        note(f"only {answer.depth} levels fit; choose a part of it to see more")
    return 0


def filters(options: BrokerOptions, flags: Namespace) -> int:
    """List the saved filters, or save or delete one."""
    if flags.do != "list" and flags.name is None:
        raise UsageError(f"{flags.do} needs the name of a filter")
    with Client(options).connected() as client:
        people = people_of(flags) if flags.do == "save" else None
        request = FiltersRequest(
            request_id=new_id(), do=flags.do, name=flags.name, people=people, shared=flags.shared
        )
        kept = outcome(client.ask("filters", request), SavedFilters)
    if flags.json:
        print_array(msgspec.json.encode(one).decode() for one in kept.filters)
        return 0
    for one in kept.filters:
        mark = " (shared)" if one.shared else ""
        sys.stdout.write(f"{plain(one.name)}{mark}: {told(one.people)}\n")
    return 0


def add_verbs(
    verb: Callable[[str, object, str], ArgumentParser],
    add_span: Callable[[ArgumentParser], None],
    day: Callable[[str], date],
) -> None:
    """Add these verbs, `person` and `export`, to the command."""
    columns = [name.replace("_", "-") for name in _COLUMNS]
    listing = verb("employees", employees, "List the employees whom a filter selects.")
    listing.add_argument("--sort", choices=columns, default="employee-id", metavar="COL", help="%(choices)s")
    listing.add_argument("--desc", action="store_true", help="the other way round")
    listing.add_argument("--limit", type=_some, default=_LIMIT, help=f"default {_LIMIT}")
    listing.add_argument("--after", metavar="CURSOR", help="go on where another list ended")
    one = verb("person", person, "Show the units, badges and employment of one employee, past and present.")
    one.add_argument("employee_id", metavar="EMPLOYEE")
    counting = verb("facets", facets, "Count the employees by value, given the rest of the filter.")
    counting.add_argument("--limit", type=_some, default=_LIMIT, help="values of each dimension")
    drawing = verb("tree", tree, "Show the organisation as a tree, with how many people each unit has.")
    drawing.add_argument("--depth", choices="12345", default="5", help="how many levels (default 5)")
    saving = verb("filters", filters, "List your saved filters, or save or delete one.")
    saving.add_argument("do", nargs="?", choices=("list", "save", "delete"), default="list")
    saving.add_argument("name", nargs="?", metavar="NAME")
    saving.add_argument("--shared", action="store_true", help="save or delete one that all users share")
    exporting = verb("export", export, "Print complete rows for other programs.")
    exporting.add_argument("kind", choices=("punches", "days"))
    add_span(exporting)
    exporting.add_argument("--csv", action="store_true", help="CSV with a header: the default")
    exporting.add_argument("--json-lines", action="store_true", help="a JSON object a line")
    exporting.add_argument("--after", metavar="CURSOR", help="go on behind a cursor; CSV then has no header")
    exporting.add_argument("--cursors", action="store_true", help="tell the cursor behind each page")
    for parser in (listing, one, counting, drawing):
        parser.add_argument("--on", type=day, metavar="DATE", help="as it was on this date")
    for parser in (listing, counting, drawing, saving, exporting):
        add_people_flags(parser)


def _some(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) <= _MOST:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to {_MOST}")
    return int(text)
