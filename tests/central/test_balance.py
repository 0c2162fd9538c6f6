"""Promises of the comparison by id: each punch that some side lacks has one cause, no loss is excused."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.balance import UNEXPLAINED, Log, Origin, Remedy, Sides, Told, differences, judged, remedy
from edge.readers.identity import terminal_punch_id
from wire.account import tally
from wire.accounting import Cause, in_words

IDS = [
    bytes.fromhex(terminal_punch_id("CJ7F1", "7", datetime(2026, 5, 11, hour)))  # noqa: DTZ001 - walls
    for hour in range(24)
]
NINE = datetime(2026, 5, 11, 9)  # noqa: DTZ001 - a terminal's wall clock
OURS = Origin("outbox-1", 5, "CJ7F1")


def told(
    kept: list[int], logged: list[int] | None = None, *, begins: datetime | None = None, full: bool = False
) -> Told:
    """An answer as fact 100 of outbox-1: the hours that the outbox keeps, and those that the log holds."""
    log = None if logged is None else Log({IDS[it] for it in logged}, "CJ7F1", begins, full)
    return Told("outbox-1", 100, {IDS[it]: it + 1 for it in kept}, log)


def ledger(*hours: int, origin: Origin = OURS) -> dict[bytes, Origin]:
    """What the ledger holds."""
    return {IDS[it]: origin for it in hours}


NOON = [9, 10, 11, 12]
MIDNIGHT = datetime(2026, 5, 11)  # noqa: DTZ001 - a terminal's wall clock


@pytest.mark.parametrize(
    ("answer", "held", "causes"),
    [
        (told(NOON, NOON), ledger(*NOON), {}),
        (told(NOON), ledger(*NOON), {}),
        (told(NOON, NOON), ledger(9, 10, 12), {"not-in-ledger": [11]}),
        (told([], NOON), ledger(9, 10, 12), {"not-in-ledger": [11], "not-at-edge": [9, 10, 12]}),
        (told([9, 10, 12], NOON), ledger(*NOON), {"not-at-edge": [11]}),
        (told([9, 10, 12]), ledger(*NOON), {"not-at-edge": [11]}),
        (told(NOON, [9, 10, 12], begins=MIDNIGHT), ledger(*NOON), {"not-on-device": [11]}),
        (told(NOON, [], begins=None), ledger(*NOON), {"log-cleared": NOON}),
        (told([8, *NOON], NOON, begins=NINE), ledger(8, *NOON), {"log-cleared": [8]}),
        (told([8, *NOON], NOON, begins=NINE, full=True), ledger(8, *NOON), {"log-overwritten": [8]}),
        (
            told([8, 9, 11], [9, 11], begins=NINE),
            ledger(8, 9, 10, 11),
            {"log-cleared": [8], "not-at-edge": [10]},
        ),
        (told(NOON, []), ledger(*NOON, origin=Origin("outbox-1", 5, "OLD")), {"other-terminal": NOON}),
        (told([]), ledger(*NOON, origin=Origin("outbox-0", 5, None)), {"other-outbox": NOON}),
        (told([], NOON), ledger(*NOON, origin=Origin("outbox-0", 5, "CJ7F1")), {"not-at-edge": NOON}),
        (told([9]), ledger(9) | ledger(10, origin=Origin("outbox-1", 101, None)), {}),
    ],
)
def test_what_a_side_lacks_has_its_cause(
    answer: Told, held: dict[bytes, Origin], causes: dict[Cause, list[int]]
) -> None:
    """A loss on any side, a log that was cleared or ran over, a change of terminal or card, a late punch."""
    assert differences(answer, held, set()) == {
        cause: [IDS[it] for it in ids] for cause, ids in causes.items()
    }


def test_a_punch_that_came_by_another_reader_is_not_lost() -> None:
    """A terminal that was moved, or renamed, brings its old log along."""
    assert differences(told(NOON, NOON), {}, set(IDS)) == {"other-reader": [IDS[it] for it in NOON]}


HOURS = st.lists(st.integers(0, 23), unique=True)


@given(
    HOURS,
    st.none() | HOURS,
    st.dictionaries(st.integers(0, 23), st.sampled_from(["outbox-1", "outbox-0"])),
    st.none() | st.integers(0, 23),
    st.booleans(),
)
def test_no_loss_is_excused_and_nothing_has_two_causes(
    kept: list[int], logged: list[int] | None, held: dict[int, str], begins: int | None, full: bool
) -> None:
    """Whatever the sides hold: what the ledger lacks is told, and what all hold is not."""
    oldest = None if begins is None else datetime(2026, 5, 11, begins)  # noqa: DTZ001 - a wall clock
    origins = {IDS[it]: Origin(outbox, 5, "CJ7F1") for it, outbox in held.items()}
    answer = told(kept, logged, begins=oldest, full=full)
    causes = differences(answer, origins, set())
    named = [punch_id for ids in causes.values() for punch_id in ids]
    sides = [set(kept), set(held), *([] if logged is None else [set(logged)])]
    union = {it for side in sides for it in side}
    uneven = {it for it in union if not all(it in side for side in sides)}
    assert len(named) == len(set(named))
    assert {IDS[it] for it in uneven} >= set(named)
    assert {IDS[it] for it in union - set(held)} == set(causes.get("not-in-ledger", ()))
    assert judged(causes) == (
        "differs" if UNEXPLAINED & causes.keys() else "explained" if causes else "equal"
    )
    if judged(causes) == "equal":
        assert not uneven


@pytest.mark.parametrize(
    ("answer", "causes", "wanted"),
    [
        (told(NOON, NOON), {"not-in-ledger": [10]}, Remedy(resend=((11, 11),))),
        (told(NOON), {"not-in-ledger": [9, 12]}, Remedy(resend=((10, 13),))),
        (told([], NOON), {"not-in-ledger": [10]}, Remedy(reread=True)),
        (told([9], NOON), {"not-at-edge": [10]}, Remedy(reread=True)),
        (told([9], [9]), {"not-at-edge": [10]}, Remedy()),
        (told(NOON, [9]), {"not-on-device": [10, 11, 12]}, Remedy()),
        (Told("outbox-1", 100, {IDS[9]: 0}, None), {"not-in-ledger": [9]}, Remedy()),
    ],
)
def test_a_loss_is_healed_by_whoever_still_has_it(
    answer: Told, causes: dict[Cause, list[int]], wanted: Remedy
) -> None:
    """The outbox first, which costs no device anything; what nobody has is not asked for."""
    assert remedy({cause: [IDS[it] for it in ids] for cause, ids in causes.items()}, answer) == wanted


def test_rows_far_apart_are_asked_for_one_by_one() -> None:
    """Not everything between the first and the last travels again."""
    kept = {IDS[0]: 1, IDS[1]: 50, IDS[2]: 9_000}
    wanted = remedy({"not-in-ledger": IDS[:3]}, Told("outbox-1", 10_000, kept, None))
    assert wanted.resend == ((1, 50), (9_000, 9_000))


def test_a_log_that_was_not_counted_agrees_with_everything() -> None:
    """A reader without a log has two sides."""
    one, other = tally(IDS[:1]), tally(IDS[:2])
    assert Sides(None, one, one).equal
    assert Sides(one, one, one).equal
    assert not Sides(other, one, one).equal
    assert not Sides(None, other, one).equal
    assert Sides(None, one, one).key != Sides(one, one, one).key


def test_causes_are_told_in_words() -> None:
    """The board and the command say the same."""
    assert in_words({"not-in-ledger": 1, "log-cleared": 0, "other-terminal": 3}) == (
        "1 missing in the ledger, 3 of another terminal"
    )
