"""The selection in memory selects exactly whom a plain reading of the filter selects, within the scope."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.directory import fragments
from central.directory import tree as tree_module
from central.directory.columns import FIELDS, Columns, by_spelling, columns
from central.directory.employee import DIMENSIONS, Employee
from central.directory.facets import facets
from central.directory.paging import NoSuchPlace, Order, page
from central.directory.selection import passes, select, unknown, within
from central.directory.tree import LEVELS, tree
from tests.central.directory.organisations import (
    FRAGMENTS,
    IDS,
    VALUES,
    Units,
    filters,
    naive,
    organisations,
    row,
    staff,
    units,
    visible,
    without,
)
from wire.people import OrgFilter

orders = st.builds(Order, st.sampled_from(FIELDS), st.booleans())


def made(organisation: list[Employee]) -> Columns:
    """The columns of an organisation."""
    return columns(map(row, organisation))


def ids(there: Columns, mask: np.ndarray) -> list[str]:
    """The ids of the rows of a mask."""
    return [there.ids[int(at)] for at in np.flatnonzero(mask)]


@given(organisations, filters)
def test_a_filter_selects_whom_a_plain_reading_selects(
    organisation: list[Employee], people: OrgFilter
) -> None:
    """Any of the values within a dimension, all conditions together, lists added and left out."""
    assert ids(made(organisation), select(made(organisation), people)) == naive(people, organisation)


@given(organisations, filters)
def test_one_employee_passes_if_the_selection_holds_him(
    organisation: list[Employee], people: OrgFilter
) -> None:
    """What is asked of one person and of all is the same question."""
    passing = sorted(one.employee_id for one in organisation if passes(people, one))
    assert passing == naive(people, organisation)


@given(organisations, filters, units)
def test_a_scope_cuts_whatever_the_filter_says(
    organisation: list[Employee], people: OrgFilter, held: Units
) -> None:
    """The result lies within the scope, and is the unscoped result cut to it."""
    there = made(organisation)
    scope = within(there, held)
    seen = {one.employee_id for one in visible(organisation, held)}
    assert set(ids(there, scope)) == seen
    assert ids(there, select(there, people, scope)) == [
        one for one in naive(people, organisation) if one in seen
    ]
    counted = sum(sum(figure for _, figure in facet.values) for facet in facets(there, people, scope))
    assert counted <= len(seen) * len(DIMENSIONS)


@given(organisations, filters, st.integers(1, 5), st.sampled_from([10, 2**62]))
def test_a_tree_counts_the_people_of_each_unit(
    organisation: list[Employee], people: OrgFilter, depth: int, largest: int
) -> None:
    """Every prefix of somebody's units is a unit, with as many people as have it, before those within it."""
    there = made(organisation)
    chosen = set(naive(people, organisation))
    expected = Counter(
        tuple(getattr(one, name) for name in LEVELS[:level])
        for one in organisation
        if one.employee_id in chosen
        for level in range(1, depth + 1)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree_module, "_LARGEST", largest)
        found = tree(there, select(there, people), depth)
    assert {one.path: one.people for one in found} == expected
    paths = [one.path for one in found]
    assert all(path[:-1] in paths[:at] for at, path in enumerate(paths) if len(path) > 1)
    for before, after in pairwise(paths):
        assert after[: len(before)] == before or len(after) <= len(before)


@given(organisations, filters, units)
def test_facets_count_who_would_be_left_by_each_value(
    organisation: list[Employee], people: OrgFilter, held: Units
) -> None:
    """Each dimension is counted under all other conditions; its own choice does not narrow it."""
    there = made(organisation)
    for scope, seen in ((None, organisation), (within(there, held), visible(organisation, held))):
        for facet in facets(there, people, scope):
            left = set(naive(without(people, facet.dimension), seen))
            counts = Counter(getattr(one, facet.dimension) for one in seen if one.employee_id in left)
            if people.ignore_case:
                folded = Counter[str]()
                for value, figure in counts.items():
                    folded[value.casefold()] += figure
                assert {value.casefold(): figure for value, figure in facet.values if figure} == folded
            else:
                assert {value: figure for value, figure in facet.values if figure} == counts
                asked = set(getattr(people, facet.dimension))
                assert facet.chosen == asked & {getattr(one, facet.dimension) for one in organisation}
            figures = [figure for _, figure in facet.values]
            assert figures == sorted(figures, reverse=True)


