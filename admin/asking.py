"""Owns what the verbs of `punchwire` share: a request's last answer, its body, lines on standard error."""

import secrets
import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from admin.board import plain
from admin.errors import Refused, Unavailable, UsageError
from wire.request import Answer

T = TypeVar("T")


def outcome(answers: Iterator[Answer], kind: type[T]) -> T:
    """The body of the last answer. Raises Refused with central's reason."""
    last: Answer | None = None
    for answer in answers:
        last = answer
    if last is None:
        raise Unavailable("central gave no answer")
    if last.status != "done":
        raise Refused(f"{last.status}: {plain(last.reason)}")
    return body(last, kind)


def body(answer: Answer, kind: type[T]) -> T:
    """The body of an answer. Raises Unavailable if it cannot be read."""
    try:
        return msgspec.convert(answer.body, kind)
    except msgspec.ValidationError as error:
        raise Unavailable(f"central's answer cannot be read ({error}); are both of one version?") from None


def check_span(flags: Namespace) -> None:
    """Raise UsageError for dates that are the wrong way round."""
    if flags.last < flags.first:
        raise UsageError(f"--to {flags.last} is before --from {flags.first}")


def new_id() -> str:
    """A name for a request that nobody used before."""
    return secrets.token_hex(8)


def note(line: str) -> None:
    """Tell a person something that is no part of the output."""
    sys.stderr.write(f"punchwire: {line}\n")
    sys.stderr.flush()


def print_array(items: Iterable[str]) -> None:
    """One JSON array, an item a line, printed while the items come."""
    before = "["
    for item in items:
        sys.stdout.write(f"{before}\n{item}")
        before = ","
    sys.stdout.write("\n]\n" if before == "," else "[]\n")
