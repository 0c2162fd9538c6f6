"""What people ask about the users of a terminal and those whom the directory would have there."""

from typing import Annotated, Literal

import msgspec

from wire.punch import EdgeId, ReaderName
from wire.request import RequestId
from wire.users import USERS_LIMIT, HeldUser, TerminalUser, UserId


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A user whom the directory and a terminal tell differently."""

    held: HeldUser
    wanted: TerminalUser


class EnrolmentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Compare the users of a terminal with the directory, or bring the terminal to it.

    `diff` reads the terminal. `push` writes whoever is missing or differs, and deletes the users `remove`:
    on a terminal with fingerprints or faces only `with_templates`.
    """

    request_id: RequestId
    edge: EdgeId
    reader: ReaderName
    do: Literal["diff", "push"] = "diff"
    remove: Annotated[tuple[UserId, ...], msgspec.Meta(max_length=USERS_LIMIT)] = ()
    with_templates: bool = False
    expires_in_s: Annotated[int, msgspec.Meta(ge=1, le=86400)] = 300


class EnrolmentAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A terminal against the directory, after what was asked was done.

    `missing` should be there and are not, `unknown` are there and are nobody's: a person must match them.
    `differing` have another name or card. `more` counts those that the lists had no room for. `figures` are
    those of the order's outcome.
    """

    edge: EdgeId
    reader: ReaderName
    state: Literal["ordered", "done", "refused", "failed", "expired"]
    order_id: str
    users: int = 0
    missing: tuple[TerminalUser, ...] = ()
    unknown: tuple[HeldUser, ...] = ()
    differing: tuple[Differing, ...] = ()
    more: int = 0
    figures: dict[str, float] = {}
    reason: str = ""
    evidence: str = ""
