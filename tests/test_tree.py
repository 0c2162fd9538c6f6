"""The tree as a whole: every file says what it owns, stays short, and stands in docs/architecture.md."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = ("wire", "ground", "edge", "central", "admin", "simulators", "demo")
EVERYTHING = (*PRODUCT, "tests", "bench")
SCRIPTS = [path.relative_to(ROOT) for path in sorted(ROOT.glob("install/*.sh"))]
LONGEST, LONGEST_TEST = 300, 500
_ENTRY = re.compile(r"^(?P<indent> *)(?P<name>[a-z0-9_]+)(?P<mark>/| [●○])(?= |$)")


def modules(*packages: str) -> list[Path]:
    """Every Python file of the packages that holds anything, relative to the checkout."""
    found = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return [path.relative_to(ROOT) for path in found if path.read_text(encoding="utf-8").strip()]


def told_tree() -> dict[str, str]:
    """The modules in the tree of docs/architecture.md with their marks: `{"wire/punch.py": "●"}`."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    block = page.split("## The tree", 1)[1].split("```")[1]
    folders: list[tuple[int, str]] = []
    told: dict[str, str] = {}
    for line in block.splitlines():
        entry = _ENTRY.match(line)
        if entry is None:
            continue
        indent = len(entry["indent"])
        folders = [folder for folder in folders if folder[0] < indent]
        if entry["mark"] == "/":
            folders.append((indent, entry["name"]))
        else:
            told["/".join([*(name for _, name in folders), entry["name"]]) + ".py"] = entry["mark"].strip()
    return told


@pytest.mark.parametrize("path", modules(*EVERYTHING), ids=str)
def test_every_module_begins_with_a_sentence_that_says_what_it_owns(path: Path) -> None:
    """A reader of any file learns in its first sentence why the file exists."""
    docstring = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8")))
    assert docstring, f"{path} has no docstring"
    first = docstring.split("\n\n", maxsplit=1)[0]
    assert re.search(r"[.:]$|\. ", first), f"the first paragraph of {path} is no sentence: {first!r}"
    word = first.split()[0]
    assert word[0].isupper() or not word.isalpha(), f"{path} begins in mid-sentence: {first!r}"


@pytest.mark.parametrize("path", [*modules(*EVERYTHING), Path("install.sh"), *SCRIPTS], ids=str)
def test_no_file_outgrows_what_one_can_keep_in_mind(path: Path) -> None:
    """A file that would pass 300 lines is two files; a list of tests may be longer."""
    longest = LONGEST_TEST if path.parts[0] == "tests" else LONGEST
    assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= longest


def test_no_module_is_named_after_nothing() -> None:
    """A place for leftovers never comes to be."""
    nameless = {"utils", "util", "helpers", "common", "misc", "models", "services", "base"}
    assert [path for path in modules(*EVERYTHING) if path.stem in nameless] == []


def test_the_architecture_page_shows_the_tree_as_it_is() -> None:
    """Every module of the product stands in the page's tree, and nothing else does."""
    there = {str(path) for path in modules(*PRODUCT) if path.name != "__init__.py"}
    assert sorted(told_tree()) == sorted(there)


def test_what_the_page_calls_pure_is_held_to_it_by_a_contract() -> None:
    """The mark ● in the page and the import contract on pure modules mean the same files."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    pure = next(contract for contract in contracts if contract["name"].startswith("pure modules"))
    names = [module.replace(".", "/") for module in pure["source_modules"]]
    for path, mark in told_tree().items():
        held = any(path == f"{name}.py" or path.startswith(f"{name}/") for name in names)
        assert held == (mark == "●"), f"{path} is marked {mark}"
