"""Promises of resyncs in words."""

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from admin.resync_words import list_lines, nothing_left_over, page_lines, progress_line, resync_lines
from tests.resync_answers import resync_progress
from wire.facts import Span
from wire.resync import Reconciliation, ResyncEntry, ResyncProgress, ResyncShown

PART = Reconciliation(edge="pune-01", reader="front-gate", state="reconciled", matched=40, added=2)
FIGURES = ("to_add", "to_change", "only_on_device", "only_in_ledger", "in_conflict")


def test_the_outcome_names_every_figure_of_every_reader() -> None:
    """Whatever is not 0 stands under its heading, what a log shows and who has no badge below."""
    figures = {name: 101 + place for place, name in enumerate(FIGURES)}
    part = Reconciliation(
        edge="pune-01",
        reader="gate",
        state="reconciled",
        notices=("was it\x1b replaced?",),
        **figures,  # type: ignore[arg-type]
    )
    found = {"days_changed": 3, "unmatched_employees": ("E7", "E8"), "unmatched_count": 10, "strangers": 2}
    header, row, notice, days, people, strangers = resync_lines(resync_progress(part, **found))
    for name, figure in figures.items():
        assert row[header.index(name.replace("_", " ")) :].startswith(str(figure))
    assert "changed" not in header.replace("to change", "")
    assert notice.startswith("pune-01/gate: was it")
    assert "\x1b" not in notice
    assert days == "2 people; 3 workdays have another result"
    assert people == "no badge is known of: E7, E8 and 8 more"
    assert strangers == "2 badges of nobody were met: punchwire resync show r-1 --what badges"


@pytest.mark.parametrize(
    "progress",
    [
        resync_progress(PART, state="expired"),
        resync_progress(PART, unmatched_employees=("E7",), unmatched_count=1),
        resync_progress(PART, dry_run=True, days_changed=1),
        *(
            resync_progress(PART, Reconciliation(edge="e", reader="r", state="reconciled", **{left: 1}))  # type: ignore[arg-type]
            for left in FIGURES
        ),
    ],
)
def test_anything_left_over_is_not_a_success(progress: ResyncProgress) -> None:
    """The exit status is 0 only when both sides hold the same for everybody asked."""
    assert nothing_left_over(resync_progress(PART, days_changed=1))
    assert not nothing_left_over(progress)


def test_progress_tells_how_far_it_is_and_who_is_waited_for() -> None:
    """A person sees which branch the resync waits for."""
    line = progress_line(resync_progress(state="ordered", people_done=1, edges_waiting=("surat-02",)))
    assert line == "ordered: 1 of 2 people, 42 punches read; waiting for surat-02"


def test_an_undoing_tells_how_far_it_is_and_what_it_met() -> None:
    """A person sees that it goes on, and why it rests if it does."""
    told = resync_progress(state="undoing", undo_done=1200, undo_of=5300)
    assert progress_line(told) == "undoing: 1200 of 5300 punches and workdays"
    met = replace(told, fault="odd\x1b")
    assert progress_line(met).startswith("undoing: 1200 of 5300 punches and workdays; central met a fault")
    assert "\x1b" not in progress_line(met)


def test_lists_and_pages_are_tables() -> None:
    """One line for each resync, one for each row, and what is missing is blank."""
    entry = ResyncEntry(
        name="r-1",
        user="anna",
        state="undone",
        mode="reread",
        dry_run=False,
        selected=2,
        span=Span(first=date(2026, 5, 1), last=date(2026, 5, 2)),
        began_at=datetime(2026, 5, 11, 8, tzinfo=UTC),
        reason="a test",
    )
    header, line = list_lines((entry,))
    assert line[header.index("state") :].startswith("undone")
    shown = ResyncShown(
        entry=entry, progress=resync_progress(), columns=("a", "b"), rows=((1, None), (None, "x"))
    )
    assert [row.split() for row in page_lines(shown)] == [["a", "b"], ["1"], ["x"]]
