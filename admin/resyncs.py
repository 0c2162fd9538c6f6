"""Owns the verb `resync`: begin one and follow it, list them, look at one, cancel it, undo it."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from typing import get_args

import msgspec

from admin.asking import body, check_span, new_id, note, outcome, print_array
from admin.client import Client
from admin.errors import UsageError
from admin.resync_words import list_lines, nothing_left_over, page_lines, progress_line, resync_lines
from admin.selecting import add_people_flags, people_of, told
from ground.mqtt import BrokerOptions
from wire.facts import Span
from wire.request import Answer
from wire.resync import (
    ResyncList,
    ResyncMode,
    ResyncProgress,
    ResyncRequest,
    ResyncShown,
    ResyncsRequest,
)

LEFT_OVER = 1
_GRACE_S = 60.0
_PAGE = 200
_PAGES = ("people", "days", "punches", "badges", "proof")


def resync(options: BrokerOptions, flags: Namespace) -> int:
    """Do what the word behind the verb says; without one, begin a resync and follow it."""
    match flags.do:
        case "start":
            return _start(options, flags)
        case "list":
            return _list(options, flags)
        case _ if flags.name is None:
            raise UsageError(f"{flags.do} needs the id of a resync; punchwire resync list tells them")
        case "show":
            return _show(options, flags)
        case _:
            return _manage(options, flags)


def _start(options: BrokerOptions, flags: Namespace) -> int:
    """Ask for a resync, show where it stands, print what it found."""
    if flags.name is not None or flags.first is None or flags.last is None:
        raise UsageError("a resync needs --from and --to, and its id is given by --request-id")
    check_span(flags)
    if not (flags.dry_run or flags.reason.strip()):
        raise UsageError("say why with --reason, or try it first with --dry-run")
    with Client(options).connected() as client:
        people = people_of(flags)
        request = ResyncRequest(
            request_id=flags.request_id or new_id(),
            span=Span(first=flags.first, last=flags.last),
            people=people,
            readers=tuple(dict.fromkeys(flags.reader)),
            mode=flags.mode,
            dry_run=flags.dry_run,
            reason=flags.reason,
            expires_in_s=flags.timeout,
        )
        note(f"request {request.request_id}")
        shown = _followed(client.ask("resync", request, flags.timeout + _GRACE_S))
        progress = outcome(shown, ResyncProgress)
        note(f"{told(progress.people)}: {progress.selected} of {progress.visible} employees")
        days = _rows(client, flags, progress.name, "days") if progress.days_changed else []
    if flags.json:
        found = {"request_id": request.request_id, **msgspec.to_builtins(progress), "days": days}
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(resync_lines(progress)) + "\n")
        if progress.days_changed:
            note(f"which: punchwire resync show {progress.name} --what days")
    return 0 if nothing_left_over(progress) else LEFT_OVER


def _followed(answers: Iterator[Answer]) -> Iterator[Answer]:
    """Tell each new stand of a resync on standard error on its way."""
    before = ""
    for answer in answers:
        if answer.status == "progress":
            line = progress_line(body(answer, ResyncProgress))
            if line != before:
                note(line)
            before = line
        yield answer


def _list(options: BrokerOptions, flags: Namespace) -> int:
    """Print the latest resyncs."""
    with Client(options).connected() as client:
        request = ResyncsRequest(request_id=new_id(), user=flags.by, limit=flags.limit, after=flags.after)
        found = outcome(client.ask("resyncs", request), ResyncList)
    if flags.json:
        print_array(msgspec.json.encode(one).decode() for one in found.resyncs)
    else:
        sys.stdout.write("\n".join(list_lines(found.resyncs)) + "\n")
    if found.after is not None:
        note(f"earlier ones: --after {found.after}")
    return 0


def _show(options: BrokerOptions, flags: Namespace) -> int:
    """Print what a resync came to, and a page of what it found, or all of it as JSON."""
    with Client(options).connected() as client:
        if flags.json:
            rows = _rows(client, flags, flags.name, flags.what)
            print_array(json.dumps(row) for row in rows)
            return 0
        shown = _ask(client, flags, flags.name, flags.what, flags.after)
    sys.stdout.write("\n".join(resync_lines(shown.progress)) + "\n")
    if shown.rows:
        sys.stdout.write("\n" + "\n".join(page_lines(shown)) + "\n")
    if shown.after is not None:
        note(f"more behind these: --after {shown.after}")
    return 0


def _manage(options: BrokerOptions, flags: Namespace) -> int:
    """Cancel or undo a resync, and print what became of it."""
    with Client(options).connected() as client:
        request = ResyncsRequest(request_id=new_id(), do=flags.do, name=flags.name, user=flags.by)
        answers = client.ask("resyncs", request, flags.timeout + _GRACE_S)
        shown = outcome(_followed(answers), ResyncShown)
    if flags.json:
        sys.stdout.write(msgspec.json.encode(shown.entry).decode() + "\n")
    else:
        sys.stdout.write(f"{shown.entry.name} is {shown.entry.state}\n")
    return 0


def _rows(client: Client, flags: Namespace, name: str, what: str) -> list[dict[str, object]]:
    """All rows of what a resync found, page by page."""
    rows: list[dict[str, object]] = []
    after: str | None = None
    while True:
        shown = _ask(client, flags, name, what, after)
        rows += [dict(zip(shown.columns, row, strict=True)) for row in shown.rows]
        after = shown.after
        if after is None:
            return rows


def _ask(client: Client, flags: Namespace, name: str, what: str, after: str | None) -> ResyncShown:
    told_as = {"do": "show", "name": name, "user": flags.by, "what": what, "limit": _PAGE, "after": after}
    request = msgspec.convert({"request_id": new_id(), **told_as}, ResyncsRequest)
    return outcome(client.ask("resyncs", request), ResyncShown)


def add_verb(
    verb: Callable[[str, object, str], ArgumentParser],
    add_span: Callable[[ArgumentParser], None],
    seconds: Callable[[str], int],
    request_id: Callable[[str], str],
) -> None:
    """Add the verb to the command."""
    says = "Compare readers with the ledger and take in what it misses; list, show, cancel, undo resyncs."
    parser = verb("resync", resync, says)
    words = ("start", "list", "show", "cancel", "undo")
    parser.add_argument("do", nargs="?", choices=words, default="start", help="default: start")
    parser.add_argument("name", nargs="?", metavar="ID", help="of a resync, to show, cancel or undo")
    add_span(parser)
    add_people_flags(parser)
    parser.add_argument("--reader", action="append", default=[], help="NAME or EDGE/NAME; may be repeated")
    modes = get_args(ResyncMode)
    parser.add_argument("--mode", choices=modes, default="reread", help="the device, its outbox, or nobody")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, and change nothing")
    parser.add_argument("--reason", default="", help="why, for the audit")
    parser.add_argument(
        "--timeout", type=seconds, default=3600, metavar="S", help="give up after S seconds (default 3600)"
    )
    parser.add_argument(
        "--request-id", type=request_id, metavar="ID", help="the id of the resync; asked again, it goes on"
    )
    parser.add_argument("--by", metavar="USER", help="whose resyncs to list, or whose is meant")
    parser.add_argument("--what", choices=_PAGES, default="people", help="what to show: %(choices)s")
    parser.add_argument("--limit", type=seconds, default=_PAGE, help="how many to list")
    parser.add_argument("--after", metavar="CURSOR", help="go on where another page ended")
