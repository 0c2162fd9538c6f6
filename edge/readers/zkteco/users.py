"""How a terminal writes its users as bytes, and what writing or deleting some of them asks for."""

import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wire.users import HeldUser, TerminalUser

_USER_72 = struct.Struct("<HB8s24sIx7sx24s")
_USER_28 = struct.Struct("<HB5s8sIxBhI")
_LAST_SLOT = 65_534
_NAME_72, _NAME_28 = 24, 8
_NUMBERS = 1 << 32
_NUMBER = re.compile(r"[1-9][0-9]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One user of the table: what it says, and its bytes."""

    user: HeldUser
    raw: bytes


@dataclass(frozen=True, slots=True)
class Work:
    """What an order asks of a terminal.

    `write` are users as bytes, by their ids; `delete` are slots, by the ids of their users. `kept` are ids
    that stay although they were to be deleted, `impossible` why some users cannot be written.
    """

    write: dict[str, bytes]
    delete: dict[str, int]
    kept: tuple[str, ...]
    impossible: dict[str, str]


def read_table(body: bytes, count: int) -> list[Entry] | None:
    """The table of `count` users of 72 or 28 bytes each; None if it is neither."""
    size = next((size for size in (_USER_72.size, _USER_28.size) if len(body) == count * size), None)
    if size is None:
        return None
    rows = (body[at : at + size] for at in range(0, len(body), size))
    return [Entry(_held(row), row) for row in rows]


def _held(row: bytes) -> HeldUser:
    if len(row) == _USER_72.size:
        slot, privilege, _, name, card, _, user_id = _USER_72.unpack(row)
        return HeldUser(user_id=_text(user_id), slot=slot, name=_text(name), card=card, privilege=privilege)
    slot, privilege, _, name, card, _, _, number = _USER_28.unpack(row)
    return HeldUser(user_id=str(number), slot=slot, name=_text(name), card=card, privilege=privilege)


def work(
    table: Sequence[Entry],
    put: Iterable[TerminalUser],
    remove: Iterable[str],
    *,
    size: int,
    templates: int,
    with_templates: bool,
) -> Work:
    """What to write and to delete. `size` is that of a user's bytes, `templates` what the terminal holds.

    A user who is there keeps slot, password, group and privilege. A new one gets a slot behind all others:
    short records of the log name slots, and must not come to mean somebody else.
    """
    there = {entry.user.user_id: entry for entry in table}
    free = max((entry.user.slot for entry in table), default=0) + 1
    write: dict[str, bytes] = {}
    impossible: dict[str, str] = {}
    for wanted in put:
        entry = there.get(wanted.user_id)
        if entry is None and free > _LAST_SLOT:
            impossible[wanted.user_id] = "the terminal has no slot left"
            continue
        try:
            raw = _changed(entry.raw, wanted) if entry else _new(wanted, free, size)
        except ValueError as error:
            impossible[wanted.user_id] = str(error)
            continue
        if entry is None:
            free += 1
        if entry is None or raw != entry.raw:
            write[wanted.user_id] = raw
    leaving = {user_id: there[user_id].user.slot for user_id in remove if user_id in there}
    if templates and not with_templates:
        return Work(write, {}, tuple(leaving), impossible)
    return Work(write, leaving, (), impossible)


def _changed(raw: bytes, wanted: TerminalUser) -> bytes:
    """The same user with the name and the card that are wanted."""
    if len(raw) == _USER_72.size:
        slot, privilege, password, name, card, group, user_id = _USER_72.unpack(raw)
        name = _cut(wanted.name, _NAME_72) if wanted.name else name
        card = card if wanted.card is None else wanted.card
        return _USER_72.pack(slot, privilege, password, name, card, group, user_id)
    slot, privilege, password, name, card, group, zone, number = _USER_28.unpack(raw)
    name = _cut(wanted.name, _NAME_28) if wanted.name else name
    card = card if wanted.card is None else wanted.card
    return _USER_28.pack(slot, privilege, password, name, card, group, zone, number)


def _new(wanted: TerminalUser, slot: int, size: int) -> bytes:
    card = wanted.card or 0
    if size == _USER_72.size:
        user_id = wanted.user_id.encode()
        if len(user_id) > _NAME_72:
            raise ValueError(f"the user id {wanted.user_id} is too long for the terminal")
        return _USER_72.pack(slot, 0, b"", _cut(wanted.name, _NAME_72), card, b"", user_id)
    if not _NUMBER.fullmatch(wanted.user_id) or int(wanted.user_id) >= _NUMBERS:
        raise ValueError(f"the terminal takes numbers of 32 bits for user ids, not {wanted.user_id}")
    return _USER_28.pack(slot, 0, b"", _cut(wanted.name, _NAME_28), card, 0, 0, int(wanted.user_id))


def _cut(name: str, most: int) -> bytes:
    return name.encode()[:most].decode(errors="ignore").encode()


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode(errors="replace").strip()
