"""How a terminal that pushes tells its users, and the commands that write and delete some of them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wire.users import HeldUser, TerminalUser

QUERY = "DATA QUERY USERINFO"
"""Tell all users."""

_LINE = re.compile(rb"USER(?:INFO)? +(PIN=.*)", re.IGNORECASE)
_PIN = re.compile(r"[!-~]{1,24}", re.ASCII)
_WRITABLE = re.compile(r"[A-Za-z0-9_-]{1,24}", re.ASCII)
"""User ids that a command may name; an asterisk would mean everybody."""
_KEY = re.compile(r"[A-Za-z0-9]{1,16}", re.ASCII)
_HEX = re.compile(r"\[([0-9A-Fa-f]{8,16})\]", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)
_CARD_BITS = 0xFFFFFFFF
_NAME_BYTES = 24
_FIELDS = 32


@dataclass(frozen=True, slots=True)
class PushUser:
    """A user as the terminal tells it: its fields with their names, as text. `pin` is the user id."""

    pin: str
    fields: Mapping[str, str]

    @property
    def held(self) -> HeldUser:
        """The user as it goes out; a terminal that pushes tells no slot, which is 0 then."""
        privilege = self.fields.get("Pri", "")
        return HeldUser(
            user_id=self.pin,
            slot=0,
            name=self.fields.get("Name", "").strip(),
            card=card_of(self.fields.get("Card", "")),
            privilege=int(privilege) if _NUMBER.fullmatch(privilege) else 0,
        )


def read_users(body: bytes) -> Iterator[PushUser]:
    """The users in an upload; lines about anything else are passed over."""
    for line in body.split(b"\n"):
        if (match := _LINE.fullmatch(line.strip())) is None:
            continue
        told = match[1].decode("utf-8", "replace").split("\t")[:_FIELDS]
        pairs = (field.partition("=") for field in told)
        fields = {key: _clean(value) for key, _, value in pairs if _KEY.fullmatch(key)}
        if _PIN.fullmatch(pin := fields.get("PIN", "").strip()):
            yield PushUser(pin, fields)


def card_of(text: str) -> int:
    """A card as terminals tell it: a number, or its bytes in brackets, the lowest first; 0 for none."""
    if (match := _HEX.fullmatch(text)) is not None and len(match[1]) % 2 == 0:
        return int.from_bytes(bytes.fromhex(match[1]), "little") & _CARD_BITS
    return int(text) & _CARD_BITS if _NUMBER.fullmatch(text) else 0


def update(wanted: TerminalUser, there: PushUser | None) -> str | None:
    """The command that makes a user as wanted, with everything else as the terminal told it; None if he is.

    Raises ValueError for what no terminal takes.
    """
    _check(wanted.user_id)
    fields = {"PIN": wanted.user_id, "Pri": "0"} if there is None else dict(there.fields)
    held = None if there is None else there.held
    if held is None or not as_wanted(held, TerminalUser(user_id=wanted.user_id, name=wanted.name)):
        fields["Name"] = _clean(wanted.name).encode()[:_NAME_BYTES].decode(errors="ignore")
    if wanted.card is not None and (held is None or held.card != wanted.card):
        fields["Card"] = str(wanted.card)
    if there is not None and fields == there.fields:
        return None
    return "DATA UPDATE USERINFO " + "\t".join(f"{key}={value}" for key, value in fields.items())


def delete(pin: str) -> str:
    """The command that deletes a user, with fingerprints and faces. Raises ValueError as `update` does."""
    _check(pin)
    return f"DATA DELETE USERINFO PIN={pin}"


def _check(pin: str) -> None:
    if not _WRITABLE.fullmatch(pin):
        raise ValueError(f"no command is given for the user id {pin!r}")


def as_wanted(held: HeldUser, wanted: TerminalUser) -> bool:
    """Whether a user is there as wanted; a terminal may hold the beginning of a name alone."""
    shown = held.name.replace("\N{REPLACEMENT CHARACTER}", "").strip()
    name = not wanted.name or (bool(shown) and _clean(wanted.name).startswith(shown))
    return name and (wanted.card is None or held.card == wanted.card)


def _clean(text: str) -> str:
    """Text without anything that could end a field or a command."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()
