"""The users of a terminal: as it holds them, and as it should."""

from typing import Annotated

import msgspec

UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
"""What a person types at a terminal: text, with its leading zeros."""

USERS_LIMIT = 200
"""Users in one fact or order at the most."""


class TerminalUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user as a terminal should hold it. `card` None and `name` "" leave what the terminal has."""

    user_id: UserId
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    card: Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)] | None = None


class HeldUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user as a terminal holds it; `slot` is its place there, `privilege` 0 a plain user's."""

    user_id: str
    slot: int
    name: str = ""
    card: int = 0
    privilege: int = 0
