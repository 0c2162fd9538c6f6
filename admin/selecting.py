"""Owns how the command names people: the flags of a filter, the filters saved under a name, and the echo."""

import argparse
from argparse import ArgumentParser, Namespace
from functools import partial

import msgspec

from admin.asking import note
from admin.board import plain
from admin.errors import UsageError
from wire.people import EmployeesPage, Facets, OrgFilter, Tree
from wire.reporting import ReportPage

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
        f"the dimensions are {', '.join(one.replace('_', '-') for one in DIMENSIONS)}; "
        "--department VALUE is short for --filter department=VALUE, and so on",
    )
    for name in DIMENSIONS:
        flag = f"--{name.replace('_', '-')}"
        group.add_argument(
            flag,
            action="append",
            dest="filter",
            type=partial(_of, name),
            metavar="VALUE",
            help=argparse.SUPPRESS,
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


def _of(dimension: str, value: str) -> tuple[str, str]:
    return dimension, value.strip()


def _condition(text: str) -> tuple[str, str]:
    dimension, equals, value = text.partition("=")
    name = dimension.strip().lower().replace("-", "_").replace(" ", "_")
    if not equals or name not in DIMENSIONS:
        there = ", ".join(one.replace("_", "-") for one in DIMENSIONS)
        raise argparse.ArgumentTypeError(f"{text!r} is not DIMENSION=VALUE; the dimensions are {there}")
    return name, value.strip()


def people_of(flags: Namespace) -> OrgFilter:
    """The filter of the flags; a saved one that they name is found by central."""
    values: dict[str, list[str]] = {}
    for name, value in flags.filter:
        values.setdefault(name, []).append(value)
    given = {"employees": flags.employee, "include": flags.include, "exclude": flags.exclude, **values}
    told = {name: tuple(dict.fromkeys(some)) for name, some in given.items() if some}
    try:
        return msgspec.convert(
            {**told, "search": flags.search, "ignore_case": flags.ignore_case, "saved": flags.saved},
            OrgFilter,
        )
    except msgspec.ValidationError as error:
        raise UsageError(f"nobody can be chosen so: {error}") from None


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


def echo(answer: EmployeesPage | Facets | Tree | ReportPage) -> None:
    """Tell what was understood and how many people that is, if the answer says so."""
    if answer.people is None:
        return
    note(f"{told(answer.people)}: {answer.selected} of {answer.visible} employees")
