"""Promises of reports and explained days as they are printed."""

import io
from datetime import UTC, date, datetime

from rich.console import Console

from admin.daysheet import day_lines, length
from admin.reports import write_csv
from admin.screen import sheet
from wire.days import Clocking, DayResult, DayRule, Dropped
from wire.reporting import DayAnswer

NINE = datetime(2026, 5, 11, 9, 0, 30, tzinfo=UTC)
DAY = DayResult(
    employee="E1",
    date=date(2026, 5, 11),
    status="awaiting",
    rule=DayRule(source="weekly", key="mon"),
    shift="office@2026-05-01#1",
    shift_from="organization",
    starts=NINE.replace(second=0),
    ends=NINE.replace(hour=17, second=0),
    clockings=(
        Clocking(at=NINE, direction="IN", how="inferred", punch="a" * 32, reader="pune-01/gate"),
        Clocking(at=NINE.replace(hour=17), direction="OUT", how="knock off"),
    ),
    dropped=(Dropped(at=NINE.replace(second=50), punch="b" * 32, kept="a" * 32, reader="pune-01/gate"),),
    presence_s=28_799,
    flags=("out_added",),
    awaiting=("pune-01/gate",),
)


def test_a_day_is_explained_with_figures_punches_and_reasons() -> None:
    """Whatever the figures rest on is there: punches, duplicates, added clockings, the version, sentences."""
    told = "\n".join(day_lines(DayAnswer(name="Asha", day=DAY, why=("C5: because.",), stored=False)))
    for words in (
        "E1 Asha, 2026-05-11: awaiting pune-01/gate",
        "office@2026-05-01#1 of the organization, row mon: 09:00 to 17:00",
        "presence     7 h 59 min",
        "a" * 32,
        f"duplicate of {'a' * 32}",
        "added, knock off",
        "to be looked at: out added",
        "C5: because.",
        "or not yet",
    ):
        assert words in told
    assert "not yet" not in "\n".join(day_lines(DayAnswer(name="", day=DAY, why=(), stored=True)))


def test_lengths_are_cut_to_minutes() -> None:
    """59 seconds are no minute."""
    assert [length(seconds) for seconds in (0, 59, 60, 3599, 3600)] == [
        "0 h 00 min",
        "0 h 00 min",
        "0 h 01 min",
        "0 h 59 min",
        "1 h 00 min",
    ]


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    """A text that begins like a formula is disarmed; numbers stay numbers, and nothing is nothing."""
    out = io.StringIO()
    write_csv(out, ("name", "minutes", "note"), [("=1+1", -5, None), ('Asha "A"', 3, "@x")])
    assert out.getvalue() == 'name,minutes,note\n\'=1+1,-5,\n"Asha ""A""",3,\'@x\n'


def test_a_terminal_shows_numbers_to_the_right() -> None:
    """The table for a terminal holds the same cells."""
    console = Console(width=60, force_terminal=True)
    with console.capture() as capture:
        console.print(sheet(["name", "late"], [("Asha", "7"), ("Bina", "100")], {1}))
    printed = capture.get()
    assert "   7│" in printed
    assert "Bina" in printed
