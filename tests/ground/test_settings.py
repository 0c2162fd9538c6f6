"""Promises of settings: a file becomes a struct, or every mistake becomes a line."""

from pathlib import Path
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ground.settings import build


class Inner(msgspec.Struct, kw_only=True):
    size: int
    where: Path | None = None


class Outer(msgspec.Struct, kw_only=True):
    name: str
    inner: Inner
    rows: tuple[Inner, ...] = ()


def told(data: object) -> list[str]:
    mistakes: list[str] = []
    assert (build(Outer, data, "", mistakes) is None) == bool(mistakes)
    return mistakes


def test_nested_tables_and_paths_are_built() -> None:
    """Tables in tables, arrays of tables, and text for paths."""
    built = build(Outer, {"name": "a", "inner": {"size": 1, "where": "/x"}, "rows": [{"size": 2}]}, "", [])
    assert built == Outer(name="a", inner=Inner(size=1, where=Path("/x")), rows=(Inner(size=2),))


def test_every_mistake_has_its_place() -> None:
    """The place is the path of keys, rows counted from 1."""
    assert told({"inner": {"size": "x", "where": 3}, "rows": [{"size": 1}, {"siez": 2}], "z": 0}) == [
        "z: unknown key",
        "name: missing",
        "inner.size: 'x' is wrong: expected int, got str",
        "inner.where: 3 is wrong: expected a path",
        'rows[2].siez: unknown key; did you mean "size"?',
        "rows[2].size: missing",
    ]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "inner", "rows", "size", "where", "other"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(values)
def test_no_data_can_break_it(data: Any) -> None:
    """Whatever a TOML file may hold, the answer is a struct or lines."""
    assert all("\n" not in line for line in told(data))
