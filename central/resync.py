"""Owns a resync's course: the states that each reader asked goes through, and the comparison at its end.

One job asks one or more readers; each of them is a part with a state of its own. Facts of the edge's
stream and the deadline move a part along `TRANSITIONS`, which `docs/resync.md` draws. The job stands where
the least of its parts stands.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from wire.facts import OrderOutcome, RereadReport
from wire.resync import Reconciliation

State = Literal[
    "requested",
    "ordered",
    "reading",
    "reported",
    "reconciled",
    "refused",
    "expired",
    "unreachable",
]
Event = Literal["order", "part", "complete", "compare", "fail", "refuse", "deadline"]

TRANSITIONS: dict[tuple[State, Event], State] = {
    ("requested", "order"): "ordered",
    ("requested", "refuse"): "refused",
    ("requested", "deadline"): "expired",
    ("ordered", "part"): "reading",
    ("ordered", "fail"): "unreachable",
    ("ordered", "refuse"): "refused",
    ("ordered", "deadline"): "expired",
    ("reading", "complete"): "reported",
    ("reading", "fail"): "unreachable",
    ("reading", "refuse"): "refused",
    ("reading", "deadline"): "expired",
    ("reported", "compare"): "reconciled",
}
"""The whole course. A pair that is not here changes nothing: a final state stays what it is."""

FINAL: frozenset[State] = frozenset({"reconciled", "refused", "expired", "unreachable"})
_COURSE: tuple[State, ...] = ("requested", "ordered", "reading", "reported")
_ENDS: tuple[State, ...] = ("unreachable", "expired", "refused", "reconciled")
IDS_LIMIT = 500
"""Ids in one list of a `Reconciliation` at the most (wire.admin)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reader of a job; `reason` (a word of `wire.reasons`) and `evidence` explain a bad end."""

    edge: str
    reader: str
    state: State = "requested"
    reason: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What one reader's report has told so far; `complete` when all of its parts have arrived."""

    complete: bool
    punch_ids: frozenset[str] = frozenset()
    failed: bool = False
    reason: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One punch of the ledger, as far as the comparison needs it.

    `conflict`: the ledger knows the same punch with other codes.
    """

    punch_id: str
    how: str
    received_at: datetime
    conflict: bool = False


def step(part: Part, event: Event, reason: str = "", evidence: str = "") -> Part:
    """Move a part by one event; an event that its state does not know changes nothing."""
    state = TRANSITIONS.get((part.state, event))
    return part if state is None else replace(part, state=state, reason=reason, evidence=evidence)


def gather(reports: Iterable[RereadReport]) -> dict[str, Told]:
    """Put the parts of reports together, by reader.

    They are given in the order in which they arrived. An edge that reads again for the same order
    (it lost its own memory) may cut its report differently; then the newer one counts alone.
    """
    latest: dict[str, dict[int, RereadReport]] = {}
    for report in reports:
        pieces = latest.setdefault(report.reader, {})
        if any((known.parts, known.total) != (report.parts, report.total) for known in pieces.values()):
            pieces.clear()
        pieces[report.part] = report
    return {reader: _together(pieces) for reader, pieces in latest.items()}


def _together(pieces: Mapping[int, RereadReport]) -> Told:
    last = list(pieces.values())[-1]
    return Told(
        complete=all(number in pieces for number in range(1, last.parts + 1)),
        punch_ids=frozenset(punch_id for piece in pieces.values() for punch_id in piece.punch_ids),
        failed=last.outcome == "failed",
        reason=last.reason,
        evidence=last.evidence,
    )


def advance(
    part: Part, told: Told | None, outcome: OrderOutcome | None, now: datetime, expires_at: datetime
) -> Part:
    """Move a part by all that its edge's stream has brought, and by the deadline.

    The outcome of the whole order travels behind every report, so a reader that is silent when the
    order is done is not at that edge. What arrived in time counts before the deadline does.
    """
    if told is not None and told.failed:
        part = step(part, "fail", told.reason, told.evidence)
    elif told is not None:
        part = step(part, "part")
        part = step(part, "complete") if told.complete else part
    if outcome is not None:
        part = _end(part, outcome)
    if now >= expires_at:
        evidence = f"still {part.state} when it expired at {expires_at.isoformat()}"
        part = step(part, "deadline", "expired", evidence)
    return part


def _end(part: Part, outcome: OrderOutcome) -> Part:
    match outcome.outcome:
        case "done":
            return step(part, "refuse", "unknown-reader", "the edge carried out the order without it")
        case "refused":
            return step(part, "refuse", outcome.reason, outcome.evidence)
        case "expired":
            return step(part, "deadline", outcome.reason or "expired", outcome.evidence)
        case "failed":
            return step(part, "fail", outcome.reason, outcome.evidence)


def job_state(parts: Sequence[Part]) -> State:
    """Where the whole job stands: with its slowest part, or at the worst end once all have one.

    Worst first: unreachable, expired, refused, reconciled. A job without any part is refused.
    """
    states = {part.state for part in parts}
    return next((state for state in (*_COURSE, *_ENDS) if state in states), "refused")


def so_far(part: Part) -> Reconciliation:
    """What can be told of a part that has nothing to compare yet, or never will."""
    return Reconciliation(
        edge=part.edge, reader=part.reader, state=part.state, reason=part.reason, evidence=part.evidence
    )


def compare(
    part: Part, reported: Collection[str], rows: Iterable[LedgerRow], began: datetime
) -> Reconciliation:
    """Compare what a device holds with what the ledger holds, and end the part as reconciled.

    `reported` are the ids that the device holds; `rows` are the ledger's rows of the reader for the
    same span and badges and every row of a reported id. Each id is counted once: in conflict, added
    (first taken in by a re-read since the job `began`), matched, only on the device, or only in
    the ledger. A row that came in since then without being reported is left out: it was punched
    behind the reading, and nothing can be said of it.
    """
    end = step(part, "compare")
    held = {row.punch_id: row for row in rows}
    found = [held[punch_id] for punch_id in set(reported) if punch_id in held]
    in_conflict = sum(row.conflict for row in found)
    added = sum(row.how == "reread" and row.received_at >= began and not row.conflict for row in found)
    only_on_device = sorted(set(reported) - held.keys())
    only_in_ledger = sorted(
        punch_id
        for punch_id, row in held.items()
        if punch_id not in set(reported) and row.received_at < began
    )
    return Reconciliation(
        edge=end.edge,
        reader=end.reader,
        state=end.state,
        matched=len(found) - in_conflict - added,
        added=added,
        only_on_device=len(only_on_device),
        only_in_ledger=len(only_in_ledger),
        in_conflict=in_conflict,
        ids_only_on_device=tuple(only_on_device[:IDS_LIMIT]),
        ids_only_in_ledger=tuple(only_in_ledger[:IDS_LIMIT]),
    )
