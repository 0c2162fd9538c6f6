"""The values of a scenario: what is read, and what is refused, on both sides of every limit."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from central.rules.explain.form import (
    Form,
    Refused,
    day,
    day_of_any_time,
    hours,
    instant_in,
    maybe,
    minutes,
    seconds,
    told,
    zone,
)

KOLKATA = ZoneInfo("Asia/Kolkata")
of_a_day = partial(hours, limit=24)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (minutes, 0, 0),
        (minutes, 90, 5400),
        (seconds, 0, 0),
        (seconds, 90, 90),
        (seconds, 10**9, 10**9),
        (of_a_day, 0, 0),
        (of_a_day, 0.5, 1800),
        (of_a_day, 24, 86400),
        (day, "2026-03-02", date(2026, 3, 2)),
        (day, date(2026, 3, 2), date(2026, 3, 2)),
        (day_of_any_time, "2026-03-02", date(2026, 3, 2)),
        (day_of_any_time, "2026-03-02T23:59:59", date(2026, 3, 2)),
        (day_of_any_time, "2026-03-02 23:59", date(2026, 3, 2)),
        (day_of_any_time, datetime(2026, 3, 2, 23, 59, tzinfo=UTC), date(2026, 3, 2)),
        (zone, "Asia/Kolkata", "Asia/Kolkata"),
        (maybe(day), None, None),
        (instant_in(KOLKATA), "2026-03-02T05:30:00", 1772409600),
        (instant_in(KOLKATA), "2026-03-02 05:30", 1772409600),
        (instant_in(KOLKATA), "2026-03-02T00:00:00Z", 1772409600),
        (instant_in(KOLKATA), "2026-03-02T00:00:00.999+00:00", 1772409600),
        (instant_in(KOLKATA), "1969-12-31T23:59:59.5Z", -1),
    ],
)
def test_a_value_is_read(read: Callable[[object], object], value: object, expected: object) -> None:
    """Lengths become seconds, times become instants cut to the second."""
    assert read(value) == expected


@pytest.mark.parametrize(
    ("read", "value", "wanted"),
    [
        (minutes, -1, "a whole number of minutes"),
        (minutes, 1.0, "a whole number of minutes"),
        (minutes, "5", "a whole number of minutes"),
        (minutes, False, "a whole number of minutes"),
        (seconds, True, "a whole number of seconds"),
        (seconds, 10**9 + 1, "a whole number of seconds"),
        (of_a_day, 24.1, "a number of hours from 0 to 24"),
        (of_a_day, -0.1, "a number of hours from 0 to 24"),
        (of_a_day, float("nan"), "a number of hours from 0 to 24"),
        (of_a_day, float("inf"), "a number of hours from 0 to 24"),
        (of_a_day, True, "a number of hours from 0 to 24"),
        (of_a_day, "4", "a number of hours from 0 to 24"),
        (of_a_day, None, "a number of hours from 0 to 24"),
        (day, datetime(2026, 3, 2, tzinfo=UTC), "a date"),
        (day, "2026-03-2", "a date"),
        (day, "2026-03-02T00:00", "a date"),
        (day_of_any_time, "2026-03-02T24:61", "a date"),
        (day_of_any_time, "2026-03-02x", "a date"),
        (day_of_any_time, 20260302, "a date"),
        (zone, "", "a known time zone"),
        (zone, "Europe/Atlantis", "a known time zone"),
        (zone, 5.5, "a known time zone"),
        (instant_in(KOLKATA), "2026-03-02", "a time like 2026-03-02T08:24:10"),
        (instant_in(KOLKATA), "2026-03-02T08:60", "a time like 2026-03-02T08:24:10"),
        (instant_in(KOLKATA), 1772389800, "a time like 2026-03-02T08:24:10"),
    ],
)
def test_a_value_is_refused(read: Callable[[object], object], value: object, wanted: str) -> None:
    """What it should have been is said."""
    with pytest.raises(Refused) as refused:
        read(value)
    assert str(refused.value) == wanted


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ü", '"ü"'),
        (None, "null"),
        (2**128 - 1, str(2**128 - 1)),
        (2**128, "a number of that size"),
        (True, "true"),
        ({}, "an object"),
        ([], "a list"),
        (date(2026, 3, 2), '"2026-03-02"'),
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 56 + "..."),
    ],
)
def test_a_value_is_said_as_it_stands_in_the_file(value: object, said: str) -> None:
    """At most sixty characters of it."""
    assert told(value) == said


def test_a_form_is_silent_about_what_a_mistake_took_away() -> None:
    """One mistake is one line: inside of what is no object nothing is missing."""
    mistakes: list[str] = []
    outer = Form({"inner": 5}, "", mistakes)
    inner = outer.form("inner")
    assert inner.take("key", seconds) is None
    assert inner.forms("rows") == []
    assert inner.entries() == {}
    assert not inner.has("key")
    inner.close()
    assert mistakes == ["inner: 5 is not an object"]


def test_a_form_names_every_place_from_the_top() -> None:
    """Objects by dots, lists by numbers from 1."""
    mistakes: list[str] = []
    top = Form({"a": {"rows": [{}, {"x": 1}]}}, "", mistakes)
    for row in top.form("a").forms("rows"):
        row.take("y", seconds)
        row.close()
    assert mistakes == ["a.rows[1].y: missing", "a.rows[2].y: missing", "a.rows[2].x: unknown key"]
