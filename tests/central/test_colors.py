"""Promises of the colours: the exact limits, the reasons, the edge as a whole, and the held-back flapping."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.colors import (
    SEVERITY,
    EdgeSeen,
    Limits,
    Shown,
    Verdict,
    color_of_age,
    judge_edge,
    judge_reader,
    settle,
    with_account,
)
from wire.board import Color
from wire.reasons import NEXT_STEP
from wire.vitals import Heartbeat, ReaderState, ReaderVital

NOW = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)
LIMITS = Limits()
TICK = timedelta(microseconds=1)
AGES = {
    "just now": (timedelta(0), "green"),
    "30:00 minutes": (timedelta(minutes=30), "green"),
    "a hair over 30 minutes": (timedelta(minutes=30) + TICK, "orange"),
    "24:00:00 hours": (timedelta(hours=24), "orange"),
    "a hair over 24 hours": (timedelta(hours=24) + TICK, "red"),
    "clock set back since": (timedelta(minutes=-5), "green"),
}


def _beat(*vitals: ReaderVital, reason: str = "", evidence: str = "") -> Heartbeat:
    return Heartbeat(
        at=NOW,
        session="s1",
        uptime_s=1,
        trust="synced",
        backlog=0,
        reason=reason,
        evidence=evidence,
        readers=vitals,
    )


def _vital(state: ReaderState = "ok", reason: str = "", evidence: str = "") -> ReaderVital:
    return ReaderVital(reader="front-gate", state=state, since=NOW, reason=reason, evidence=evidence)


LISTENING = NOW - timedelta(days=3)
LIVE = EdgeSeen(
    listening_since=LISTENING, online=True, status_at=LISTENING, heard_at=NOW, heartbeat=_beat(_vital())
)
FRESH, OLD, ANCIENT = (NOW - timedelta(minutes=m) for m in (1, 31, 24 * 60 + 1))


@pytest.mark.parametrize("case", AGES)
def test_a_limit_belongs_to_the_better_colour(case: str) -> None:
    """30:00 minutes are green and 24:00:00 hours are orange; the next instant is not."""
    age, color = AGES[case]
    assert color_of_age(NOW - age, NOW, LIMITS) == color


def test_never_is_red() -> None:
    """A reader of which the ledger holds nothing is red."""
    assert color_of_age(None, NOW, LIMITS) == "red"


@pytest.mark.parametrize(
    ("vital", "last_punch", "expected"),
    [
        (_vital(), FRESH, ("green", True, "")),
        (_vital(), OLD, ("orange", True, "idle")),
        (_vital(), ANCIENT, ("red", True, "idle")),
        (_vital(), None, ("red", True, "never-punched")),
        (
            _vital("unreachable", "wrong-comm-key", "refused at 07:59"),
            ANCIENT,
            ("red", False, "wrong-comm-key"),
        ),
        (_vital("lost", "unplugged", "ENODEV"), OLD, ("orange", False, "unplugged")),
        (_vital("unreachable"), None, ("red", False, "no-answer")),
        (_vital("ok", "clock-off", "40 s behind"), OLD, ("orange", True, "clock-off")),
        (_vital("lost", "unplugged", "ENODEV"), FRESH, ("green", False, "unplugged")),
    ],
)
def test_a_reader_of_a_live_edge_is_explained_by_itself(
    vital: ReaderVital, last_punch: datetime | None, expected: tuple[str, bool, str]
) -> None:
    """The colour is the age of the last punch; the reason is the reader's own, else mere quiet."""
    verdict = judge_reader(LIVE, vital, last_punch, NOW, LIMITS)
    assert (verdict.color, verdict.online, verdict.reason) == expected
    assert bool(verdict.evidence) == bool(verdict.reason)


@pytest.mark.parametrize("last_punch", [FRESH, OLD, ANCIENT])
def test_an_edge_that_went_away_explains_its_readers(last_punch: datetime) -> None:
    """While the edge is offline its readers say so, since when, and what they said before."""
    gone = replace(LIVE, online=False, status_at=NOW - timedelta(hours=2), status_reason="connection lost")
    verdict = judge_reader(gone, _vital("lost", "unplugged", "ENODEV"), last_punch, NOW, LIMITS)
    assert (verdict.online, verdict.reason) == (False, "edge-offline")
    assert "2026-05-11T06:00:00Z" in verdict.evidence
    assert "connection lost" in verdict.evidence
    assert "unplugged" in verdict.evidence


def test_silence_is_told_from_the_first_instant_after_its_limit() -> None:
    """An edge that is connected but sends no heartbeat is silent after exactly three of them."""
    at_limit = replace(LIVE, heard_at=NOW - timedelta(seconds=90))
    assert judge_reader(at_limit, _vital(), OLD, NOW, LIMITS).reason == "idle"
    assert judge_reader(at_limit, _vital(), OLD, NOW + TICK, LIMITS).reason == "edge-silent"


