"""Owns the verbs of `punchwire` for administrators: users, and the audit."""

import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from admin.asking import check_span, new_id, note, outcome
from admin.board import plain
from admin.client import Client
from admin.errors import UsageError
from ground.mqtt import BrokerOptions
from ground.staffing import asked, told
from wire.facts import Span
from wire.rights import AuditCheck, AuditEntry, AuditPage, AuditRequest, UserAnswer

BROKEN = 1


def user(options: BrokerOptions, flags: Namespace) -> int:
    """List or change users; a new password is printed once and kept nowhere."""
    request, password = asked(flags, new_id())
    with Client(options).connected() as client:
        answer = outcome(client.ask("user", request), UserAnswer)
    for line in told(answer, password, as_json=flags.json):
        sys.stdout.write(line + "\n")
    if answer.note:
        note(answer.note)
    return 0


def audit(options: BrokerOptions, flags: Namespace) -> int:
    """Print lines of the audit as they come, or follow its chain."""
    if flags.what == "verify":
        return _verify(options, flags)
    if (flags.first is None) != (flags.last is None):
        raise UsageError("--from and --to belong together")
    with Client(options).connected() as client:
        for entry in _entries(client, flags):
            line = msgspec.json.encode(entry).decode() if flags.json else _line(entry)
            sys.stdout.write(line + "\n")
    return 0


def _entries(client: Client, flags: Namespace) -> Iterator[AuditEntry]:
    span = None
    if flags.first is not None:
        check_span(flags)
        span = Span(first=flags.first, last=flags.last)
    after: int | None = 0
    while after is not None:
        request = AuditRequest(
            request_id=new_id(),
            span=span,
            actor=flags.actor,
            verb=flags.verb,
            subject=flags.subject,
            outcome=flags.outcome,
            after=after,
        )
        page = outcome(client.ask("audit", request), AuditPage)
        yield from page.entries
        after = page.after


def _line(entry: AuditEntry) -> str:
    at = entry.at.isoformat(sep=" ", timespec="seconds")
    detail = msgspec.json.encode(entry.detail).decode()
    return plain(f"{entry.audit_id:>6}  {at}  {entry.actor}  {entry.verb}  {entry.subject}  {detail}")


def _verify(options: BrokerOptions, flags: Namespace) -> int:
    lines, after, noted = 0, 0, None
    with Client(options).connected() as client:
        while True:
            request = AuditRequest(request_id=new_id(), do="verify", noted=flags.noted, after=after)
            check = outcome(client.ask("audit", request), AuditCheck)
            lines += check.lines
            noted = check.noted
            if check.after is None:
                break
            after = check.after
    lost = flags.noted is not None and noted is None
    if flags.json:
        whole = msgspec.structs.replace(check, lines=lines)
        sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")
    else:
        sys.stdout.write(f"{lines} lines fit; the last is {check.last}, its hash {check.hash}\n")
        if noted is not None:
            sys.stdout.write(f"line {noted} has the hash that was noted\n")
    if check.broken is not None:
        note(f"broken at line {check.broken}: {plain(check.reason)}")
    if lost:
        note(f"no line has the hash {flags.noted}: later lines were computed anew, or cut off")
    return BROKEN if check.broken is not None or lost else 0
