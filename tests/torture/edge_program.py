"""Runs punchwire-edge with a clock that a file sets, and, if told, as a version older or newer on the wire.

    python edge_program.py CONTROL PUNCHWIRE-EDGE-ARGUMENT...

CONTROL is a file of JSON: `synced` and `off_s` for the Pi's clock, read whenever it is asked for; `version`
("same", "older", "newer") and `keepalive_s`, read at the start.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from edge import cli, kernel
from edge.buffer import outbox as storing
from edge.uplink import link, pump
from edge.uplink.envelope import joined
from wire.codec import encode

_control = Path(sys.argv[1])
_utc = kernel.utc_now
Encode = Callable[[msgspec.Struct], bytes]


class Mood(msgspec.Struct, tag_field="fact", tag="mood"):
    """A kind of fact that no central knows yet."""

    at: float
    colour: str = "blue"


def _said() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(_control.read_text(encoding="utf-8"))
    return said


def _clock() -> datetime:
    return _utc() + timedelta(seconds=_said()["off_s"])


def _encode_by(version: Callable[[Encode], Encode]) -> None:
    for module in (storing, pump):
        vars(module)["encode"] = version(encode)


def _newer(plain: Encode) -> Encode:
    """Every message and fact with a field that no central knows yet."""
    return lambda message: plain(message)[:-1] + b',"humidity":{"percent":40}}'


def _older(plain: Encode) -> Encode:
    """Every message and fact without the fields that came later."""

    def bare(message: msgspec.Struct) -> bytes:
        told = msgspec.json.decode(plain(message))
        for name in ("memory_bytes", "disk_free_bytes"):
            told.pop(name, None)
        told.get("clock", {}).pop("offset_before_s", None)
        return msgspec.json.encode(told)

    return bare


def _be_newer() -> None:
    _encode_by(_newer)
    sending, envelope = pump.Pump.start, joined

    def later(*told: Any, ahead: bool = False) -> bytes:
        return envelope(*told, ahead=ahead).removesuffix(b'"v":1}') + b'"zone":"Z","v":2}'

    def starting(self: pump.Pump) -> None:
        sending(self)
        threading.Thread(target=_feel, args=(self,), daemon=True).start()

    vars(pump)["joined"] = later
    pump.Pump.start = starting  # type: ignore[method-assign]


def _feel(running: pump.Pump) -> None:
    while True:
        running._outbox.append("@mood", [Mood(at=time.time())])  # type: ignore[list-item] # noqa: SLF001
        time.sleep(0.5)


def _be_older() -> None:
    _encode_by(_older)
    pump.Pump._send_ahead = lambda _: None  # type: ignore[assignment,method-assign] # noqa: SLF001


def main() -> int:
    """Be an edge."""
    asked = kernel.Timekeeper.__init__.__kwdefaults__ or {}
    asked.update(synced=lambda: _said()["synced"], utc=_clock)
    vars(link)["KEEPALIVE_S"] = _said()["keepalive_s"]
    if _said()["version"] == "newer":
        _be_newer()
    elif _said()["version"] == "older":
        _be_older()
    return cli.main(sys.argv[2:])


sys.exit(main())
