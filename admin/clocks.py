"""Owns the verb `clock` of `punchwire`: how far a terminal's clock is off, and setting it."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator

import msgspec

from admin.asking import body, new_id, note, outcome
from admin.board import plain
from admin.client import Client
from ground.mqtt import BrokerOptions
from wire.clocks import ClockAnswer, ClockRequest
from wire.reasons import next_step
from wire.request import Answer

NOT_SET = 1
_GRACE_S = 60.0
_A_MINUTE_S = 60.0


def clock(options: BrokerOptions, flags: Namespace) -> int:
    """Show a terminal's clock as it was last measured; with --set have it set, and show it read back."""
    request = ClockRequest(
        request_id=flags.request_id or new_id(),
        edge=flags.edge,
        reader=flags.reader,
        do="set" if flags.set else "show",
        expires_in_s=flags.timeout,
    )
    with Client(options).connected() as client:
        answers = client.ask("clock", request, flags.timeout + _GRACE_S)
        told = outcome(_shown(answers) if flags.set else answers, ClockAnswer)
    if flags.json:
        answer = {"request_id": request.request_id, **msgspec.to_builtins(told)}
        sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{plain(line)}\n" for line in lines(told)))
    return 0 if told.state in ("shown", "done") else NOT_SET


def _shown(answers: Iterator[Answer]) -> Iterator[Answer]:
    """Tell on standard error what the clock showed before it is set."""
    for answer in answers:
        if answer.status == "progress":
            told = body(answer, ClockAnswer)
            note(f"request {answer.request_id}, order {plain(told.order_id)}: {plain(_measured(told))}")
        yield answer


def lines(told: ClockAnswer) -> list[str]:
    """An answer as a person reads it."""
    head = f"{told.edge}/{told.reader}" + (f", terminal {told.device}" if told.device else "")
    if told.state == "shown":
        return [head, _measured(told)]
    if told.state == "done":
        before = "" if told.before_s is None else f"it was {_ahead(told.before_s)}; "
        after = "" if told.after_s is None else f"read back, it is {_ahead(told.after_s)}"
        return [head, f"set: {before}{after or told.evidence}"]
    return [head, f"not set, {told.state}: {told.reason}, {told.evidence}", next_step(told.reason)]


def _measured(told: ClockAnswer) -> str:
    if told.ahead_s is None or told.measured_at is None:
        return "its clock was not measured: this reader has none, or has not answered yet"
    at = f"{told.measured_at:%Y-%m-%d %H:%M:%S} UTC"
    doubt = (
        "" if told.trust != "unset" else "; the Pi's own clock was never synchronised, so that says little"
    )
    return f"{_ahead(told.ahead_s)} by the wall clock of {told.zone}, measured {at}{doubt}"


def _ahead(seconds: float) -> str:
    """By how much a clock is wrong: `127.0 s behind`, `3 h 2 min ahead`."""
    off, way = abs(seconds), "ahead" if seconds > 0 else "behind"
    if off < 1:
        return "right to the second"
    if off < 2 * _A_MINUTE_S:
        return f"{off:.0f} s {way}"
    minutes = round(off / _A_MINUTE_S)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) + f" {way}"
