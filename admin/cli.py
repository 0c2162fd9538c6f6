"""Owns the command `punchwire`: its arguments, and the one place where errors become a line and a status."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import msgspec

from admin import accounts, availability, clocks, commands, enrolling, governing, people, reports, resyncs
from admin.errors import ClientError
from admin.options import DEFAULT_FILE, broker_options
from admin.selecting import add_people_flags
from admin.totals import KEYS
from ground.settings import SettingsError
from ground.staffing import add_words
from wire.reporting import ReportKind
from wire.request import RequestId
from wire.rights import AuditHash

EX_CONFIG = 78
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status.

    0 done · 1 done, but something is left over, or central refused · 2 usage · 3 `--check` found
    something · 69 broker or central is not there · 77 the account may not · 78 mistakes in the
    configuration · 130 interrupted.
    """
    flags = _parser().parse_args(arguments)
    try:
        return int(flags.run(broker_options(flags), flags))
    except SettingsError as error:
        for mistake in error.mistakes:
            print(f"punchwire: {mistake}", file=sys.stderr)
        return EX_CONFIG
    except ClientError as error:
        print(f"punchwire: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away; what is left to print has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    broker = _broker_flags()
    parser = argparse.ArgumentParser(
        prog="punchwire",
        description="See the colour board and the punches of the ledger, and have devices read again.",
        parents=[broker],
    )
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def verb(name: str, run: object, says: str) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=says, description=says, parents=[broker])
        sub.set_defaults(run=run)
        sub.add_argument("--json", action="store_true", help="print JSON for other programs")
        return sub

    status = verb("status", commands.status, "Print the board as it is now.")
    status.add_argument(
        "--check",
        action="store_true",
        help="exit with status 3 if anything is red, the board is empty, or central is away",
    )
    punches = verb("punches", commands.punches, "List punches of the ledger, oldest first.")
    _span(punches, default=datetime.now(UTC).astimezone().date())
    punches.add_argument("--employee", help="only this employee")
    punches.add_argument("--reader", help="only this reader")
    punches.add_argument("--limit", type=_positive, help="stop after so many")
    resyncs.add_verb(verb, lambda parser: _span(parser, default=None, needed=False), _positive, _request_id)
    clock = verb("clock", clocks.clock, "Show how far a terminal's clock is off, or have it set.")
    clock.add_argument("--set", action="store_true", help="set it to the Pi's time, and read it back")
    _device_flags(clock)
    says = "Compare a terminal's users with the directory, or bring the terminal to it."
    enrolment = verb("enrolment", enrolling.enrolment, says)
    enrolling.add_flags(enrolment)
    _device_flags(enrolment)
    watch = verb("watch", commands.watch, "Keep the board on the screen.")
    watch.add_argument("--seconds", type=_positive, help="end by itself")
    verb("summary", commands.summary, "Print the ledger in figures.")
    _report_flags(verb("report", reports.report, "Print a report on workdays, for some people and dates."))
    day = verb("day", reports.day, "Explain one workday of one employee, figure by figure.")
    day.add_argument("employee_id", metavar="EMPLOYEE")
    day.add_argument("date", type=_date, metavar="DATE")
    people.add_verbs(verb, lambda parser: _span(parser, default=None), _date)
    says = "List and change who may do what."
    account = verb("account", accounts.account, "Show what device, outbox and ledger hold of a day.")
    account.add_argument("--date", type=_date, required=True, metavar="DATE", help="YYYY-MM-DD")
    account.add_argument("--branch", help="only this branch, by its name or its edge")
    user = verbs.add_parser("user", help=says, description=says, parents=[broker])
    user.set_defaults(run=governing.user)
    add_words(user, [broker])
    _audit_flags(verb("audit", governing.audit, "Print the audit, oldest line first, or follow its chain."))
    return parser


def _device_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--edge", required=True, help="the branch")
    parser.add_argument("--reader", required=True, help="the terminal, as edge.toml names it")
    parser.add_argument(
        "--timeout", type=_positive, default=300, metavar="S", help="give up after S seconds (default 300)"
    )
    parser.add_argument(
        "--request-id", type=_request_id, metavar="ID", help="ask again for what became of it"
    )


def _audit_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=["list", "verify"], default="list", help="default: list")
    _span(parser, default=None, needed=False)
    for field, says in (
        ("actor", "only what this user did, or this part of central"),
        ("verb", "only requests of this verb"),
        ("subject", "only this request, order, user or file"),
        ("outcome", "only what ended so: done, refused, accepted ..."),
    ):
        parser.add_argument(f"--{field}", help=says)
    parser.add_argument(
        "--noted", type=_hash, metavar="HASH", help="with verify: a hash that was printed earlier"
    )


def _report_flags(parser: argparse.ArgumentParser) -> None:
    kinds = (*get_args(ReportKind), availability.KIND)
    parser.add_argument("kind", choices=kinds, metavar="KIND", help="%(choices)s")
    _span(parser, default=datetime.now(UTC).astimezone().date())
    parser.add_argument("--csv", action="store_true", help="print CSV for a spreadsheet")
    parser.add_argument(
        "--by",
        action="append",
        choices=KEYS,
        default=[],
        metavar="KEY",
        help="totals by %(choices)s; may be repeated",
    )
    add_people_flags(parser)


def _broker_flags() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    group = flags.add_argument_group("broker", "stand before or behind the verb, and win over the file")
    group.add_argument("--config", type=Path, metavar="FILE", help=f"default: {DEFAULT_FILE}")
    group.add_argument("--host")
    group.add_argument("--port", type=int)
    group.add_argument("--user", help="your account on the broker")
    group.add_argument("--password-file", type=Path, metavar="FILE")
    group.add_argument("--ca", type=Path, metavar="FILE", help="the broker's authority; turns TLS on")
    group.add_argument("--cert", type=Path, metavar="FILE")
    group.add_argument("--key", type=Path, metavar="FILE")
    group.add_argument("--prefix", help="of all topics")
    return flags


def _span(parser: argparse.ArgumentParser, default: date | None, *, needed: bool | None = None) -> None:
    needed = default is None if needed is None else needed
    parser.add_argument(
        "--from",
        dest="first",
        type=_date,
        default=default,
        required=needed,
        metavar="DATE",
        help="YYYY-MM-DD",
    )
    parser.add_argument(
        "--to", dest="last", type=_date, default=default, required=needed, metavar="DATE", help="included"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-05-11") from None


def _request_id(text: str) -> str:
    try:
        return msgspec.convert(text, RequestId)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is not 1 to 64 letters, digits and hyphens") from None


def _hash(text: str) -> str:
    try:
        return msgspec.convert(text, AuditHash)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is no hash of 64 hex digits") from None


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 30 * 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {30 * 86400}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
