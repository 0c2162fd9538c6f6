"""Who should be on a terminal, and how it differs from that."""

from dataclasses import replace
from datetime import date

from central.directory.directory import Directory
from central.directory.employee import Credential, Employee
from central.directory.enrolment import difference, wanted
from wire.users import HeldUser, TerminalUser

DAY = date(2026, 5, 11)
STATUSES = ("", "active")


def person(number: int, *badges: Credential, branch: str = "Pune", **more: object) -> Employee:
    """Somebody of Pune with the user id 100 and up."""
    made = Employee(
        employee_id=f"E{number}",
        name=f"Name {number}",
        branch=branch,
        credentials=frozenset({Credential("user-id", str(100 + number)), *badges}),
    )
    return replace(made, **more)  # type: ignore[arg-type] # fields of an employee


def ids(*people: Employee, edge: str = "pune-01") -> list[str]:
    """The user ids wanted at the terminals of Pune."""
    return [one.user_id for one in wanted(Directory(people), edge, {"pune", "pune-01"}, DAY, STATUSES)]


def test_people_of_the_branch_belong_on_its_terminals() -> None:
    """Not those of other branches, who have left, are not there yet, or have no user id."""
    people = (
        person(1),
        person(2, branch="Surat"),
        person(3, left=date(2026, 5, 10)),
        person(4, joined=date(2026, 5, 12)),
        person(5, status="Inactive"),
        Employee(employee_id="E6", name="Card only", branch="Pune"),
        person(7, status="ACTIVE", joined=DAY, left=DAY),
    )
    assert ids(*people) == ["101", "107"]


def test_id_at_one_edge_is_wanted_there_whatever_the_branch() -> None:
    """An edge's own ids come first, and only there."""
    guest = person(1, Credential("user-id", "9", "pune-01"), branch="Surat")
    shadow = person(2, Credential("user-id", "9"))
    assert ids(guest, shadow) == ["102", "9"]
    assert ids(guest, shadow, edge="pune-02") == ["102", "9"]
    (nine,) = (
        one
        for one in wanted(Directory([guest, shadow]), "pune-01", {"pune"}, DAY, STATUSES)
        if one.user_id == "9"
    )
    assert nine.name == "Name 1"


def test_id_that_was_handed_on_is_its_holders() -> None:
    """A badge with dates is wanted while it holds."""
    before = person(1, Credential("user-id", "9", until=date(2026, 5, 10)))
    after = person(2, Credential("user-id", "9", since=DAY))
    (nine,) = (
        one
        for one in wanted(Directory([before, after]), "pune-01", {"pune"}, DAY, STATUSES)
        if one.user_id == "9"
    )
    assert nine.name == "Name 2"


def test_the_one_card_goes_with_its_person() -> None:
    """As the terminal keeps it, in 32 bits; of several cards none is guessed."""
    one = person(1, Credential("card", "40:06008E6D5D"))
    two = person(2, Credential("card", "24:8E6D5D"), Credential("card", "24:ABCDEF"))
    assert [user.card for user in wanted(Directory([one, two]), "pune-01", {"pune"}, DAY, STATUSES)] == [
        0x008E6D5D,
        None,
    ]


def test_difference_tells_who_is_missing_nobodys_or_told_differently() -> None:
    """A terminal may cut a name short; a card or another name is a difference."""
    people = Directory([person(1), person(2), person(3), person(4, branch="Surat")])
    want = [
        TerminalUser(user_id="101", name="Name 1 with a long tail", card=5),
        TerminalUser(user_id="102", name="Name 2"),
        TerminalUser(user_id="103", name="Name 3", card=7),
        TerminalUser(user_id="105", name="Name 5"),
    ]
    held = [
        HeldUser(user_id="101", slot=1, name="Name 1 w", card=5),
        HeldUser(user_id="102", slot=2, name="Somebody"),
        HeldUser(user_id="103", slot=3, name="Name 3", card=8),
        HeldUser(user_id="104", slot=4, name="Guest of Surat"),
        HeldUser(user_id="666", slot=5, name="Ghost"),
    ]
    found = difference(held, want, people, "pune-01", DAY)
    assert [one.user_id for one in found.missing] == ["105"]
    assert [one.user_id for one in found.unknown] == ["666"]
    assert [one.user_id for one, _ in found.differing] == ["102", "103"]