@given(organisations, st.lists(staff, max_size=6), filters)
def test_changed_columns_equal_new_ones(
    organisation: list[Employee], news: list[Employee], people: OrgFilter
) -> None:
    """After changes and additions everything is as if the columns had been made anew."""
    now = {one.employee_id: one for one in organisation} | {one.employee_id: one for one in news}
    changed, new = made(organisation).changed(map(row, news)), made(list(now.values()))
    assert [changed.texts(at) for at in range(len(changed))] == [new.texts(at) for at in range(len(new))]
    assert ids(changed, select(changed, people)) == ids(new, select(new, people))
    for name in FIELDS:
        assert changed.order(name).tolist() == new.order(name).tolist()
    for before, after in zip(facets(changed, people), facets(new, people), strict=True):
        assert [one for one in before.values if one[1]] == [one for one in after.values if one[1]]


@given(organisations, filters, orders, st.integers(1, 5))
def test_pages_make_the_whole_list_in_order(
    organisation: list[Employee], people: OrgFilter, order: Order, limit: int
) -> None:
    """Nobody is repeated or skipped, and the order is by the column, then by id."""
    there = made(organisation)
    chosen = select(there, people)
    found: list[str] = []
    after: str | None = None
    while True:
        some = page(there, chosen, order, limit, after)
        assert len(some.rows) <= limit
        found += [there.ids[at] for at in some.rows]
        after = some.after
        if after is None:
            break
    assert sorted(found) == naive(people, organisation)
    by_id = {one.employee_id: one for one in organisation}

    def key(one: str) -> tuple[object, str]:
        value = getattr(by_id[one], order.column)
        if order.column == "employee_id":
            return "", one
        return (value.casefold() if order.column == "name" else by_spelling(value)), one

    keys = [key(one) for one in found]
    assert keys == sorted(keys, reverse=order.descending)


@given(organisations, st.lists(st.lists(staff, max_size=3), max_size=6), orders, st.integers(1, 3))
def test_who_stays_comes_once_while_others_come_between_pages(
    organisation: list[Employee], arriving: list[list[Employee]], order: Order, limit: int
) -> None:
    """Employees added between two pages neither repeat nor hide those who were there from the beginning."""
    there = made(organisation)
    known = {one.employee_id for one in organisation}
    found: list[str] = []
    after: str | None = None
    waiting = iter(arriving)
    while True:
        some = page(there, np.ones(len(there), np.bool_), order, limit, after)
        found += [there.ids[at] for at in some.rows]
        after = some.after
        if after is None:
            break
        news = [row(one) for one in next(waiting, []) if there.row_of(one.employee_id) is None]
        there = there.changed(news)
    assert len(found) == len(set(found))
    assert known <= set(found)


@given(organisations, orders, st.data())
def test_a_cursor_holds_when_its_row_has_moved_away(
    organisation: list[Employee], order: Order, data: st.DataObject
) -> None:
    """If the last row of a page changes, those behind it still come, once."""
    there = made(organisation)
    everybody = np.ones(len(there), np.bool_)
    first = page(there, everybody, order, 2)
    if first.after is None:
        return
    last = first.rows[-1]
    other = data.draw(staff.map(lambda one: (there.ids[last], *row(one)[1:])))
    behind = [there.ids[at] for at in page(there, everybody, order, 99, first.after).rows]
    now = there.changed([other])
    told = [now.ids[at] for at in page(now, everybody, order, 99, first.after).rows]
    assert [one for one in told if one != there.ids[last]] == behind


@pytest.mark.parametrize("after", ["", "?", "bm9uZQ", "W10", "é"])
def test_a_place_that_no_page_gave_out_is_refused(after: str) -> None:
    """A cursor of somebody's own making is told to be none."""
    with pytest.raises(NoSuchPlace, match="no place to go on from"):
        page(made([]), np.ones(0, np.bool_), Order(), 1, after)


