"""The documentation against the code: what can be typed, set, sent or read in a log is explained."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from admin import cli as admin_cli
from central import cli as central_cli
from central import config as central_config
from edge import cli as edge_cli
from edge import config as edge_config
from edge.readers.registry import kinds
from ground.mqtt import BrokerOptions
from ground.settings import SettingsError
from simulators.mosquitto import ACL
from simulators.terminal.faults import NAMES as TERMINAL_FAULTS
from wire.reasons import NEXT_STEP
from wire.topics import Topics

ROOT = Path(__file__).parent.parent
PROGRAMS = ("punchwire", "punchwire-edge", "punchwire-central", "punchwire-simulate")
_VERB = re.compile(r"^    ([a-z][a-z-]+)(?:  |$)", re.MULTILINE)


def page(name: str) -> str:
    """One page of the documentation."""
    return (ROOT / name).read_text(encoding="utf-8")


def every_page() -> str:
    """All pages together."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in pages)


def told(program: str, *arguments: str) -> str:
    """What a program prints."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def fields(kind: type[msgspec.Struct]) -> set[str]:
    """The names of a struct's fields as a file or a message spells them."""
    return {field.encode_name for field in msgspec.structs.fields(kind)}


def structs(module: object) -> dict[str, type[msgspec.Struct]]:
    """The structs that a module defines for others."""
    return {
        name: kind
        for name, kind in vars(module).items()
        if inspect.isclass(kind)
        and issubclass(kind, msgspec.Struct)
        and kind.__module__ == getattr(module, "__name__", "")
        and not name.startswith("_")
    }


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_is_explained(program: str) -> None:
    """Whatever a program offers to do, some page shows it being done."""
    text = every_page()
    verbs = _VERB.findall(told(program, "--help"))
    assert verbs, f"{program} --help lists no verbs"
    assert [verb for verb in verbs if f"{program} {verb}" not in text] == []


def test_every_key_of_the_daemons_configuration_is_explained() -> None:
    """Nobody has to read code to learn what a key of edge.toml or central.toml means."""
    runbook = page("docs/runbook.md")
    for module in (edge_config, central_config):
        for kind in structs(module).values():
            missing = [key for key in fields(kind) if f"`{key}`" not in runbook and f"[{key}]" not in runbook]
            assert missing == [], f"{module.__name__}.{kind.__name__}"
    assert [key for key in fields(BrokerOptions) if f"`{key}`" not in runbook] == []


def test_every_kind_of_reader_and_each_of_its_keys_is_explained() -> None:
    """An installer finds every reader kind, and everything that can be set for it, on one page."""
    text = page("docs/readers.md")
    kinds = {entry.name: entry.load() for entry in entry_points(group="punchwire.readers")}
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []
    for kind, reader in kinds.items():
        assert [key for key in fields(reader.Options) if f"`{key}`" not in text] == [], kind


def test_every_topic_is_explained() -> None:
    """Who writes an ACL or subscribes by hand finds every topic spelled out."""
    text = page("docs/topics.md")
    topics = Topics("{p}")
    assert topics.central_status in text
    assert topics.whole_board in text
    for name, method in inspect.getmembers(Topics, inspect.isfunction):
        places = [f"{{{it}}}" for it in inspect.signature(method).parameters if it != "self"]
        if not name.startswith("_") and name != "parse":
            assert method(topics, *places) in text


@pytest.mark.parametrize("module", sorted(path.stem for path in ROOT.glob("wire/*.py")))
def test_every_message_and_each_of_its_fields_is_explained(module: str) -> None:
    """Another program can speak with Punchwire from the page alone."""
    text = page("docs/topics.md")
    for name, kind in structs(importlib.import_module(f"wire.{module}")).items():
        assert f"`{name}`" in text
        assert [field for field in fields(kind) if f"`{field}`" not in text] == [], name


def test_every_reason_is_explained() -> None:
    """Each word that the board can show stands in the runbook."""
    runbook = page("docs/runbook.md")
    assert [reason for reason in NEXT_STEP if f"`{reason}`" not in runbook] == []


