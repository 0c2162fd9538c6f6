"""The command `explain`: scenario files in, what their days give and why out, without any database."""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator

from central.rules.advice import advise
from central.rules.explain.answer import answer, as_text
from central.rules.explain.scenario import Scenario, ScenarioError, read_scenario

MISTAKEN = 2
"""Exit status when a scenario could not be used."""

_Document = tuple[str, str]
"""The text of one scenario, and before it what to say in front of its mistakes."""


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the program."""
    parser = subparsers.add_parser(
        "explain",
        help="say what a scenario gives, and why",
        description="Answer scenarios in order, one line of JSON each; advice on their shifts goes to stderr",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a scenario or JSON lines of them; - is stdin"
    )
    parser.add_argument("--format", choices=("json", "text"), default="json", help="text is made for reading")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Answer every scenario; those with mistakes get one line of stderr for each, and the status is 2."""
    mistakes = 0
    advised: set[str] = set()
    try:
        for name in args.files:
            prefix = f"{name}: " if len(args.files) > 1 else ""
            try:
                for place, document in _documents(name):
                    mistakes += _tell(prefix + place, document, args.format, advised)
            except ScenarioError as error:
                mistakes += _complain("", error)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; what is still buffered must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return MISTAKEN if mistakes else 0


def _tell(place: str, document: str, form: str, advised: set[str]) -> int:
    """Write the answer to one scenario, or its mistakes; returns how many they were."""
    try:
        scenario = read_scenario(_parse(document))
    except ScenarioError as error:
        return _complain(place, error)
    for advice in _advice(scenario):
        if advice not in advised:
            advised.add(advice)
            sys.stderr.write(f"{advice}\n")
    told = answer(scenario)
    sys.stdout.write((as_text(told) + "\n" if form == "text" else json.dumps(told)) + "\n")
    return 0


def _complain(place: str, error: ScenarioError) -> int:
    sys.stderr.writelines(f"{place}{mistake}\n" for mistake in error.mistakes)
    return len(error.mistakes)


def _advice(scenario: Scenario) -> Iterator[str]:
    for name, shift in scenario.shifts.items():
        for advice in advise(shift):
            yield f"advice on shift {name}: {advice}"


def _parse(document: str) -> object:
    try:
        data = json.loads(document)
        json.dumps(data, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise ScenarioError([f"not valid JSON: {error.msg[:1].lower()}{error.msg[1:]} at {place}"]) from None
    except RecursionError:
        raise ScenarioError(["not valid JSON: nested too deeply"]) from None
    except UnicodeEncodeError:
        raise ScenarioError(["not valid JSON: a text holds half of a surrogate pair"]) from None
    except ValueError:
        raise ScenarioError(["not valid JSON: a number has too many digits"]) from None
    return data


def _documents(name: str) -> Iterator[_Document]:
    """Read the scenarios of a file one by one; raises ScenarioError if it cannot be read."""
    try:
        with open(0 if name == "-" else name, encoding="utf-8", closefd=name != "-") as lines:
            yield from _split(lines)
    except UnicodeDecodeError:
        raise ScenarioError([f"{name}: not text in UTF-8"]) from None
    except OSError as error:
        raise ScenarioError([f"{name}: {(error.strerror or 'cannot be read').lower()}"]) from None


def _split(lines: Iterable[str]) -> Iterator[_Document]:
    """Tell JSON lines, the first of which looks like a whole object, from one scenario over many lines."""
    numbered = enumerate(lines, 1)
    _, head = next(numbered, (1, ""))
    if not (head.startswith("{") and head.rstrip().endswith("}")):
        yield "", head + "".join(line for _, line in numbered)
        return
    others = ((f"line {number}: ", line) for number, line in numbered if line.strip())
    second = next(others, None)
    if second is None:
        yield "", head
        return
    yield "line 1: ", head
    yield second
    yield from others
