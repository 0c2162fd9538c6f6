"""Promises of the answers in words."""

import pytest

from admin.figures import (
    PUNCH_HEADER,
    nothing_left_over,
    progress_line,
    punch_cells,
    punch_line,
    resync_lines,
)
from wire.listing import PunchRow
from wire.resync import Reconciliation, ResyncProgress

PART = Reconciliation(edge="pune-01", reader="front-gate", state="reconciled", matched=40, added=2)
DONE = ResyncProgress(state="reconciled", readers=(PART,))


def test_the_outcome_names_every_figure_of_every_reader() -> None:
    """Matched, added, only on device, only in ledger and in conflict stand under their headings."""
    part = Reconciliation(
        edge="pune-01",
        reader="front-gate",
        state="reconciled",
        matched=101,
        added=102,
        only_on_device=103,
        only_in_ledger=104,
        in_conflict=105,
        ids_only_on_device=tuple(f"{number:032x}" for number in range(103)),
    )
    header, row, left, people = resync_lines(
        ResyncProgress(state="reconciled", readers=(part,), unmatched_employees=("E7", "E8"))
    )
    for heading, figure in zip(
        ("matched", "added", "only on device", "only in ledger", "in conflict"), range(101, 106), strict=True
    ):
        assert row[header.index(heading) :].startswith(str(figure))
    assert left.startswith("only on device, pune-01/front-gate: " + "0" * 32)
    assert left.endswith("and 93 more")
    assert people == "no badge is known of: E7, E8"


@pytest.mark.parametrize(
    "progress",
    [
        ResyncProgress(state="expired", readers=(PART,)),
        ResyncProgress(state="reconciled", readers=(PART,), unmatched_employees=("E7",)),
        *(
            ResyncProgress(
                state="reconciled",
                readers=(
                    PART,
                    Reconciliation(edge="e", reader="r", state="reconciled", **{left: 1}),  # type: ignore[arg-type]
                ),
            )
            for left in ("only_on_device", "only_in_ledger", "in_conflict")
        ),
    ],
)
def test_anything_left_over_is_not_a_success(progress: ResyncProgress) -> None:
    """The exit status is 0 only when device and ledger hold the same for everybody asked."""
    assert nothing_left_over(DONE)
    assert not nothing_left_over(progress)


def test_progress_names_the_readers_that_are_waited_for() -> None:
    """A person sees which branch the resync waits for."""
    waiting = Reconciliation(edge="surat-02", reader="gate", state="ordered")
    line = progress_line(ResyncProgress(state="ordered", readers=(PART, waiting)))
    assert line == "ordered: pune-01/front-gate reconciled, surat-02/gate ordered"


def test_punches_of_all_pages_align() -> None:
    """Columns have a fixed width, and a value that is too long is not cut."""
    punch = PunchRow(
        punch_id="0" * 32, wall="2026-05-11T09:00:00", edge="pune-01", reader="front-gate", badge="1042"
    )
    assert punch_line(punch_cells(punch)).index("front-gate") == punch_line(PUNCH_HEADER).index("reader")
    long = PunchRow(punch_id="0" * 32, wall="w", edge="e" * 32, reader="r", badge="b\x1b[2J")
    assert "e" * 32 in punch_line(punch_cells(long))
    assert "\x1b" not in punch_line(punch_cells(long))
