"""Owns how the command names people: the flags of a filter, the filters saved under a name, and the echo."""

import argparse
from argparse import ArgumentParser, Namespace

import msgspec

from admin.asking import new_id, note, outcome
from admin.board import plain
from admin.client import Client
from admin.errors import UsageError
from wire.people import EmployeesPage, Facets, FiltersRequest, OrgFilter, SavedFilters

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
_LISTS = ("employees", "include", "exclude")


def add_people_flags(parser: ArgumentParser) -> None:
    """The flags by which people are chosen."""
    group = parser.add_argument_group("people", "without any of these: everybody whom you may see")
    group.add_argument(
        "--filter",
        action="append",
        default=[],
        type=_condition,
        metavar="DIMENSION=VALUE",
        help="may be repeated: several values of one dimension mean any of them, dimensions all of them; "
        f"the dimensions are {', '.join(one.replace('_', '-') for one in DIMENSIONS)}",
    )
    group.add_argument("--search", default="", metavar="TEXT", help="a fragment of the id or the name")
    group.add_argument("--ignore-case", action="store_true", help="PERMANENT is Permanent")
    group.add_argument(
        "--employee", action="append", default=[], metavar="ID", help="nobody else; may be repeated"
    )
    group.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="ID",
        help="add a person; alone: only the included ones",
    )
    group.add_argument("--exclude", action="append", default=[], metavar="ID", help="leave a person out")
    group.add_argument("--saved", metavar="NAME", help="begin with the filter saved under this name")


def _condition(text: str) -> tuple[str, str]:
    dimension, equals, value = text.partition("=")
    name = dimension.strip().lower().replace("-", "_").replace(" ", "_")
    if not equals or name not in DIMENSIONS:
        there = ", ".join(one.replace("_", "-") for one in DIMENSIONS)
        raise argparse.ArgumentTypeError(f"{text!r} is not DIMENSION=VALUE; the dimensions are {there}")
    return name, value.strip()


def people_of(client: Client, flags: Namespace) -> OrgFilter:
    """The filter of the flags, on top of the saved one they name. Raises UsageError for a name of none."""
    begin = OrgFilter() if flags.saved is None else _saved(client, flags.saved)
    values: dict[str, list[str]] = {}
    for name, value in flags.filter:
        values.setdefault(name, []).append(value)
    given = {"employees": flags.employee, "include": flags.include, "exclude": flags.exclude, **values}
    told = {name: tuple(dict.fromkeys(some)) for name, some in given.items() if some}
    search = flags.search or begin.search
    return msgspec.structs.replace(
        begin, **told, search=search, ignore_case=flags.ignore_case or begin.ignore_case
    )


def _saved(client: Client, name: str) -> OrgFilter:
    kept = outcome(client.ask("filters", FiltersRequest(request_id=new_id())), SavedFilters)
    for one in kept.filters:
        if one.name == name:
            return one.people
    there = ", ".join(plain(one.name) for one in kept.filters) or "none"
    raise UsageError(f"no filter is saved as {name!r}; there are {there}")


def told(people: OrgFilter) -> str:
    """A filter in one line, as the flags that give it."""
    parts = [
        f"{name.replace('_', '-')}={plain(value) or '(none)'}"
        for name in DIMENSIONS
        for value in getattr(people, name)
    ]
    parts += [f"search {plain(people.search)!r}"] if people.search else []
    parts += ["ignoring case"] if people.ignore_case else []
    parts += [f"{name} {' '.join(map(plain, some))}" for name in _LISTS if (some := getattr(people, name))]
    return ", ".join(parts) or "everybody"


def echo(answer: EmployeesPage | Facets) -> None:
    """Tell what was understood and how many people that is."""
    note(f"{told(answer.people)}: {answer.selected} of {answer.visible} employees")
