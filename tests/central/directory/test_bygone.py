"""The organisation as of a date is what it would be if everybody's units of that date had been imported."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from central.directory.bygone import columns_on, employed, ever, moved, stages, values
from central.directory.columns import columns
from central.directory.directory import Directory
from central.directory.employee import DIMENSIONS, Employee
from central.directory.selection import passes, select
from tests.central.directory.organisations import DATES, filters, organisations, pasts, row
from wire.people import OrgFilter

EMPLOYMENT = st.tuples(st.none() | DATES, st.none() | DATES)


@st.composite
def people_with_pasts(draw: st.DrawFn) -> list[Employee]:
    """A random organisation in which people were elsewhere, joined and left."""
    found = []
    for one in draw(organisations):
        joined, left = draw(EMPLOYMENT)
        found.append(replace(one, past=draw(pasts), joined=joined, left=left))
    return found


@given(people_with_pasts(), filters, DATES)
def test_a_filter_on_a_date_selects_by_the_units_of_that_date(
    organisation: list[Employee], people: OrgFilter, day: date
) -> None:
    """Columns changed back are the columns that a list of that date would have made."""
    directory = Directory(organisation)
    now = columns(map(row, organisation))
    then = columns_on(now, moved(directory.moved, day), day)
    listed = columns(row(one.on(day)) for one in organisation)
    assert [then.texts(place) for place in range(len(then))] == [
        listed.texts(place) for place in range(len(listed))
    ]
    assert np.array_equal(select(then, people), select(listed, people))
    there = employed(then, organisation, day)
    assert {then.ids[int(place)] for place in np.flatnonzero(there)} == {
        one.employee_id for one in organisation if one.employed(day)
    }


@given(people_with_pasts(), DATES)
def test_stages_tell_each_date_once(organisation: list[Employee], day: date) -> None:
    """Every date lies in one stage, and the units of that stage are those of the date."""
    for one in organisation:
        holding = [
            stage
            for stage in stages(one)
            if (stage.since is None or stage.since <= day) and (stage.until is None or day <= stage.until)
        ]
        assert [stage.employee.dimensions for stage in holding] == [one.on(day).dimensions]


@given(people_with_pasts(), filters, DATES, st.integers(0, 6))
def test_whom_a_span_selects_is_selected_on_one_of_its_dates(
    organisation: list[Employee], people: OrgFilter, first: date, more: int
) -> None:
    """Nobody is missed who was there for a single day of the span, and nobody comes in from outside of it."""
    days = [first + timedelta(days=number) for number in range(more + 1)]
    for one in organisation:
        expected = any(passes(people, one.on(day)) for day in days)
        assert ever(people, one, days[0], days[-1]) == expected
    found = values(organisation, days[0], days[-1])
    for name in DIMENSIONS:
        assert found[name] == {getattr(one.on(day), name) for one in organisation for day in days}
    away = moved(organisation, first)
    for one in organisation:
        if one.employee_id not in away:
            assert all(one.on(day).dimensions == one.dimensions for day in days)
