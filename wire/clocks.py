"""What people ask of a terminal's clock, and what they are told of it."""

from typing import Annotated, Literal

import msgspec

from wire.punch import EdgeId, ReaderName, Trust, UtcTime
from wire.request import RequestId


class ClockRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Show how far the clock of a reader's terminal is off, or have it set to the Pi's time."""

    request_id: RequestId
    edge: EdgeId
    reader: ReaderName
    do: Literal["show", "set"] = "show"
    expires_in_s: Annotated[int, msgspec.Meta(ge=1, le=86400)] = 300


class ClockAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The clock of a terminal against the wall clock of its branch in `zone`.

    `ahead_s` is by how much it was ahead at `measured_at`, by the Pi's clock, whose own `trust` was such;
    None where it was not measured. Of one that is to be set, `state` tells how far that has come, and
    `before_s` and `after_s` by how much it was ahead before, and read back after it.
    """

    edge: EdgeId
    reader: ReaderName
    zone: str
    state: Literal["shown", "ordered", "done", "refused", "failed", "expired"]
    device: str | None = None
    ahead_s: float | None = None
    measured_at: UtcTime | None = None
    trust: Trust | None = None
    order_id: str = ""
    before_s: float | None = None
    after_s: float | None = None
    reason: str = ""
    evidence: str = ""
