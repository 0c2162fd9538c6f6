"""Owns what central has seen of every edge, in memory, and what that makes of each line of the board."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from central.colors import EdgeSeen, Limits, Verdict, judge_edge, judge_reader, with_account
from wire.vitals import Birth, Heartbeat, ReaderVital, Status

Key = tuple[str, str | None]
"""An edge and one of its readers, None for the edge as a whole."""
Heard = Literal["news", "again", "late"]
"""What a status was: a change, the same as before, or the late will of an earlier session."""

PATIENCE_S = 5.0
"""An edge that has not said a word is on the board only when central has listened for so long."""


@dataclass(slots=True)
class Branch:
    """All that is known of one edge. `contact` is its last sign of life by central's own clock."""

    seen: EdgeSeen
    session: str | None = None
    birth: Birth | None = None
    contact: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the board as it should be now, with its running figures."""

    edge: str
    reader: str | None
    verdict: Verdict
    last_punch: datetime | None
    last_contact: datetime | None
    backlog: int = 0
    oldest_unsettled: datetime | None = None

    @property
    def key(self) -> Key:
        """Its place on the board."""
        return self.edge, self.reader


class Sightings:
    """Collects what edges say. Every `at` and `now` is central's own clock; only one thread may call."""

    def __init__(self, now: datetime, edges: Collection[str] = ()) -> None:
        self._listening_since = now
        self._first_listened = now
        self._branches: dict[str, Branch] = {}
        self._last_new: dict[tuple[str, str], datetime] = {}
        self.differing: Mapping[tuple[str, str], str] = {}
        """The readers whose accounts differ, each with the evidence."""
        self.unread: Mapping[str, int] = {}
        """How much of what edges sent stands in quarantine."""
        for edge in edges:
            self.branch(edge)

    def branch(self, edge: str) -> Branch:
        """What is known of an edge; nothing at first."""
        if edge not in self._branches:
            self._branches[edge] = Branch(EdgeSeen(listening_since=self._listening_since))
        return self._branches[edge]

    def listen_anew(self, now: datetime, *, first: bool) -> None:
        """Count silence from now on: before, central itself was not there to hear."""
        self._listening_since = now
        self._first_listened = now if first else self._first_listened
        for branch in self._branches.values():
            branch.seen = replace(branch.seen, listening_since=now)

    def contact(self, edge: str, at: datetime) -> None:
        """Note any sign of life."""
        self.branch(edge).contact = at

    def punched(self, reader: tuple[str, str], at: datetime) -> None:
        """Note when a new punch of a reader was taken in."""
        self.branch(reader[0])
        self._last_new[reader] = max(at, self._last_new.get(reader, at))

    def status(self, edge: str, status: Status, at: datetime) -> Heard:
        """Note a status. The late will of an earlier session changes nothing."""
        branch = self.branch(edge)
        if not status.online and branch.session not in (None, status.session):
            return "late"
        changed = branch.seen.online is not status.online
        branch.session = status.session
        branch.seen = replace(
            branch.seen,
            online=status.online,
            status_reason=status.reason,
            status_at=at if changed else branch.seen.status_at,
        )
        return "news" if changed else "again"

    def birth(self, edge: str, birth: Birth) -> None:
        """Note what an edge says that it is."""
        self.branch(edge).birth = birth

    def heartbeat(self, edge: str, beat: Heartbeat, heard_at: datetime | None) -> bool:
        """Note a heartbeat, `heard_at` None for one that the broker kept: it may be of any age.

        True if it proves that the edge is back: it is live, and of another session than the status that
        says offline, which so turns out to be a late will.
        """
        branch = self.branch(edge)
        branch.seen = replace(branch.seen, heartbeat=beat)
        if heard_at is None:
            return False
        branch.seen = replace(branch.seen, heard_at=heard_at)
        if branch.seen.online is True or branch.session == beat.session:
            return False
        self.status(edge, Status(online=True, session=beat.session, at=beat.at), heard_at)
        return True

    def readers(self) -> Mapping[str, tuple[str, ...]]:
        """The readers of each edge: as its birth says, and before any birth those that ever punched."""
        return {edge: self._readers(edge, branch.birth) for edge, branch in self._branches.items()}

    def heartbeats(self) -> Mapping[str, Heartbeat]:
        """The last heartbeat of each edge that sent one."""
        beats = {edge: branch.seen.heartbeat for edge, branch in self._branches.items()}
        return {edge: beat for edge, beat in beats.items() if beat is not None}

    def _readers(self, edge: str, birth: Birth | None) -> tuple[str, ...]:
        if birth is not None:
            return tuple(sorted({born.reader for born in birth.readers}))
        return tuple(sorted(reader for known, reader in self._last_new if known == edge))

    def lines(self, now: datetime, limits: Limits) -> Iterator[Line]:
        """Every line of the board as it should be now."""
        for edge, readers in self.readers().items():
            branch = self._branches[edge]
            if branch.seen.online is None and now - self._first_listened < timedelta(seconds=PATIENCE_S):
                continue
            beat = branch.seen.heartbeat
            vitals = {vital.reader: vital for vital in (beat.readers if beat else ())}
            ours = [self._line(edge, reader, vitals.get(reader), now, limits) for reader in readers]
            verdicts = {line.reader: line.verdict for line in ours if line.reader is not None}
            described = verdicts if verdicts or branch.birth is not None else None
            yield Line(
                edge,
                None,
                judge_edge(branch.seen, described, now, limits, self.unread.get(edge, 0)),
                max((line.last_punch for line in ours if line.last_punch), default=None),
                branch.contact,
                beat.backlog if beat else 0,
                _by_our_clock(branch.seen, beat.oldest_unsettled if beat else None),
            )
            yield from ours

    def _line(self, edge: str, reader: str, vital: ReaderVital | None, now: datetime, limits: Limits) -> Line:
        seen, last_punch = self._branches[edge].seen, self._last_new.get((edge, reader))
        told = _by_our_clock(seen, vital.last_contact if vital else None)
        contact = max((sign for sign in (told, last_punch) if sign), default=None)
        verdict = judge_reader(seen, vital, last_punch, now, limits)
        if (evidence := self.differing.get((edge, reader))) is not None:
            verdict = with_account(verdict, evidence)
        return Line(edge, reader, verdict, last_punch, contact)


def _by_our_clock(seen: EdgeSeen, moment: datetime | None) -> datetime | None:
    """A moment of an edge's heartbeat by central's clock: as long before its arrival as before its sending.

    None while no live heartbeat has told how the two clocks stand.
    """
    if moment is None or seen.heartbeat is None or seen.heard_at is None:
        return None
    return seen.heard_at - max(seen.heartbeat.at - moment, timedelta(0))
