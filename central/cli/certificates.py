"""Does what the words of the verb `edge` ask, and tells it; loaded only for them, with its library."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from central import config
from central.authority.folder import REVOKED, AuthorityError, Folder, get, make_folder, put
from central.authority.registry import Registry, hand_over
from central.authority.signing import Held
from central.cli.options import ledger_of
from central.ledger.database import Ledger
from central.ledger.queries import last_heard

REFUSED = 1
AUTHORITY_NAME = "Punchwire branches"
SOON = timedelta(days=30)
_HEADER = ("NAME", "FOR", "SERIAL", "ISSUED", "EXPIRES", "STATE", "LAST HEARD")


def run(options: argparse.Namespace) -> int:
    """Do it; status 1 if it is refused."""
    settings = config.load(options.config)
    now = datetime.now(UTC).replace(microsecond=0)
    folder = Folder(settings.authority.folder)
    try:
        with ledger_of(settings) as ledger:
            registry = Registry(folder, ledger, {settings.broker.user or "central"})
            match options.do:
                case "authority":
                    registry.found(AUTHORITY_NAME, now)
                    print(f"{folder.path} holds the authority now; keep a copy of it where nobody else reads")
                case "list":
                    _list(folder, ledger, now, as_json=options.json)
                case "revoke":
                    _revoke(registry, options.name, now)
                case _:
                    _issue(registry, folder, options, now)
            _carry(folder, settings.authority, options.do)
    except AuthorityError as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


def _issue(registry: Registry, folder: Folder, options: argparse.Namespace, now: datetime) -> None:
    make_folder(options.to)
    if options.do == "broker":
        issued = registry.broker(options.host, now, options.days)
    else:
        request = None if options.request is None else get(options.request)
        give = registry.enrol if options.do == "enrol" else registry.renew
        issued = give(options.name, now, options.days, request)
    for path in hand_over(issued, folder, options.to):
        print(path)
    print(f"{issued.held.name}: serial {issued.held.serial}, good until {issued.held.expires:%Y-%m-%d}")


def _revoke(registry: Registry, name: str, now: datetime) -> None:
    for one in registry.revoke(name, now):
        print(f"{name}: serial {one.serial} is revoked")


def _carry(folder: Folder, options: config.AuthorityOptions, do: str) -> None:
    """Bring the list of revocations to where the broker reads it, if it changed."""
    if do not in ("authority", "revoke"):
        return
    if options.crl is not None:
        put(options.crl, get(folder.path / REVOKED))
    if do == "revoke":
        place = options.crl or f"a copy of {folder.path / REVOKED}"
        print(f"the broker reads {place} when it starts: sudo systemctl restart mosquitto", file=sys.stderr)


def _list(folder: Folder, ledger: Ledger, now: datetime, *, as_json: bool) -> None:
    with ledger.read() as connection:
        heard = last_heard(connection)
    held = folder.held()
    if as_json:
        print(json.dumps([_told(one, heard, now) for one in held], default=_stamp, indent=2))
        return
    rows = [_HEADER, *(_row(one, heard, now) for one in held)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADER))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _told(one: Held, heard: Mapping[str, datetime], now: datetime) -> dict[str, Any]:
    return {
        "name": one.name,
        "for": "broker" if one.broker else "edge",
        "serial": one.serial,
        "issued": one.issued,
        "expires": one.expires,
        "revoked": one.revoked,
        "state": _state(one, now),
        "last_heard": None if one.broker else heard.get(one.name),
    }


def _row(one: Held, heard: Mapping[str, datetime], now: datetime) -> tuple[str, ...]:
    told = _told(one, heard, now)
    last = "" if told["last_heard"] is None else f"{told['last_heard']:%Y-%m-%d %H:%MZ}"
    dates = (f"{one.issued:%Y-%m-%d}", f"{one.expires:%Y-%m-%d}")
    return (one.name, told["for"], one.serial, *dates, _in_words(one, told["state"], now), last)


def _state(one: Held, now: datetime) -> str:
    if one.revoked is not None:
        return "revoked"
    if now > one.expires:
        return "expired"
    return "ending" if one.expires - now <= SOON else "good"


def _in_words(one: Held, state: str, now: datetime) -> str:
    if one.revoked is not None:
        return f"revoked {one.revoked:%Y-%m-%d}"
    return f"ends in {(one.expires - now).days} days" if state == "ending" else state


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
