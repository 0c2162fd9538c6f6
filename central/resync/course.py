"""Owns a resync's course: the states that each part goes through, and where the whole job stands.

A part is one reader of one edge, asked by one order. Facts of the edge's stream, the deadline and central's
own work move it along `TRANSITIONS`, which `docs/resync.md` draws. The job stands where the least of its
parts stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from wire.facts import OrderOutcome, RereadReport

State = Literal[
    "requested",
    "ordered",
    "reading",
    "reported",
    "landing",
    "reconciled",
    "refused",
    "expired",
    "unreachable",
    "failed",
    "cancelled",
]
Event = Literal["order", "part", "report", "compare", "land", "fail", "refuse", "deadline", "fault", "cancel"]

TRANSITIONS: dict[tuple[State, Event], State] = {
    ("requested", "order"): "ordered",
    ("requested", "deadline"): "expired",
    ("requested", "fault"): "failed",
    ("requested", "cancel"): "cancelled",
    ("ordered", "part"): "reading",
    ("ordered", "report"): "reported",
    ("ordered", "fail"): "unreachable",
    ("ordered", "refuse"): "refused",
    ("ordered", "deadline"): "expired",
    ("ordered", "fault"): "failed",
    ("ordered", "cancel"): "cancelled",
    ("reading", "report"): "reported",
    ("reading", "fail"): "unreachable",
    ("reading", "refuse"): "refused",
    ("reading", "deadline"): "expired",
    ("reading", "fault"): "failed",
    ("reading", "cancel"): "cancelled",
    ("reported", "compare"): "landing",
    ("reported", "fault"): "failed",
    ("reported", "cancel"): "cancelled",
    ("landing", "land"): "reconciled",
    ("landing", "fault"): "failed",
    ("landing", "cancel"): "cancelled",
}
"""The whole course. A pair that is not here changes nothing: a final state stays what it is."""

FINAL: frozenset[State] = frozenset(
    {"reconciled", "refused", "expired", "unreachable", "failed", "cancelled"}
)
WAITING: frozenset[State] = frozenset({"requested", "ordered", "reading"})
"""The states in which it is the edge's turn."""
_COURSE: tuple[State, ...] = ("requested", "ordered", "reading", "reported", "landing")
_ENDS: tuple[State, ...] = ("cancelled", "failed", "unreachable", "expired", "refused", "reconciled")
_PAUSES = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
"""Behind each fault in a row; the next one ends the job. Long enough to outlive a restart or a full disk."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reader of a job; `reason` (a word of `wire.reasons`) and `evidence` explain a bad end."""

    edge: str
    reader: str
    state: State = "requested"
    reason: str = ""
    evidence: str = ""


def step(part: Part, event: Event, reason: str = "", evidence: str = "") -> Part:
    """Move a part by one event; an event that its state does not know changes nothing."""
    state = TRANSITIONS.get((part.state, event))
    return part if state is None else replace(part, state=state, reason=reason, evidence=evidence)


def again_at(faults: int, now: datetime) -> datetime | None:
    """When a job is tried again behind so many faults in a row; None if that were in vain."""
    return now + _PAUSES[faults - 1] if faults <= len(_PAUSES) else None


def rest(faults: int) -> timedelta:
    """How long behind so many faults in a row something rests that is never given up."""
    return _PAUSES[min(faults, len(_PAUSES)) - 1]


def latest(reports: Iterable[RereadReport]) -> RereadReport | None:
    """The report that counts, of those that arrived in this order.

    An edge that lost its own memory reads again for the same order. What it tells last is what is there now,
    and a failure says nothing against what was read.
    """
    found: RereadReport | None = None
    for report in reports:
        if found is None or report.outcome == "read" or found.outcome == "failed":
            found = report
    return found


@dataclass(frozen=True, slots=True)
class Heard:
    """What an edge's stream has brought for an order: found punches, the report that counts, the outcome."""

    found: int = 0
    report: RereadReport | None = None
    outcome: OrderOutcome | None = None


def advance(part: Part, heard: Heard, now: datetime, expires_at: datetime) -> Part:
    """Move a part by all that its edge's stream has brought, and by the deadline.

    The outcome of an order travels behind its report, so a reader that is silent when the order is done is
    not at that edge. A report that names more found punches than there are is none: what is not in quarantine
    is still to come, while the order is open. What arrived in time counts before the deadline does.
    """
    report, outcome = heard.report, heard.outcome
    if heard != Heard():
        part = step(part, "order")  # whoever answers was asked
    if heard.found:
        part = step(part, "part")
    if report is not None and report.outcome == "failed":
        part = step(part, "fail", report.reason, report.evidence)
    elif report is not None and heard.found >= report.found:
        part = step(part, "report")
    if report is not None and outcome is not None and heard.found < report.found:
        evidence = f"of {report.found} punches that the edge told, {heard.found} could be read"
        part = step(part, "fault", "facts-unread", evidence)
    elif outcome is not None:
        part = _end(part, outcome)
    if now >= expires_at and part.state in WAITING:
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
    """Where a whole job stands: with its slowest part, or at the worst end once all have one.

    Worst first: cancelled, failed, unreachable, expired, refused, reconciled. A job that asks nobody is
    landing until it has ended.
    """
    states = {part.state for part in parts}
    return next((state for state in (*_COURSE, *_ENDS) if state in states), "landing")