def test_a_retained_status_is_given_time_for_its_first_heartbeat() -> None:
    """Silence is counted from when central began to listen, not from before."""
    fresh_start = EdgeSeen(listening_since=NOW, online=True, heartbeat=_beat(_vital()))
    assert judge_reader(fresh_start, _vital(), OLD, NOW + timedelta(seconds=90), LIMITS).reason == "idle"
    later = judge_reader(fresh_start, _vital(), OLD, NOW + timedelta(seconds=91), LIMITS)
    assert (later.reason, later.online) == ("edge-silent", False)


def test_an_edge_never_seen_is_unknown_unless_it_has_punched() -> None:
    """An edge without a status is unknown; one with punches in the ledger is offline."""
    unseen = EdgeSeen(listening_since=LISTENING)
    assert judge_reader(unseen, None, None, NOW, LIMITS).reason == "edge-unknown"
    assert judge_reader(unseen, None, OLD, NOW, LIMITS).reason == "edge-offline"
    assert judge_edge(unseen, {}, NOW, LIMITS).reason == "edge-unknown"


@pytest.mark.parametrize(
    ("verdict", "color", "reason", "evidence"),
    [
        (Verdict("green"), "orange", "account-differs", "2026-05-10: 1 missing"),
        (Verdict("orange", "idle", "last at noon"), "orange", "account-differs", "2026-05-10: 1 missing"),
        (Verdict("red", "never-punched", "none"), "red", "account-differs", "2026-05-10: 1 missing"),
        (
            Verdict("green", "clock-off", "by 90 s"),
            "orange",
            "account-differs",
            "2026-05-10: 1 missing; and clock-off: by 90 s",
        ),
        (
            Verdict("orange", "edge-offline", "since noon"),
            "orange",
            "edge-offline",
            "since noon; account of 2026-05-10: 1 missing",
        ),
    ],
)
def test_an_account_that_differs_is_seen_on_the_board(
    verdict: Verdict, color: Color, reason: str, evidence: str
) -> None:
    """It turns a green reader orange, explains a quiet one, and hides no graver reason."""
    assert with_account(verdict, "2026-05-10: 1 missing") == Verdict(color, reason, evidence)


def test_the_edge_explains_its_quiet_readers() -> None:
    """A reader that is well but late is explained by what its edge says of itself."""
    stuck = replace(LIVE, heartbeat=_beat(_vital(), reason="no-receipts", evidence="200 s"))
    verdict = judge_reader(stuck, _vital(), OLD, NOW, LIMITS)
    assert (verdict.reason, verdict.evidence) == ("no-receipts", "200 s")


GREEN = Verdict("green")
IDLE = Verdict("orange", "idle", "last new punch at ...")
KEY = Verdict("red", "wrong-comm-key", "refused", online=False)


@pytest.mark.parametrize(
    ("readers", "trouble", "expected"),
    [
        ({"a": GREEN, "b": GREEN}, "", ("green", "")),
        ({"a": GREEN, "b": IDLE}, "", ("orange", "idle")),
        ({"a": IDLE, "b": KEY}, "", ("red", "wrong-comm-key")),
        ({"a": GREEN}, "backlog", ("orange", "backlog")),
        ({"a": GREEN}, "disk-full", ("red", "disk-full")),
        ({"a": KEY}, "backlog", ("red", "wrong-comm-key")),
        ({"a": IDLE}, "no-receipts", ("orange", "no-receipts")),
        ({"a": IDLE, "b": Verdict("orange", "unplugged", "x", online=False)}, "", ("orange", "unplugged")),
        ({"a": GREEN, "b": Verdict("green", "unplugged", "x", online=False)}, "", ("green", "unplugged")),
        ({}, "", ("orange", "no-readers")),
        (None, "", ("orange", "starting")),
    ],
)
def test_an_edge_is_as_bad_as_its_worst(
    readers: dict[str, Verdict] | None, trouble: str, expected: tuple[str, str]
) -> None:
    """The edge takes the worst colour; its own trouble explains it first, then a fault, then quiet."""
    edge = replace(LIVE, heartbeat=_beat(reason=trouble, evidence="seen"))
    verdict = judge_edge(edge, readers, NOW, LIMITS)
    assert (verdict.color, verdict.reason) == expected
    assert verdict.online


@pytest.mark.parametrize(
    ("readers", "trouble", "expected"),
    [
        ({"a": GREEN}, "", ("orange", "facts-unread", "3 in quarantine")),
        ({"a": IDLE}, "", ("orange", "facts-unread", "3 in quarantine")),
        ({"a": KEY}, "", ("red", "wrong-comm-key", "a: refused")),
        ({"a": GREEN}, "backlog", ("orange", "backlog", "seen")),
    ],
)
def test_what_could_not_be_read_of_an_edge_is_counted_on_its_line(
    readers: dict[str, Verdict], trouble: str, expected: tuple[str, str, str]
) -> None:
    """Nothing unreadable is dropped in silence, and nothing worse is hidden by it."""
    edge = replace(LIVE, heartbeat=_beat(reason=trouble, evidence="seen"))
    verdict = judge_edge(edge, readers, NOW, LIMITS, unread=3)
    assert (verdict.color, verdict.reason, verdict.evidence) == expected


