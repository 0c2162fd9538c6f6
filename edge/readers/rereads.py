"""What every terminal owes a re-read order: which punches belong to it, and the report in parts."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from wire.facts import REPORT_IDS_LIMIT, RereadReport
from wire.order import RereadOrder


def belongs(order: RereadOrder, badge: str, wall: datetime) -> bool:
    """Whether a record of this user id at this wall clock is asked for."""
    return order.span.first <= wall.date() <= order.span.last and (
        order.badges is None or badge in order.badges
    )


def reports(
    order: RereadOrder, reader: str, ids: Sequence[str], at: datetime, evidence: str = ""
) -> Iterator[RereadReport]:
    """What was found, in parts of at most `REPORT_IDS_LIMIT` ids; one part at least."""
    parts = max(-(-len(ids) // REPORT_IDS_LIMIT), 1)
    for part in range(parts):
        yield RereadReport(
            order_id=order.order_id,
            reader=reader,
            outcome="read",
            at=at,
            part=part + 1,
            parts=parts,
            total=len(ids),
            punch_ids=tuple(ids[part * REPORT_IDS_LIMIT : (part + 1) * REPORT_IDS_LIMIT]),
            evidence=evidence,
        )


def failure(order: RereadOrder, reader: str, at: datetime, reason: str, evidence: str) -> RereadReport:
    """Nothing could be read: a word of `wire.reasons`, and what was seen."""
    return RereadReport(
        order_id=order.order_id, reader=reader, outcome="failed", at=at, reason=reason, evidence=evidence
    )
