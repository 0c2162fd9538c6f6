"""Roles and their limits, the users who have them, and the audit, as people see all that on the wire."""

from typing import Annotated, Any, Literal

import msgspec

from wire.facts import Span
from wire.punch import UtcTime
from wire.request import RequestId

Role = Literal["administrator", "hr", "manager"]
UserName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")]
Dimension = Literal[
    "status", "sbu", "state", "branch", "department", "sub_department", "designation", "employee_type"
]
Unit = Annotated[
    dict[Dimension, Annotated[str, msgspec.Meta(min_length=1, max_length=200)]], msgspec.Meta(min_length=1)
]
"""A part of the organisation: those of whom all of this is true. Values are compared as they are spelled."""
Verifier = Annotated[
    str, msgspec.Meta(pattern=r"^\$7\$[1-9][0-9]{0,6}\$[A-Za-z0-9+/=]{16,88}\$[A-Za-z0-9+/=]{88}\Z")
]
"""A password as Mosquitto's password file keeps it (`wire.verifier`)."""
AuditHash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class UserRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """List or change who may do what. `name` is missing for `list` alone; `verifier` is a new password."""

    request_id: RequestId
    do: Literal["list", "add", "role", "scope", "password", "disable", "enable"]
    name: UserName | None = None
    role: Role | None = None
    units: tuple[Unit, ...] = ()
    verifier: Verifier | None = None


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """List lines of the audit behind the line `after`, or `verify` its chain behind that line.

    Dates are the organisation's. `noted` asks for a hash that somebody noted down earlier.
    """

    request_id: RequestId
    do: Literal["list", "verify"] = "list"
    span: Span | None = None
    actor: str | None = None
    verb: str | None = None
    subject: str | None = None
    outcome: str | None = None
    noted: AuditHash | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 200
    after: Annotated[int, msgspec.Meta(ge=0)] = 0


class UserEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One user.

    `people` is how many employees he may see now. `account` tells whether central keeps his account at the
    broker (`kept`), or somebody does by hand (`by hand`). `last_asked` is his latest request.
    """

    name: str
    role: Role
    enabled: bool
    people: int
    account: Literal["kept", "by hand"]
    changed_at: UtcTime
    units: tuple[Unit, ...] = ()
    last_asked: UtcTime | None = None


class UserAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The users after the request: all of them for `list`, else the one it was about.

    `password_set` tells whether the password that came with the request is his now: an account that was there
    before keeps its own. `note` says what a person has still to do about the broker, "" for nothing.
    """

    users: tuple[UserEntry, ...]
    password_set: bool = False
    note: str = ""


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit. `hash` covers the line and the hash of the line before it."""

    audit_id: int
    at: UtcTime
    actor: str
    verb: str
    subject: str
    detail: Any
    hash: AuditHash


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the audit, oldest first; `after` continues them, None at the end. A page may be short."""

    entries: tuple[AuditEntry, ...]
    after: int | None


class AuditCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far the chain of the audit was followed.

    `lines` were found right, the last of them is `last` with `hash`. `after` continues, None at the end.
    `broken` is the first line that does not fit, with the `reason`. `noted` is the line whose hash was asked
    for, None if there is none.
    """

    lines: int
    last: int
    hash: str
    after: int | None = None
    broken: int | None = None
    reason: str = ""
    noted: int | None = None