def test_an_edge_names_the_reader_that_spoils_its_colour() -> None:
    """The evidence of an edge begins with the name of the reader that it comes from."""
    assert judge_edge(LIVE, {"a": IDLE, "b": KEY}, NOW, LIMITS).evidence == "b: refused"


def test_an_offline_edge_is_orange_though_its_readers_are_green() -> None:
    """Being offline is visible at once on the edge's own line."""
    verdict = judge_edge(replace(LIVE, online=False, status_at=NOW), {"a": GREEN}, NOW, LIMITS)
    assert (verdict.color, verdict.online, verdict.reason) == ("orange", False, "edge-offline")


_times = st.one_of(st.none(), st.integers(-3600, 3 * 86400).map(lambda s: NOW - timedelta(seconds=s)))
_beats = st.one_of(
    st.none(), st.sampled_from(["", "backlog", "disk-full", "odd-news"]).map(lambda r: _beat(reason=r))
)
_edges = st.builds(
    EdgeSeen,
    listening_since=_times.map(lambda at: at or LISTENING),
    online=st.sampled_from([None, True, False]),
    status_at=_times,
    heard_at=_times,
    heartbeat=_beats,
)
_vitals = st.one_of(
    st.none(),
    st.builds(
        _vital,
        st.sampled_from(["starting", "ok", "unreachable", "lost", "parked"]),
        st.sampled_from(["", *NEXT_STEP, "word-of-a-newer-edge"]),
    ),
)


@given(_edges, _vitals, _times)
def test_every_colour_but_green_says_why_and_what_to_do(
    edge: EdgeSeen, vital: ReaderVital | None, last_punch: datetime | None
) -> None:
    """Whatever was seen, a reader or an edge that is not green carries a reason and a next step."""
    reader = judge_reader(edge, vital, last_punch, NOW, LIMITS)
    whole = judge_edge(edge, {"front-gate": reader}, NOW, LIMITS)
    assert reader.color == color_of_age(last_punch, NOW, LIMITS)
    assert SEVERITY[whole.color] >= SEVERITY[reader.color]
    for verdict in (reader, whole):
        assert verdict.color == "green" or (verdict.reason and verdict.next_step)
        assert verdict.online or verdict.reason or vital is None


_colors = st.sampled_from(["green", "orange", "red"])
_steps = st.lists(st.tuples(st.integers(0, 40), _colors), min_size=1, max_size=60)


def _walk(steps: list[tuple[int, Color]]) -> list[tuple[datetime, Color, Shown]]:
    shown, at, path = None, NOW, []
    for pause_s, color in steps:
        at += timedelta(seconds=pause_s)
        shown = settle(shown, Verdict(color), at, LIMITS)
        path.append((at, color, shown))
    return path


@given(_steps)
def test_no_colour_returns_within_the_minute(steps: list[tuple[int, Color]]) -> None:
    """A colour that was taken down comes back 60 s later at the earliest."""
    left: dict[Color, datetime] = {}
    before: Color | None = None
    for at, _wanted, shown in _walk(steps):
        color = shown.verdict.color
        if before is not None and color != before:
            assert at - left.get(color, at - timedelta(days=1)) >= timedelta(seconds=60)
            assert shown.since == at
            left[before] = at
        before = color


@given(_steps, _colors)
def test_a_colour_that_stays_is_shown_within_the_minute(steps: list[tuple[int, Color]], last: Color) -> None:
    """The board holds back for at most 60 s: what is still true then is shown."""
    at, _wanted, shown = _walk(steps)[-1]
    shown = settle(shown, Verdict(last), at, LIMITS)
    shown = settle(shown, Verdict(last), at + timedelta(seconds=60), LIMITS)
    assert shown.verdict.color == last


def test_a_first_change_is_shown_at_once() -> None:
    """Holding back never delays a colour that was not on the board within the minute."""
    shown = settle(settle(None, GREEN, NOW, LIMITS), KEY, NOW + timedelta(seconds=1), LIMITS)
    assert shown == Shown(KEY, NOW + timedelta(seconds=1), {"green": NOW + timedelta(seconds=1)})


def test_liveness_is_never_held_back() -> None:
    """While the colour is held, the board already says that the reader is live again."""
    shown = settle(settle(None, GREEN, NOW, LIMITS), KEY, NOW, LIMITS)
    held = settle(shown, GREEN, NOW + timedelta(seconds=5), LIMITS)
    assert (held.verdict.color, held.verdict.reason, held.verdict.online) == ("red", "wrong-comm-key", True)


def test_a_clock_set_back_holds_nothing() -> None:
    """A jump of central's clock into the past cannot freeze a colour for hours."""
    shown = settle(settle(None, GREEN, NOW, LIMITS), KEY, NOW, LIMITS)
    assert settle(shown, GREEN, NOW - timedelta(hours=5), LIMITS).verdict.color == "green"