def test_a_place_in_another_order_is_refused() -> None:
    """Going on with a cursor of the list by name in the list by id would skip people."""
    there = made([Employee(employee_id=one, name=one) for one in IDS])
    everybody = np.ones(len(there), np.bool_)
    after = page(there, everybody, Order("name"), 3).after
    with pytest.raises(NoSuchPlace, match="a list by name, ascending"):
        page(there, everybody, Order("name", descending=True), 3, after)


def test_what_nobody_has_is_told_with_what_was_meant() -> None:
    """Values and ids that mean nobody come with near matches: other letters' case first."""
    there = made(
        [Employee(employee_id=f"E{n:04}", name="X", status="Permanent", sbu="ACCUMAX") for n in range(60)]
    )
    told = list(
        unknown(
            there, OrgFilter(status=("PERMANENT", "Permanent"), sbu=("ACUMAX",), exclude=("E00591", "e0007"))
        )
    )
    assert told[0] == "nobody has the status 'PERMANENT'; did you mean Permanent?"
    assert told[1] == "nobody has the sbu 'ACUMAX'; did you mean ACCUMAX?"
    assert told[2].startswith("nobody has the employee id 'E00591'; did you mean E0059")
    assert told[3].startswith("nobody has the employee id 'e0007'; did you mean E0007")
    assert list(unknown(there, OrgFilter(status=("PERMANENT",), ignore_case=True))) == []


def test_near_matches_never_come_from_outside_the_scope() -> None:
    """What somebody may not see is not suggested, and is unknown to him."""
    there = made(
        [
            Employee(employee_id="E100", name="X", branch="Pune", designation="Fitter"),
            Employee(employee_id="E101", name="Y", branch="Surat", designation="Filler"),
        ]
    )
    scope = within(there, [[("branch", "Pune")]])
    told = list(unknown(there, OrgFilter(designation=("Filler", "Fittr"), employees=("E101",)), scope))
    assert told == [
        "nobody has the designation 'Filler'; did you mean Fitter?",
        "nobody has the designation 'Fittr'; did you mean Fitter?",
        "nobody has the employee id 'E101'; did you mean E100?",
    ]


@given(organisations, st.sampled_from(FRAGMENTS[1:]))
def test_a_fragment_is_found_in_small_blocks_as_in_one(organisation: list[Employee], fragment: str) -> None:
    """Blocks are a matter of speed: where one ends and the next begins changes nothing."""
    whole = made(organisation)
    lines = [(whole.ids[at], whole.names[at]) for at in range(len(whole))]
    folded = fragments.fold(fragment).encode()
    found = [bool(fragments.block([one], [name]).find(folded)[0]) for one, name in lines]
    assert found == select(whole, OrgFilter(search=fragment)).tolist()


def test_blocks_are_divided_when_they_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that adds many people to one place leaves blocks of a bounded size."""
    monkeypatch.setattr("central.directory.columns.BLOCK_ROWS", 4)
    there = columns([(f"E{n:03}", "Asha", *[""] * len(DIMENSIONS)) for n in range(0, 40, 10)])
    for n in range(40):
        there = there.changed([(f"E{n:03}", f"Ravi {n}", *[""] * len(DIMENSIONS))])
    assert max(one.size for one in there.blocks) <= 8
    assert sum(one.size for one in there.blocks) == len(there) == 40
    assert ids(there, select(there, OrgFilter(search="ravi 3"))) == [
        "E003",
        *(f"E{n:03}" for n in range(30, 40)),
    ]


def test_memory_is_told() -> None:
    """The figure that operations are given grows with the people."""
    sizes = [len(IDS) * times for times in (1, 10, 100)]
    told = [
        columns(
            [(f"E{n:05}", "Asha Patil", *(VALUES[name][1] for name in DIMENSIONS)) for n in range(size)]
        ).nbytes
        for size in sizes
    ]
    assert all(less < more for less, more in pairwise(told))
