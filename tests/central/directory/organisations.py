"""Random organisations, and filters on them, for tests of the selection: small, with much that is alike."""

from datetime import date, timedelta

from hypothesis import strategies as st

from central.directory.columns import FIELDS
from central.directory.employee import DIMENSIONS, Employee, Past
from wire.people import OrgFilter

VALUES = {
    name: ["", f"{name} A", f"{name} a", f"{name} B", f"{name.upper()} B", "Straße", "STRASSE"]
    for name in DIMENSIONS
}
IDS = [f"{letter}{number}" for letter in ("E", "e", "É", "K") for number in (1, 10, 2, 21)]
NAMES = ["Asha Patil", "asha patil", "ASHA", "Öz Straße", "Ravi  Pa", "टीना", "A", "Kkk kk"]
FRAGMENTS = ["", "a", "sh", "ASH", "pati", "asha p", "ss", "kk", "kkk", "1", "e1", "é", "ीन", "zz", "patil1"]

staff = st.builds(
    Employee,
    employee_id=st.sampled_from(IDS),
    name=st.sampled_from(NAMES),
    **{name: st.sampled_from(values) for name, values in VALUES.items()},
)
DATES = st.integers(0, 9).map(lambda days: date(2026, 5, 6) + timedelta(days=days))
pasts = st.dictionaries(
    DATES, st.tuples(*(st.sampled_from(VALUES[name]) for name in DIMENSIONS)), max_size=3
).map(lambda found: tuple(Past(before, found[before]) for before in sorted(found)))
organisations = st.lists(staff, unique_by=lambda one: one.employee_id, max_size=len(IDS))


def _some(values: list[str], most: int) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=most, unique=True).map(tuple)


def _dimensions() -> st.SearchStrategy[dict[str, tuple[str, ...]]]:
    chosen = st.lists(st.sampled_from(DIMENSIONS), max_size=3, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: _some(VALUES[name], 4) for name in names})
    )


filters = st.builds(
    lambda lists, dimensions, search, ignore_case: OrgFilter(
        **lists, **dimensions, search=search, ignore_case=ignore_case
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "employees": _some([*IDS, "E99"], 6),
            "include": _some([*IDS, "E99"], 3),
            "exclude": _some([*IDS, "E99"], 3),
        },
    ),
    _dimensions(),
    st.sampled_from(FRAGMENTS),
    st.booleans(),
)
_pairs = st.sampled_from(DIMENSIONS).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(VALUES[name]))
)
units = st.lists(st.frozensets(_pairs, max_size=2), max_size=3)
Units = list[frozenset[tuple[str, str]]]


def visible(organisation: list[Employee], held: Units) -> list[Employee]:
    """The people of any of some units."""
    return [
        one
        for one in organisation
        if any(unit and all(getattr(one, name) == value for name, value in unit) for unit in held)
    ]


def row(one: Employee) -> tuple[str, ...]:
    """An employee as columns take him."""
    return tuple(getattr(one, name) for name in FIELDS)


def without(people: OrgFilter, dimension: str) -> OrgFilter:
    """A filter with one dimension open, and without its lists of people to add and to leave out."""
    told = {name: getattr(people, name) for name in ("employees", "search", "ignore_case", *DIMENSIONS)}
    return OrgFilter(**(told | {dimension: ()}))


def naive(people: OrgFilter, organisation: list[Employee]) -> list[str]:
    """The ids that a filter selects, in order, told as plainly as a person would."""

    def alike(one: str, other: str) -> bool:
        return one.casefold() == other.casefold() if people.ignore_case else one == other

    narrowed = False
    left = list(organisation)
    for dimension in DIMENSIONS:
        if values := getattr(people, dimension):
            narrowed = True
            left = [one for one in left if any(alike(getattr(one, dimension), value) for value in values)]
    if people.employees:
        narrowed = True
        left = [one for one in left if one.employee_id in people.employees]
    if people.search:
        narrowed = True
        wanted = people.search.casefold()
        left = [one for one in left if wanted in one.employee_id.casefold() or wanted in one.name.casefold()]
    if people.include and not narrowed:
        left = []
    ids = {one.employee_id for one in left}
    ids |= {one.employee_id for one in organisation if one.employee_id in people.include}
    return sorted(ids - set(people.exclude))
