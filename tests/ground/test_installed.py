"""Promises of what is read from the folders that installers leave."""

import sys
from importlib import metadata
from pathlib import Path

import pytest

from ground.installed import offered, version


def test_the_version_is_the_installed_one() -> None:
    """An edge calls itself what the installer put there."""
    assert version() == metadata.version("punchwire")


def test_every_entry_point_is_found_as_the_library_finds_it() -> None:
    """Reading the folders ourselves misses nothing and invents nothing."""
    for group in ("punchwire.readers", "console_scripts"):
        known = {entry.name: entry.value for entry in metadata.entry_points(group=group)}
        assert set(offered(group)) == set(known)
    readers = {entry.name: entry.value for entry in metadata.entry_points(group="punchwire.readers")}
    assert offered("punchwire.readers") == readers


def test_the_package_that_comes_first_is_the_one_that_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two packages that offer one name, the one nearer the front of the path counts."""
    for at, place in enumerate(("other.reader:Other [extra]", "later.reader:Later")):
        folder = tmp_path / str(at) / "other-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "entry_points.txt").write_text(f"[other]\nx = y\n\n[test.group]\nother = {place}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "0"), str(tmp_path / "1"), *sys.path])
    assert offered("test.group") == {"other": "other.reader:Other"}


def test_where_no_folder_tells_the_library_is_asked() -> None:
    """A group that nobody offers is empty, and no mistake."""
    assert offered("no.such.group") == {}
