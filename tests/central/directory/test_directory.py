"""From a badge to a person, and from people to their badges."""

from hypothesis import given
from hypothesis import strategies as st

from central.directory.directory import Directory
from central.directory.employee import Credential, Employee, shared


def person(employee_id: str, *credentials: Credential) -> Employee:
    """Somebody with badges."""
    return Employee(employee_id=employee_id, name=f"Name {employee_id}", credentials=frozenset(credentials))


def user_id(value: str, edge: str = "") -> Credential:
    """A terminal's user id."""
    return Credential("user-id", value, edge)


def card(canon: str) -> Credential:
    """A card."""
    return Credential("card", canon)


def test_user_id_of_one_branch_comes_before_the_one_for_everywhere() -> None:
    """1042 may be one person in Surat and another everywhere else."""
    directory = Directory([person("E1", user_id("1042")), person("E2", user_id("1042", "surat-02"))])
    found = {edge: directory.who(edge, "user-id", "1042", None) for edge in ("pune-01", "surat-02")}
    assert {edge: one.employee_id for edge, one in found.items() if one} == {
        "pune-01": "E1",
        "surat-02": "E2",
    }


def test_user_id_is_no_card_and_has_its_zeros() -> None:
    """A number means a person only in the form and spelling in which it was registered."""
    directory = Directory([person("E1", user_id("42"))])
    assert directory.who("pune-01", "card", "42", None) is None
    assert directory.who("pune-01", "user-id", "0042", None) is None


def test_card_is_known_by_any_reader_that_shows_enough_of_it() -> None:
    """A card registered with 40 bits is known by its low 32 and 24, and the other way round."""
    directory = Directory([person("E1", card("40:06008E6D5D")), person("E2", card("24:6F6C3A"))])
    for canon, who in {
        "40:06008E6D5D": "E1",
        "32:008E6D5D": "E1",
        "24:8E6D5D": "E1",
        "40:01026F6C3A": "E2",
        "32:026F6C3A": "E2",
    }.items():
        found = directory.who("pune-01", "card", canon, canon)
        assert found is not None, canon
        assert found.employee_id == who
    assert directory.who("pune-01", "card", "x", "40:07008E6D5D") is None
    assert directory.who("pune-01", "card", "x", "no card") is None


def test_card_of_two_people_is_nobodys_and_the_fuller_one_decides() -> None:
    """Cards that agree in all bits that a reader shows belong to nobody; more bits tell them apart."""
    directory = Directory([person("E1", card("40:0600ABCDEF")), person("E2", card("40:0700ABCDEF"))])
    assert directory.who("pune-01", "card", "x", "24:ABCDEF") is None
    found = directory.who("pune-01", "card", "x", "40:0700ABCDEF")
    assert found is not None
    assert found.employee_id == "E2"


def test_badges_of_a_person_are_those_of_the_branch() -> None:
    """What is asked of an edge are the badges that it can have seen."""
    directory = Directory([person("E1", user_id("7"), user_id("8", "surat-02"), card("24:ABCDEF"))])
    assert directory.badges("E1") == {"7", "8", "24:ABCDEF"}
    assert directory.badges("E1", "pune-01") == {"7", "24:ABCDEF"}
    assert directory.badges("E2") == frozenset()


def test_badge_of_two_people_is_found() -> None:
    """Two people never share a badge: a user id at the same place, or cards that may be one."""
    one = person("E1", user_id("7"), card("40:06008E6D5D"))
    other = person("E2", user_id("7"), user_id("7", "surat-02"), card("24:8E6D5D"))
    third = person("E3", user_id("7", "surat-02"), card("40:07008E6D5D"))
    pairs = {
        (pair.one.employee_id, pair.other.employee_id, str(pair.of_one))
        for pair in shared([one, other, third])
    }
    assert pairs == {
        ("E1", "E2", "user id 7"),
        ("E1", "E2", "card 40:06008E6D5D"),
        ("E2", "E3", "user id 7 at surat-02"),
        ("E2", "E3", "card 24:8E6D5D"),
    }


CANON = st.sampled_from(["40", "32", "24"]).flatmap(
    lambda bits: st.integers(0, 3).map(lambda value: f"{bits}:{value:0{int(bits) // 4}X}")
)


@given(st.lists(CANON, min_size=1, max_size=6, unique=True), CANON)
def test_badge_is_never_given_to_the_wrong_person(cards: list[str], read: str) -> None:
    """Where a card was registered exactly as it was read, nobody else gets its punches."""
    directory = Directory([person(f"E{at}", card(canon)) for at, canon in enumerate(cards)])
    found = directory.who("pune-01", "card", "x", read)
    if read in cards and found is not None:
        assert card(read) in found.credentials
