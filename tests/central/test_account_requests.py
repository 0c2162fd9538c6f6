"""Promises of the verb `account`: every reader of the branches that may be seen, as it stands now."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from central.access.scope import EVERYBODY, Scope, Unit
from central.ledger import accounts
from central.ledger.database import Ledger
from central.requests.accounts import account_page
from central.requests.asking import Refusal
from central.workdays.interpretation import Sites
from central.zones import Zones
from tests.central.test_accounting import DAY, MORNING, Branch, Centre, lose
from wire.account import EMPTY, tally
from wire.accounting import AccountCause, AccountPage, AccountRequest
from wire.codec import MESSAGE_LIMIT, encode

SITES = Sites(
    Zones(ZoneInfo("Asia/Kolkata")),
    branches={
        "pune": ("pune-01", "pune-02"),
        "pune-01": ("pune-01",),
        "pune-02": ("pune-02",),
        "surat": ("surat-01",),
        "surat-01": ("surat-01",),
    },
)
READERS = {"pune-01": ("front-gate",), "pune-02": ("desk",), "surat-01": ("gate",)}


def page(
    ledger: Ledger,
    *,
    branch: str | None = None,
    scope: Scope = EVERYBODY,
    limit: int = 100,
    after: str | None = None,
) -> AccountPage:
    """What is answered."""
    request = AccountRequest(request_id="r-1", date=DAY, branch=branch, limit=limit, after=after)
    return account_page(ledger, SITES, READERS, scope, request, MORNING)


def within(**unit: str) -> Scope:
    """The limits of a manager of one unit."""
    return Scope(frozenset({Unit(unit.items())}))


def places(found: AccountPage) -> list[str]:
    """The edges of a page."""
    return [row.edge for row in found.accounts]


@pytest.fixture
def branch(ledger: Ledger) -> Branch:
    """A branch whose day of ten punches has closed."""
    branch = Branch(ledger)
    branch.punch(*range(10))
    branch.tell()
    Centre(ledger).turn()
    return branch


def test_every_reader_is_listed_with_its_three_sides(branch: Branch) -> None:
    """Also those of which nothing was told."""
    gate, desk, surat = page(branch.ledger).accounts
    whole = tally(sorted(branch.rows))
    assert (gate.edge, gate.reader, gate.verdict) == ("pune-01", "front-gate", "equal")
    assert (gate.device, gate.outbox, gate.ledger) == (whole, whole, whole)
    assert (gate.serial, gate.told_at, gate.causes) == ("SER1", MORNING, ())
    assert (desk.edge, desk.verdict, desk.outbox, desk.ledger) == ("pune-02", None, None, EMPTY)
    assert surat.edge == "surat-01"


def test_what_went_since_the_last_count_shows_at_once(branch: Branch) -> None:
    """Nobody waits for the next cycle: the ledger is counted for the answer, and the rest is set going."""
    lose(branch.ledger, 3)
    gate = page(branch.ledger).accounts[0]
    assert (gate.verdict, gate.ledger.count) == ("differs", 9)
    assert gate.causes == (AccountCause(cause="not-counted", count=1),)
    with branch.ledger.read() as connection:
        assert [one.reader for one in accounts.waiting(connection, MORNING, 10)] == ["front-gate"]


def test_what_differs_is_named(branch: Branch) -> None:
    """By cause, with the ids, and whether it is being healed."""
    centre = Centre(branch.ledger)
    lose(branch.ledger, 3)
    centre.now = MORNING
    page(branch.ledger)
    (ask,) = centre.turn()
    branch.answer(ask)
    (heal,) = centre.turn()
    gate = page(branch.ledger).accounts[0]
    lost = sorted(branch.rows)[3].hex()
    assert gate.causes == (AccountCause(cause="not-in-ledger", count=1, punch_ids=(lost,)),)
    assert gate.healing
    branch.answer(heal)
    centre.turn()
    gate = page(branch.ledger).accounts[0]
    assert (gate.verdict, gate.causes, gate.healing) == ("equal", (), False)


def test_pages_go_on_where_the_last_one_ended(branch: Branch) -> None:
    """However many readers there are."""
    found, after = [], None
    while True:
        one = page(branch.ledger, limit=1, after=after)
        found += places(one)
        after = one.after
        if after is None:
            break
    assert found == ["pune-01", "pune-02", "surat-01"]


def test_a_page_of_many_differences_fits_a_message(ledger: Ledger) -> None:
    """Ids are many, and the wire is narrow."""
    standing = accounts.Standing(
        ledger=EMPTY,
        causes={
            "not-in-ledger": accounts.Named(900, ("0" * 32,) * 50),
            "log-cleared": accounts.Named(900, ("0" * 32,) * 50),
        },
    )
    for number in range(60):
        Branch(ledger, reader=f"gate-{number}").tell()
    with ledger.write() as connection:
        connection.execute(accounts.accounts.update().values(verdict="differs", standing=encode(standing)))
    first = page(ledger)
    assert first.after is not None
    assert len(encode(first)) < MESSAGE_LIMIT - 1000


@pytest.mark.parametrize(
    ("branch_name", "edges"), [("Pune", ["pune-01", "pune-02"]), ("surat-01", ["surat-01"])]
)
def test_a_branch_is_asked_for_by_its_name_or_edge(
    branch: Branch, branch_name: str, edges: list[str]
) -> None:
    """As people call it, in any spelling of its letters."""
    assert places(page(branch.ledger, branch=branch_name)) == edges


def test_a_manager_sees_the_branches_that_are_his(branch: Branch) -> None:
    """And learns nothing of the others, not even that they are there."""
    pune = within(branch="Pune")
    assert places(page(branch.ledger, scope=pune)) == ["pune-01", "pune-02"]
    assert places(page(branch.ledger, scope=pune, branch="pune-02")) == ["pune-02"]
    with pytest.raises(Refusal, match=r"there is no branch 'Surat'$"):
        page(branch.ledger, scope=pune, branch="Surat")


@pytest.mark.parametrize(
    "scope", [within(branch="Pune", department="QC"), within(department="QC"), Scope(frozenset())]
)
def test_a_part_of_a_branch_is_no_branch(branch: Branch, scope: Scope) -> None:
    """A reader counts everybody who comes by, so whoever sees some of them sees no count."""
    with pytest.raises(Refusal, match="no branch is within your limits as a whole"):
        page(branch.ledger, scope=scope)


def test_a_branch_that_is_not_there_is_told_with_what_is_near(branch: Branch) -> None:
    """A slip of the hand costs one look."""
    with pytest.raises(Refusal, match="there is no branch 'Puna'; did you mean pune"):
        page(branch.ledger, branch="Puna")


def test_a_day_that_nothing_can_have_is_refused(ledger: Ledger) -> None:
    """The dates of the ledger have limits."""
    request = AccountRequest(request_id="r-1", date=date(1, 1, 1))
    with pytest.raises(Refusal, match="dates must lie between"):
        account_page(ledger, SITES, READERS, EVERYBODY, request, MORNING)
