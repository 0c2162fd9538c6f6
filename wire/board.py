"""The colour board: what central publishes about every edge and every reader."""

from typing import Literal

import msgspec

from wire.punch import EdgeId, ReaderName, UtcTime

Color = Literal["green", "orange", "red"]


class BoardEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the board, for a reader, or for the edge as a whole where `reader` is None.

    Every colour but green carries `reason` (a word of `wire.reasons`), `evidence` (what was seen, and
    when) and `next_step` (one plain sentence). `last_punch` is when central took in the last new
    punch. Liveness stands beside the colour, so that quiet and dead look different. `pilot` says that nothing
    of this branch goes to exporters yet.
    """

    edge: EdgeId
    color: Color
    since: UtcTime
    online: bool
    reader: ReaderName | None = None
    reason: str = ""
    evidence: str = ""
    next_step: str = ""
    last_punch: UtcTime | None = None
    last_contact: UtcTime | None = None
    backlog: int = 0
    oldest_unsettled: UtcTime | None = None
    pilot: bool = False
