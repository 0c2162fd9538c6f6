"""Owns the verb `enrolment` of `punchwire`: a terminal beside the directory, and bringing it there."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

import msgspec

from admin.asking import new_id, note, outcome
from admin.board import lines as aligned
from admin.board import plain
from admin.client import Client
from ground.mqtt import BrokerOptions
from wire.enrolment import EnrolmentAnswer, EnrolmentRequest
from wire.reasons import next_step
from wire.request import Answer

DIFFERS = 1
_GRACE_S = 60.0


def add_flags(parser: ArgumentParser) -> None:
    """The flags of the verb but those that name the terminal."""
    parser.add_argument("do", choices=("diff", "push"), help="compare, or write who is missing or differs")
    parser.add_argument(
        "--remove", action="append", default=[], metavar="USER-ID", help="push: delete this user, repeated"
    )
    parser.add_argument(
        "--with-templates",
        action="store_true",
        help="delete also on a terminal that holds fingerprints or faces: theirs are gone then",
    )


def enrolment(options: BrokerOptions, flags: Namespace) -> int:
    """Compare or push; the status is 1 if the terminal and the directory differ in the end."""
    request = EnrolmentRequest(
        request_id=flags.request_id or new_id(),
        edge=flags.edge,
        reader=flags.reader,
        do=flags.do,
        remove=tuple(flags.remove),
        with_templates=flags.with_templates,
        expires_in_s=flags.timeout,
    )
    with Client(options).connected() as client:
        answers = _noted(client.ask("enrolment", request, flags.timeout + _GRACE_S))
        told = outcome(answers, EnrolmentAnswer)
    if flags.json:
        answer = {"request_id": request.request_id, **msgspec.to_builtins(told)}
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{plain(line)}\n" for line in lines(told)))
    equal = told.state == "done" and not (told.missing or told.unknown or told.differing)
    return 0 if equal else DIFFERS


def _noted(answers: Iterator[Answer]) -> Iterator[Answer]:
    for answer in answers:
        if answer.status == "progress":
            note(f"request {answer.request_id}: the edge was asked")
        yield answer


def lines(told: EnrolmentAnswer) -> list[str]:
    """An answer as a person reads it."""
    head = f"{told.edge}/{told.reader}"
    if told.state != "done" and not told.figures:
        return [head, f"{told.state}: {told.reason}, {told.evidence}", next_step(told.reason)]
    figures = ", ".join(f"{int(figure)} {name}" for name, figure in told.figures.items() if figure)
    found = [f"{head}: {told.users} users" + (f"; {figures}" if figures else "")]
    if told.evidence:
        found.append(told.evidence)
    rows = [("missing", user.user_id, user.name, "", _card(user.card)) for user in told.missing]
    rows += [
        ("differs", it.held.user_id, it.wanted.name, it.held.name, _card(it.wanted.card))
        for it in told.differing
    ]
    rows += [("unknown", user.user_id, "", user.name, _card(user.card or None)) for user in told.unknown]
    if rows:
        found += aligned(("", "user id", "directory", "terminal", "card"), rows)
    else:
        found.append("as the directory has it")
    if told.more:
        found.append(f"... and {told.more} more")
    if told.unknown:
        found.append("unknown: give the user id to an employee by import, or remove it: push --remove")
    return found


def _card(card: int | None) -> str:
    return "" if card is None else str(card)
