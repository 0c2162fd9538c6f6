"""Owns the colours: from what central has seen of a reader or an edge to one line of the board.

A reader's colour is the age of its last new punch, and nothing else (the field's own rule). Everything
else that is known becomes the reason, and `online` beside the colour. An edge as a whole is as bad as the
worst of its readers, or worse if it has a trouble of its own. The limits and the reasons stand in
`docs/topics.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from wire.board import Color
from wire.reasons import next_step
from wire.vitals import Heartbeat, ReaderVital

SEVERITY: dict[Color, int] = {"green": 0, "orange": 1, "red": 2}
EDGE_TROUBLE: dict[str, Color] = {
    "edge-unknown": "red",
    "edge-offline": "orange",
    "edge-silent": "orange",
    "outbox-failed": "red",
    "disk-full": "red",
    "session-taken": "red",
}
"""What an edge's own trouble is worth; any other trouble that it reports is orange."""

_QUIET = frozenset({"", "idle", "never-punched"})
_NEVER = frozenset({"never-punched", "edge-unknown"})
_WORD_OF_STATE = {
    "starting": "starting",
    "unreachable": "no-answer",
    "lost": "connection-lost",
    "parked": "misconfigured",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """The ages that divide the colours, in seconds; a limit itself still belongs to the better side.

    `green_s` and `orange_s` are the field's rule (30 minutes, 24 hours). `silence_s` is three
    heartbeats of 30 s. `hold_s` is how long a face that left the board stays away (60 s).
    """

    green_s: float = 30 * 60
    orange_s: float = 24 * 3600
    silence_s: float = 90
    hold_s: float = 60


@dataclass(frozen=True, slots=True)
class EdgeSeen:
    """What central has seen of an edge; every time is central's own clock.

    `online` is the last word of its status, None without any; `status_at` is when that word came.
    `listening_since` is when central began to listen; silence cannot be older. `heard_at` is the last
    live heartbeat, None if none came since; `heartbeat` is its content, or a retained one's.
    """

    listening_since: datetime
    online: bool | None = None
    status_at: datetime | None = None
    status_reason: str = ""
    heard_at: datetime | None = None
    heartbeat: Heartbeat | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A colour with its reason (a word of `wire.reasons`), and whether the thing is live."""

    color: Color
    reason: str = ""
    evidence: str = ""
    online: bool = True

    @property
    def next_step(self) -> str:
        """One plain sentence for the person who reads the board; "" where there is nothing to do."""
        return next_step(self.reason) if self.reason else ""


def color_of_age(last_punch: datetime | None, now: datetime, limits: Limits) -> Color:
    """Green up to 30:00 minutes since the last new punch, orange up to 24:00:00 hours, then red."""
    if last_punch is None:
        return "red"
    age = now - last_punch
    if age <= timedelta(seconds=limits.green_s):
        return "green"
    return "orange" if age <= timedelta(seconds=limits.orange_s) else "red"


def judge_reader(
    edge: EdgeSeen, vital: ReaderVital | None, last_punch: datetime | None, now: datetime, limits: Limits
) -> Verdict:
    """Judge one reader.

    The reason is the most specific cause that is known *now*: the edge is not there, else what the
    reader says of itself, else what the edge says of itself, else mere quiet. What the reader said
    before its edge went away stays in the evidence. Green carries a reason only for a known fault.
    """
    color = color_of_age(last_punch, now, limits)
    own = _said_by(vital)
    absent = _absence(edge, now, limits, known=last_punch is not None)
    if absent:
        reason, evidence = absent
        return Verdict(
            color, reason, f"{evidence}; before: {own[0]}, {own[1]}" if own else evidence, online=False
        )
    if own:
        return Verdict(color, *own, online=vital is not None and vital.state == "ok")
    if color == "green":
        return Verdict(color, online=vital is not None)
    beat = edge.heartbeat
    if beat is not None and beat.reason:
        return Verdict(color, beat.reason, beat.evidence)
    if last_punch is None:
        return Verdict(color, "never-punched", "the ledger holds no punch of this reader")
    return Verdict(color, "idle", f"last new punch at {told(last_punch)}")


def with_account(verdict: Verdict, evidence: str) -> Verdict:
    """The verdict on a reader whose account of some day differs (`central.balance`): green turns orange.

    A fault that is known of an orange or red reader stays the reason, and the account stands in the evidence.
    """
    if verdict.color == "green" or verdict.reason in _QUIET:
        known = f"; and {verdict.reason}: {verdict.evidence}" if verdict.reason not in _QUIET else ""
        color: Color = "orange" if verdict.color == "green" else verdict.color
        return replace(verdict, color=color, reason="account-differs", evidence=f"{evidence}{known}")
    return replace(verdict, evidence=f"{verdict.evidence}; account of {evidence}")


def judge_edge(
    edge: EdgeSeen, readers: Mapping[str, Verdict] | None, now: datetime, limits: Limits, unread: int = 0
) -> Verdict:
    """Judge an edge as a whole from its own trouble and the verdicts of its readers (None: not known yet).

    `unread` is how many of its facts and messages stand in quarantine. The colour is the worst of all; of
    equals the edge's own trouble explains it first, then a reader's fault, then a quiet reader, by name.
    """
    verdicts = readers or {}
    punched = any(verdict.reason not in _NEVER for verdict in verdicts.values())
    absent = _absence(edge, now, limits, known=punched)
    beat = edge.heartbeat
    causes: list[Verdict] = []
    if absent:
        causes.append(Verdict(EDGE_TROUBLE[absent[0]], *absent, online=False))
    elif beat is not None and beat.reason:
        causes.append(Verdict(EDGE_TROUBLE.get(beat.reason, "orange"), beat.reason, beat.evidence))
    elif readers is None:
        causes.append(Verdict("orange", "starting", "connected, but it has not described itself yet"))
    elif not readers:
        causes.append(Verdict("orange", "no-readers", "the edge has no reader configured"))
    if unread:
        causes.append(Verdict("orange", "facts-unread", f"{unread} in quarantine"))
    by_reader = sorted(verdicts.items(), key=lambda entry: (entry[1].reason in _QUIET, entry[0]))
    causes.extend(
        replace(verdict, evidence=f"{name}: {verdict.evidence}" if verdict.reason else "")
        for name, verdict in by_reader
    )
    worst = max(causes, key=lambda cause: SEVERITY[cause.color])
    return replace(worst, online=not absent)


def _absence(edge: EdgeSeen, now: datetime, limits: Limits, *, known: bool) -> tuple[str, str] | None:
    """Why an edge is not there (word and evidence), or None if it is."""
    if edge.online is None:
        if known:
            return "edge-offline", f"no status since central began to listen at {told(edge.listening_since)}"
        return "edge-unknown", f"no status ever; listening since {told(edge.listening_since)}"
    if not edge.online:
        since = "" if edge.status_at is None else f" since {told(edge.status_at)}"
        said = f", {edge.status_reason}" if edge.status_reason else ""
        return "edge-offline", f"offline{since}{said}"
    last_sign = max(moment for moment in (edge.listening_since, edge.status_at, edge.heard_at) if moment)
    if now - last_sign > timedelta(seconds=limits.silence_s):
        heard = "none" if edge.heard_at is None else f"the last at {told(edge.heard_at)}"
        return "edge-silent", f"no heartbeat for more than {limits.silence_s:.0f} s, {heard}"
    return None


def _said_by(vital: ReaderVital | None) -> tuple[str, str] | None:
    """What a reader says is wrong with itself, or None."""
    if vital is None or (vital.state == "ok" and not vital.reason):
        return None
    reason = vital.reason or _WORD_OF_STATE[vital.state]
    evidence = vital.evidence or f"the edge says: {vital.state}"
    return reason, evidence


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the board for one thing, and the colours that left it lately.

    `since` is when this colour came; `left` has for every other colour when it was last taken down.
    """

    verdict: Verdict
    since: datetime
    left: Mapping[Color, datetime] = field(default_factory=dict)


def settle(shown: Shown | None, fresh: Verdict, now: datetime, limits: Limits) -> Shown:
    """Decide what the board shows next: a new colour at once, a returning one after `hold_s`.

    A colour that was taken down less than `hold_s` ago is not put up again; until then the board keeps
    the colour and the reason that it shows. So nothing goes back and forth within the minute, every
    colour appears at most once in it, and a colour that stays is shown at the latest when the minute is
    over. Reasons change at once while the colour stays, and `online` always does. A clock that was set
    back holds nothing.
    """
    if shown is None:
        return Shown(fresh, now)
    hold = timedelta(seconds=limits.hold_s)
    left = {color: at for color, at in shown.left.items() if timedelta(0) <= now - at < hold}
    if fresh.color == shown.verdict.color:
        return Shown(fresh, shown.since, left)
    if fresh.color in left:
        return Shown(replace(shown.verdict, online=fresh.online), shown.since, left)
    return Shown(fresh, now, {**left, shown.verdict.color: now})


def told(moment: datetime) -> str:
    """A moment as evidence writes it, in UTC to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
