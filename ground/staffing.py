"""Owns the words of the verb `user`, the same in both commands for people, and how users are listed."""

import argparse
import secrets
from collections.abc import Iterator, Sequence
from typing import get_args

import msgspec

from wire.rights import Dimension, Role, Unit, UserAnswer, UserEntry, UserName, UserRequest
from wire.verifier import SALT_BYTES, verifier

_PASSWORD_BYTES = 15
_HEADER = ("USER", "ROLE", "ENABLED", "PEOPLE", "ACCOUNT", "LAST REQUEST", "UNITS")


def add_words(parser: argparse.ArgumentParser, parents: Sequence[argparse.ArgumentParser] = ()) -> None:
    """Add what can be done with users to the parser of the verb; it is then in `do` of the flags."""
    words = parser.add_subparsers(dest="do", required=True, metavar="WHAT")

    def word(name: str, says: str) -> argparse.ArgumentParser:
        sub = words.add_parser(name, help=says, description=says, parents=list(parents))
        sub.add_argument("--json", action="store_true", help="print JSON for other programs")
        if name != "list":
            sub.add_argument("name", type=_name, metavar="USER", help="the account at the broker")
        return sub

    word("list", "List the users, what they may see, and when they asked for something last.")
    add = word("add", "Give a person a role, and an account at the broker with a new password.")
    add.add_argument("--role", choices=get_args(Role), required=True)
    role = word("role", "Give a user another role.")
    role.add_argument("role", choices=get_args(Role))
    scope = word("scope", "Give a manager other units than before.")
    for sub in (add, role, scope):
        _add_units(sub)
    word("password", "Give a user a new password.")
    word("disable", "Take away a user's account and rights; he stays in the list.")
    word("enable", "Give a disabled user his account and rights again.")


def _add_units(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--unit",
        action="append",
        nargs="+",
        default=[],
        type=_pair,
        metavar="DIMENSION=VALUE",
        help=(
            "whom a manager sees: those of whom all of this is true; may be repeated for further people. "
            f"Dimensions: {', '.join(get_args(Dimension))}"
        ),
    )


def _pair(text: str) -> tuple[str, str]:
    dimension, equals, value = text.partition("=")
    dimension = dimension.replace("-", "_")
    if not equals or not value or dimension not in get_args(Dimension):
        raise argparse.ArgumentTypeError(f"{text!r} is not one such as department=Production")
    return dimension, value


def _name(text: str) -> str:
    try:
        return msgspec.convert(text, UserName)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a user: up to 64 letters, digits and . _ @ -, the first no sign"
        ) from None


def asked(flags: argparse.Namespace, request_id: str) -> tuple[UserRequest, str]:
    """The request that the flags mean, and the new password that goes with it, "" where none does."""
    password = secrets.token_urlsafe(_PASSWORD_BYTES) if flags.do in ("add", "password") else ""
    request = UserRequest(
        request_id=request_id,
        do=flags.do,
        name=getattr(flags, "name", None),
        role=getattr(flags, "role", None),
        units=msgspec.convert([dict(pairs) for pairs in getattr(flags, "unit", ())], tuple[Unit, ...]),
        verifier=verifier(password, secrets.token_bytes(SALT_BYTES)) if password else None,
    )
    return request, password


def told(answer: UserAnswer, password: str, *, as_json: bool) -> Iterator[str]:
    """The lines of an answer for standard output; the password once, if it counts."""
    shown = password if answer.password_set else ""
    if as_json:
        whole = msgspec.to_builtins(answer) | ({"password": shown} if shown else {})
        yield msgspec.json.format(msgspec.json.encode(whole), indent=2).decode()
        return
    rows = [_HEADER, *map(_row, answer.users)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADER))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if shown:
        yield f"password: {shown}"


def _row(user: UserEntry) -> tuple[str, ...]:
    units = " or ".join(
        " and ".join(f"{name}={value}" for name, value in unit.items()) for unit in user.units
    )
    last = "" if user.last_asked is None else user.last_asked.strftime("%Y-%m-%d %H:%MZ")
    enabled = "yes" if user.enabled else "no"
    return (user.name, user.role, enabled, str(user.people), user.account, last, units)
