"""The verb `user`: who may do what, changed on this machine; so the first administrator comes to be."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from central import config
from central.access.changing import ChangeRefused
from central.cli.options import ledger_of
from central.ledger.people import People
from central.users import users_of
from ground.staffing import add_words, asked, told

REFUSED = 1
ACTOR = "punchwire-central"


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    says = "list and change who may do what; the first administrator is made here"
    parser = subparsers.add_parser("user", help=says, description=says)
    behind = argparse.ArgumentParser(add_help=False)
    behind.add_argument("--config", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add_words(parser, [behind])
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what is asked; a password is printed once and kept nowhere."""
    settings = config.load(options.config)
    request, password = asked(options, "console")
    try:
        with ledger_of(settings) as ledger:
            users = users_of(settings, ledger, People(ledger))
            answer = users.serve(ACTOR, request, datetime.now(UTC))
    except ChangeRefused as refusal:
        print(refusal, file=sys.stderr)
        return REFUSED
    for line in told(answer, password, as_json=options.json):
        print(line)
    if answer.note:
        print(answer.note, file=sys.stderr)
    return 0
