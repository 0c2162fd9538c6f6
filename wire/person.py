"""What people ask of one person's past, and the answer: units, badges and employment by date."""

from datetime import date
from typing import Literal

import msgspec

from wire.request import RequestId


class PersonRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where one employee was, with which badges; `on` is the only date that matters, without it all do."""

    request_id: RequestId
    employee: str
    on: date | None = None


class UnitsHeld(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The units of an employee from `since` to `until`, both included; None is as far as anybody told."""

    since: date | None = None
    until: date | None = None
    status: str = ""
    sbu: str = ""
    state: str = ""
    branch: str = ""
    department: str = ""
    sub_department: str = ""
    designation: str = ""
    employee_type: str = ""


class BadgeHeld(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A badge of an employee: a user id, at one `edge` or everywhere, or a card in its canonical form."""

    form: Literal["user-id", "card"]
    value: str
    edge: str = ""
    since: date | None = None
    until: date | None = None


class PersonAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An employee with the units and the badges that he has and had, oldest first.

    `joined` and `left` are the first and the last day of employment. Asked about one date, `units` and
    `badges` are those of that date, and `employed` says whether it lies within the employment; otherwise that
    is None. `more` counts what was left out, the oldest, for want of room.
    """

    employee_id: str
    name: str
    joined: date | None = None
    left: date | None = None
    employed: bool | None = None
    units: tuple[UnitsHeld, ...] = ()
    badges: tuple[BadgeHeld, ...] = ()
    more: int = 0