def log_events() -> set[str]:
    """Each word that a journal of ours is given, and each event that an edge puts into its stream."""
    words: list[object] = []
    for path in (
        path for package in ("edge", "central", "ground") for path in (ROOT / package).rglob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if re.search(r"journal\.(debug|info|warning|error)$|^tell$|\.event$|\._event$", called):
                words += [word.value for word in node.args[:1] if isinstance(word, ast.Constant)]
            elif called == "EdgeEvent":
                words += [
                    it.value.value
                    for it in node.keywords
                    if it.arg == "event" and isinstance(it.value, ast.Constant)
                ]
    return {word for word in words if isinstance(word, str)}


def test_every_log_event_is_explained() -> None:
    """Who reads a log at night can look up each word in the runbook."""
    events = log_events()
    assert "started" in events
    runbook = page("docs/runbook.md")
    assert sorted(event for event in events if f"`{event}`" not in runbook) == []


def test_the_capabilities_page_answers_every_wish_and_names_only_what_is_there() -> None:
    """Each line of the list of capabilities is answered once, with files and tests that exist."""
    text = page("docs/capabilities.md")
    expected = [
        f"{letter}{number}"
        for letter, last in (("E", 96), ("H", 12), ("I", 26), ("D", 18))
        for number in range(1, last + 1)
    ]
    assert re.findall(r"^\| ([EHID]\d+) \|", text, re.MULTILINE) == expected
    for row in re.findall(r"^\| [EHID]\d+ \|.*$", text, re.MULTILINE):
        assert "not yet" in row or "`" in row or "document" in row, row
    named = {
        name
        for name in re.findall(r"`([a-z_.-]+/[\w./*-]+|install\.sh|[a-z]+\.toml)`", text)
        if "{" not in name
    }
    assert [name for name in sorted(named) if not list(ROOT.glob(name.rstrip("/")))] == []


def test_the_page_of_terminals_names_faults_and_tests_that_there_are() -> None:
    """Each way in which a terminal fails can be tried with the simulator, and is held by tests."""
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", page("docs/terminals.md"), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 21))
    columns = [row.split("|") for _, row in rows]
    faults = {name for row in columns for name in re.findall(r"`([a-z-]+)`", row[2])}
    assert faults <= set(TERMINAL_FAULTS)
    assert [name for name in TERMINAL_FAULTS if f"`{name}`" not in page("docs/terminals.md")] == []
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    for row in columns:
        named = re.findall(r"`(test_\w+)`", row[3])
        assert named
        assert [name for name in named if f"def {name}(" not in tests] == []


def examples(kind: str) -> list[str]:
    """The fenced blocks of one kind on all pages."""
    found: list[str] = []
    inside: str | None = None
    for line in every_page().splitlines(keepends=True):
        if line.startswith("```"):
            inside = line[3:].strip() if inside is None else None
            found += [""] if inside == kind else []
        elif inside == kind:
            found[-1] += line
    return found


def test_every_reader_in_the_pages_would_be_accepted(tmp_path: Path) -> None:
    """A section that is copied from a page works as it stands."""
    head = '[edge]\nid = "pune-01"\n[broker]\nhost = "127.0.0.1"\n'
    sections = [text for text in examples("toml") if text.startswith("[[reader]]")]
    assert len(sections) >= len(kinds())
    for section in sections:
        (tmp_path / "edge.toml").write_text(head + section, encoding="utf-8")
        assert len(edge_config.load(tmp_path / "edge.toml").readers) == 1


def test_the_example_configurations_lack_nothing_but_the_files_of_the_site() -> None:
    """What install.sh puts into /etc/punchwire is right but for passwords and certificates."""
    for module, name in ((edge_config, "edge.toml"), (central_config, "central.toml")):
        with pytest.raises(SettingsError) as told:
            module.load(ROOT / "install" / name)
        assert [it for it in told.value.mistakes if not it.endswith("cannot be read")] == []


def test_every_command_line_in_the_pages_is_understood() -> None:
    """Whoever copies a command from a page is not told that it is wrong; a mere name of one is none."""
    parsers = {
        "punchwire": vars(admin_cli)["_parser"](),
        "punchwire-edge": vars(edge_cli)["_parser"](),
        "punchwire-central": vars(central_cli)["_parser"](),
    }
    spans = [line for block in examples("") for line in block.splitlines()]
    spans += re.findall(r"`([^`\n]+)`", every_page())
    lines = [span.removeprefix("sudo ").split("#")[0].split() for span in spans]
    whole = [words for words in lines if len(words) > 2 and words[0] in parsers and words[-1][:2] != "--"]
    assert len(whole) > len(parsers)
    for program, *arguments in whole:
        parsers[program].parse_args(arguments)


def test_the_rules_for_the_broker_are_those_that_the_tests_run_with() -> None:
    """The access rules that a site copies are the ones under which everything was tried."""
    assert ACL.format(p="punchwire/v1") in examples("")


def test_links_between_pages_lead_somewhere() -> None:
    """No page sends its reader to a page that is not there."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: {target}"


def test_decisions_are_numbered_without_gaps_and_fit_on_a_page() -> None:
    """A decision is one page with context, decision and consequence."""
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [int(path.name[:4]) for path in pages]
    assert numbers[0] == 1
    assert all(b == a + 1 for a, b in pairwise(numbers))
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert [line for line in text.splitlines() if line.startswith("## ")] == [
            "## Context",
            "## Decision",
            "## Consequence",
        ]
        assert len(text.splitlines()) <= 60, path.name
