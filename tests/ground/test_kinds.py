"""Promises of kinds that packages offer, to whoever writes a section for one."""

import sys
from pathlib import Path

import pytest

from ground.kinds import Head, KindMissing, Kinds, PackageMissing, Part

PACKAGE = """
import msgspec

class Lamp:
    class Options(msgspec.Struct, frozen=True, kw_only=True):
        watts: int
"""
LAMPS: Kinds[Part] = Kinds("test.lamps", sort="lamp", section="lamp", remedy="; install lamps[{kind}]")


class LampHead(Head, frozen=True, kw_only=True):
    """What every lamp has."""

    room: str = ""


@pytest.fixture(autouse=True)
def _package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers two kinds of lamp, one of them without what it needs."""
    folder = tmp_path / "lamps-1.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text("[test.lamps]\nled = led_lamp:Lamp\ngas = gas_lamp:Lamp\n")
    (tmp_path / "led_lamp.py").write_text(PACKAGE)
    (tmp_path / "gas_lamp.py").write_text(f"import no_such_gasworks\n{PACKAGE}")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))


def read(*rows: object) -> tuple[list[tuple[str, str, str, str]], list[str]]:
    """Place, name, room and options of the sections that hold together, and the mistakes in all of them."""
    mistakes: list[str] = []
    found = LAMPS.read(list(rows), LampHead, mistakes)
    return [(it.place, it.head.name, it.head.room, repr(it.options)) for it in found], mistakes


def test_a_section_is_split_between_its_head_and_its_kind() -> None:
    """Keys of the head are the same for every kind; all others are the kind's own."""
    assert read({"name": "desk", "kind": "led", "room": "office", "watts": 5}) == (
        [("lamp[1]", "desk", "office", "Options(watts=5)")],
        [],
    )


def test_every_mistake_of_every_section_is_told_with_its_place() -> None:
    """What holds together is kept, whatever is wrong beside it."""
    found, mistakes = read(
        {"name": "desk", "kind": "led", "watts": 5},
        {"name": "desk", "kind": "led", "watts": 5},
        {"kind": "led", "wats": 5},
        {"name": "hall", "kind": "lde"},
        {"name": "yard", "kind": "gas"},
        7,
    )
    assert [place for place, *_ in found] == ["lamp[1]", "lamp[2]"]
    assert mistakes == [
        'lamp[2].name: "desk" is the name of another lamp',
        "lamp[3].name: missing",
        'lamp[3].wats: unknown key; did you mean "watts"?',
        "lamp[3].watts: missing",
        'lamp[4].kind: no kind of lamp "lde"; did you mean "led"?',
        (
            'lamp[5].kind: the kind of lamp "gas" needs a package that is not installed (no_such_gasworks); '
            "install lamps[gas]"
        ),
        "lamp[6]: expected a table",
    ]


def test_a_single_table_is_told_apart_from_a_list_of_them() -> None:
    """Who writes [lamp] for [[lamp]] reads what to write."""
    mistakes: list[str] = []
    assert LAMPS.read({"name": "desk"}, LampHead, mistakes) == []
    assert mistakes == ["lamp: write each lamp as a [[lamp]] section"]


def test_a_kind_that_nobody_offers_is_another_mistake_than_one_that_lacks_a_package() -> None:
    """A person mends the first in the file, and the second on the machine."""
    with pytest.raises(PackageMissing):
        LAMPS.load("gas")
    with pytest.raises(KindMissing, match="installed: gas, led") as raised:
        LAMPS.load("chandelier")
    assert not isinstance(raised.value, PackageMissing)
