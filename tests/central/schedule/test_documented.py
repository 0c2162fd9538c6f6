"""What docs/reports.md shows can be done, and what can be done it shows."""

import csv
import re
import tomllib
from pathlib import Path

from admin.selecting import DIMENSIONS
from central.reports import REPORTS
from central.schedule.custom_sheet import COLUMNS as CUSTOM
from central.schedule.custom_sheet import read_custom_sheet
from central.schedule.reading import Known, read_settings
from central.schedule.sheet import COLUMNS, read_sheet

PAGE = (Path(__file__).parents[3] / "docs" / "reports.md").read_text(encoding="utf-8")


def block(language: str, which: int = 0) -> str:
    """An example in a language."""
    return list(re.finditer(rf"```{language}\n(.*?)```", PAGE, re.DOTALL))[which][1]


def test_the_settings_of_the_page_can_be_applied() -> None:
    """The example is a file without mistakes, and uses every section that there is."""
    data = tomllib.loads(block("toml"))
    draft = read_settings(data, Known(employees={"E1042"}))
    assert draft.mistakes == ()
    assert set(data) == {"effective_from", "shifts", "calendars", "units", "custom_shifts"}


def test_the_table_of_the_page_can_be_applied() -> None:
    """The example is a table without mistakes; every column is explained."""
    draft = read_sheet(enumerate(csv.reader(block("csv").splitlines()), 1), None)
    assert draft.mistakes == ()
    assert [column for column in COLUMNS if f"`{column}`" not in PAGE] == []


def test_the_table_of_custom_shifts_of_the_page_can_be_applied() -> None:
    """The example is a table without mistakes; every column is explained."""
    lines = enumerate(csv.reader(block("csv", 1).splitlines()), 1)
    draft = read_custom_sheet(lines, None, Known(shifts={"guard"}, employees={"E1042", "E1043"}))
    assert draft.mistakes == ()
    assert [column for column in CUSTOM if f"`{column}`" not in PAGE] == []


def test_every_report_and_filter_is_explained() -> None:
    """Whatever can be asked for stands on the page."""
    assert [kind for kind in REPORTS if f"| `{kind}` |" not in PAGE] == []
    flags = [f"`--{name.replace('_', '-')}`" for name in DIMENSIONS]
    assert [flag for flag in flags if flag not in PAGE] == []
