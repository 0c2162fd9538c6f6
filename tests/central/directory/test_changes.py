"""What an import would change, and which rows it refuses."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from central.directory.changes import changes
from central.directory.employee import Credential, Employee, shared
from central.directory.rows import COLUMNS, Row


def person(employee_id: str, *user_ids: str, name: str = "") -> Employee:
    """Somebody with user ids."""
    badges = frozenset(Credential("user-id", value) for value in user_ids)
    return Employee(employee_id=employee_id, name=name or f"Name {employee_id}", credentials=badges)


def rows(*people: Employee) -> list[Row]:
    """A list of people with all columns, from line 2 on."""
    return [Row(line, one, frozenset(COLUMNS)) for line, one in enumerate(people, 2)]


def stored(*people: Employee) -> dict[str, Employee]:
    """The directory as it is."""
    return {one.employee_id: one for one in people}


def test_difference_names_what_is_new_changed_and_unchanged() -> None:
    """A person sees what an import does before it does it."""
    before = stored(person("E1", "1"), person("E2", "2"), person("E3", "3"))
    found = changes(before, rows(person("E1", "1"), person("E2", "2", "22", name="Bina"), person("E4", "4")))
    assert [one.employee_id for one in found.new] == ["E4"]
    assert [(one.employee.employee_id, one.fields) for one in found.changed] == [
        ("E2", (("name", "Name E2", "Bina"), ("credentials", "user id 2", "user id 2, user id 22")))
    ]
    assert (found.unchanged, found.refused) == (1, ())


def test_badge_claimed_by_two_rows_refuses_both_with_both_names() -> None:
    """Who is right only a person can tell."""
    found = changes(
        {}, rows(person("E1", "7", name="Asha"), person("E2", "7", name="Bina"), person("E3", "3"))
    )
    assert [one.employee_id for one in found.new] == ["E3"]
    assert [(one.line, one.column, one.reason) for one in found.refused] == [
        (2, "user_ids", "user id 7 of E1 Asha also belongs to E2 Bina in line 3"),
        (3, "user_ids", "user id 7 of E2 Bina also belongs to E1 Asha in line 2"),
    ]


def test_badge_of_somebody_who_is_not_on_the_list_is_refused() -> None:
    """An import takes no badge from a person that it does not mention."""
    found = changes(stored(person("E1", "7")), rows(person("E2", "7")))
    assert found.to_store == ()
    assert "E1 Name E1" in found.refused[0].reason


def test_badge_may_move_between_two_people_of_one_list() -> None:
    """A card handed on is one change, not a conflict."""
    found = changes(stored(person("E1", "7")), rows(person("E1"), person("E2", "7")))
    assert (len(found.new), len(found.changed), found.refused) == (1, 1, ())


def test_row_that_relied_on_a_refused_row_is_refused_too() -> None:
    """If E1 cannot give 7 away, E2 cannot have it."""
    before = stored(person("E1", "7"), person("E9", "9"))
    found = changes(before, rows(person("E1", "9"), person("E2", "7")))
    assert found.to_store == ()
    assert [one.line for one in found.refused] == [2, 3]


def test_badges_shared_before_are_not_blamed_on_the_list() -> None:
    """What is wrong in the directory already stops nobody else's import."""
    before = stored(person("E1", "7"), person("E2", "7"))
    assert changes(before, rows(person("E3", "3"))).refused == ()


PEOPLE = st.lists(
    st.builds(
        lambda number, ids: person(f"E{number}", *ids), st.integers(0, 5), st.sets(st.sampled_from("123456"))
    ),
    max_size=6,
    unique_by=lambda one: one.employee_id,
)


@given(PEOPLE, PEOPLE)
def test_import_never_creates_a_shared_badge_and_every_row_is_accounted_for(
    before: list[Employee], after: list[Employee]
) -> None:
    """Each row is new, changed, unchanged or refused, and whatever it says, no badge becomes shared."""
    held = stored(*before)
    found = changes(held, rows(*after))
    assert len(found.to_store) + found.unchanged + len(found.refused) == len(after)
    result = held | {one.employee_id: one for one in found.to_store}
    already = {(pair.one.employee_id, pair.other.employee_id) for pair in shared(before)}
    now = {(pair.one.employee_id, pair.other.employee_id) for pair in shared(result.values())}
    assert {frozenset(pair) for pair in now} <= {frozenset(pair) for pair in already}


@given(PEOPLE)
def test_importing_twice_is_importing_once(people: list[Employee]) -> None:
    """A second import of the same list finds nothing to do."""
    found = changes({}, rows(*people))
    accepted = [one for one in people if one in found.to_store]
    again = changes(stored(*found.to_store), rows(*(replace(one) for one in accepted)))
    assert (again.to_store, again.unchanged) == ((), len(accepted))


def test_values_that_nobody_had_are_told_with_what_may_be_meant() -> None:
    """A misspelled department does not quietly become a second one; the first list has nothing to compare."""
    one = replace(person("E1"), department="Quality Control", branch="Pune")
    two = replace(person("E2"), department="Qualty Control", branch="pune")
    three = replace(person("E3"), department="Stores", branch="Pune")
    four = replace(person("E4"), department="Stores")
    found = changes(stored(one), rows(two, three, four))
    assert [(it.dimension, it.value, it.people, it.near) for it in found.values] == [
        ("branch", "pune", 1, "Pune"),
        ("department", "Qualty Control", 1, "Quality Control"),
        ("department", "Stores", 2, None),
    ]
    assert changes({}, rows(one, two)).values == ()
    assert changes(stored(one, two), rows(one, two)).values == ()
