"""What central says of a punch's time holds, whatever the clocks of the Pi and of the terminal did."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from central.timing.boots import Boot, Sighting, dated, mended, started, told_by
from central.timing.flags import unsure_places
from central.timing.verdict import Doubt, Timed, timed
from central.workdays.interpretation import Raw, Sites
from central.zones import Zones
from wire.facts import EdgeEvent

US = 1_000_000
HOUR, DAY = 3600.0, 86_400.0
ZONE_NAMES = ("Asia/Kolkata", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")
BERLIN = ZoneInfo("Europe/Berlin")
RECEIVED = datetime(2026, 5, 11, 8, 0, tzinfo=UTC)


def sites(zone: str = "Europe/Berlin") -> Sites:
    """One branch in a zone."""
    return Sites(Zones(ZoneInfo(zone)))


def wall_us(text: str) -> int:
    """A wall time as the ledger has it."""
    return int(datetime.fromisoformat(text + "+00:00").timestamp()) * US


PLAIN = Raw(
    punch_id=bytes(16),
    edge="pune-01",
    reader="gate",
    badge_form="user-id",
    badge_raw="1",
    badge_canon=None,
    device_wall_us=None,
    read_at_us=int(RECEIVED.timestamp()) * US,
    received_at_us=int(RECEIVED.timestamp()) * US,
    direction_code=None,
    how="catch-up",
    clock_trust="synced",
    uptime_s=1000.0,
)


# one after the other


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ("2000-01-01 23:59", "before-2000"),
        ("2000-01-03 00:00", "years-ago"),
        ("2016-05-03 09:59", "years-ago"),
        ("2016-05-03 10:01", None),
        ("2026-05-12 09:59", None),
        ("2026-05-12 10:01", "in-the-future"),
        ("2063-01-01 00:00", "in-the-future"),
    ],
)
def test_impossible_times_are_doubted(shown: str, why: Doubt | None) -> None:
    """A clock that lost its date, or is a day ahead of the receipt: both sides of each limit."""
    assert timed(replace(PLAIN, device_wall_us=wall_us(shown)), sites()).doubt == why


@pytest.mark.parametrize(
    ("how", "trust", "why"),
    [("live", "synced", "clock-wrong"), ("live", "unset", None), ("catch-up", "synced", None)],
)
def test_an_unmeasured_live_punch_is_held_against_the_pi(how: str, trust: str, why: Doubt | None) -> None:
    """A live punch with a date of last week comes from a wrong clock; an old record of a log does not."""
    raw = replace(PLAIN, device_wall_us=wall_us("2026-05-04 09:00"), how=how, clock_trust=trust)
    assert timed(raw, sites()).doubt == why


@pytest.mark.parametrize(
    ("waited_s", "why"), [(0, None), (DAY, None), (DAY + 2, "clock-unset"), (-90, "clock-unset")]
)
def test_where_no_time_server_is_what_arrives_soon_counts_flagged(waited_s: float, why: Doubt | None) -> None:
    """A clock that goes on from the past would be late by more than a day; every such day is flagged."""
    raw = replace(PLAIN, read_at_us=PLAIN.read_at_us - int(waited_s) * US, clock_trust="unset")
    found = timed(raw, sites())
    assert (found.doubt, found.within_s) == (why, None)
    assert unsure_places((found.at, found.at + 1), [found]) == {0}


def test_a_card_read_before_the_first_sync_waits_for_a_repair() -> None:
    """Nothing vouches for it, so it counts nowhere; repaired it counts, and accepted it counts, too."""
    behind = replace(PLAIN, read_at_us=PLAIN.read_at_us - 60 * int(DAY) * US, clock_trust="unset")
    alone = timed(behind, sites())
    assert (alone.doubt, alone.within_s) == ("clock-unset", None)
    repaired = timed(replace(behind, repaired_us=PLAIN.read_at_us - 5 * US, repaired_within_s=1.5), sites())
    assert (repaired.doubt, repaired.at, repaired.within_s) == (None, PLAIN.read_at_us // US - 5, 1.5)
    accepted = timed(replace(behind, accepted_us=PLAIN.read_at_us), sites())
    assert (accepted.doubt, accepted.at) == (None, PLAIN.read_at_us // US)


def test_a_dead_battery_is_seen_and_the_true_time_proposed() -> None:
    """A record of 2000-01-01 goes to review with the time that the measured offset gives it."""
    raw = replace(
        PLAIN,
        device_wall_us=wall_us("2000-01-01 00:10"),
        clock_offset_s=wall_us("2000-01-01 01:00") / US - PLAIN.read_at_us / US,
        offset_before_s=7200.0,
    )
    found = timed(raw, sites())
    assert found.doubt == "before-2000"
    assert found.proposed == PLAIN.read_at_us // US - 50 * 60


def test_what_was_logged_before_the_battery_died_still_counts() -> None:
    """The clock that is wrong now was right then: what it would mean now lies behind its own reading."""
    dead = wall_us("2000-01-01 01:00") / US - PLAIN.read_at_us / US
    raw = replace(
        PLAIN, device_wall_us=wall_us("2026-05-11 09:00"), clock_offset_s=dead, offset_before_s=7200.0
    )
    found = timed(raw, sites())
    assert (found.doubt, found.unsure) == (None, False)
    assert found.at == int(datetime(2026, 5, 11, 7, 0, tzinfo=UTC).timestamp())


def test_a_clock_that_is_days_off_is_believed_in_nothing() -> None:
    """A record that its clock, as measured, puts on another day goes to review and is proposed there."""
    raw = replace(PLAIN, device_wall_us=wall_us("2026-05-08 10:00"), clock_offset_s=7200.0 - 3 * DAY)
    found = timed(raw, sites())
    assert (found.doubt, found.proposed) == ("clock-wrong", PLAIN.read_at_us // US)


@pytest.mark.parametrize(("read", "utc"), [("00:30:05", "00:30"), ("01:30:05", "01:30")])
def test_the_measured_clock_tells_the_two_hours_of_an_autumn_night_apart(read: str, utc: str) -> None:
    """02:30 comes twice; a live punch counts in the hour in which it was made."""
    at = datetime.fromisoformat(f"2026-10-25T{read}+00:00")
    away = at.astimezone(BERLIN).utcoffset() or timedelta()
    raw = replace(
        PLAIN,
        device_wall_us=wall_us("2026-10-25 02:30"),
        read_at_us=int(at.timestamp()) * US,
        received_at_us=int(at.timestamp()) * US,
        clock_offset_s=away.total_seconds(),
        how="live",
    )
    found = timed(raw, sites())
    assert found.at == datetime.fromisoformat(f"2026-10-25T{utc}+00:00").timestamp()
    assert (found.doubt, found.unsure) == (None, False)


def test_a_record_of_the_doubled_hour_is_flagged() -> None:
    """Read a day later nothing tells the two hours apart, and the workday says so."""
    at = datetime(2026, 10, 26, 6, 0, tzinfo=UTC)
    raw = replace(
        PLAIN,
        device_wall_us=wall_us("2026-10-25 02:30"),
        read_at_us=int(at.timestamp()) * US,
        received_at_us=int(at.timestamp()) * US,
        clock_offset_s=3600.0,
    )
    found = timed(raw, sites())
    assert found.unsure
    assert found.within_s is not None
    assert found.within_s >= HOUR


def test_only_an_edges_word_of_its_sync_dates_a_boot() -> None:
    """Other events, and such a one without its figures, date nothing."""
    told = EdgeEvent(event="clock_synced", at=RECEIVED, fields={"boot_id": "b", "uptime_s": 90})
    assert told_by(told) == ("b", Sighting(90.0, RECEIVED))
    assert told_by(EdgeEvent(event="clock_synced", at=RECEIVED, fields={"boot_id": "b"})) is None
    assert told_by(EdgeEvent(event="clock_off", at=RECEIVED, fields=told.fields)) is None


# the Pi's clock


@dataclass(frozen=True)
class PiHistory:
    """A boot: how far its clock is off at first, when it was synchronised, and by what it was moved later.

    `quartz` is how many seconds a second of the uptime really took, less one.
    """

    behind_s: float
    synced_at_s: float
    held_until_s: float
    moved_s: float
    quartz: float

    def read(self, uptime_s: float) -> tuple[str, float, float]:
        """Trust, the Pi's clock, and the true time, both in seconds since the boot."""
        true = uptime_s * (1 + self.quartz)
        if uptime_s < self.synced_at_s:
            return "unset", uptime_s - self.behind_s, true
        if uptime_s < self.held_until_s:
            return "synced", true, true
        return "holdover", true + self.moved_s, true


histories = st.builds(
    PiHistory,
    behind_s=st.floats(-3 * 366 * DAY, 3 * 366 * DAY),
    synced_at_s=st.floats(10, 19 * DAY),
    held_until_s=st.floats(20 * DAY, 21 * DAY),
    moved_s=st.just(0.0) | st.floats(-40 * DAY, 40 * DAY),
    quartz=st.floats(-0.9e-4, 0.9e-4),
)
BOOTED = datetime(2026, 3, 1, tzinfo=UTC)


def sighted(history: PiHistory, uptime_s: float) -> Sighting:
    """What a synchronised fact of this boot tells."""
    _, shown, _ = history.read(uptime_s)
    return Sighting(uptime_s, BOOTED + timedelta(seconds=shown))


@given(histories, st.floats(1, 30 * DAY), st.floats(0, 1), st.booleans())
def test_the_true_time_of_a_card_lies_within_its_bounds(
    history: PiHistory, uptime_s: float, share: float, synced: bool
) -> None:
    """Booted months behind, synchronised later, stepped forward or back: repaired, believed, or in doubt."""
    seen = sighted(history, history.synced_at_s + share * (history.held_until_s - history.synced_at_s) * 0.99)
    trust, shown, true = history.read(uptime_s)
    read_at = BOOTED + timedelta(seconds=shown)
    repair = mended(started(seen), trust, read_at, uptime_s) if synced else None
    raw = replace(
        PLAIN,
        read_at_us=int(read_at.timestamp() * US),
        received_at_us=int((BOOTED.timestamp() + max(true, 40 * DAY)) * US),
        clock_trust=trust,
        uptime_s=uptime_s,
        repaired_us=None if repair is None else int(repair.read_at.timestamp() * US),
        repaired_within_s=None if repair is None else repair.within_s,
    )
    found = timed(raw, sites())
    if not synced and (trust == "unset" or (trust == "holdover" and history.moved_s)):
        assert trust == "holdover" or found.doubt is not None or found.unsure
        return
    assert found.doubt is None
    assert found.earliest is not None
    assert found.latest is not None
    assert found.earliest - 0.001 <= BOOTED.timestamp() + true <= found.latest + 0.001


@given(histories, st.lists(st.floats(0, 1), min_size=1), st.floats(0, 30 * DAY))
def test_more_sightings_never_make_a_repair_worse(
    history: PiHistory, shares: list[float], uptime_s: float
) -> None:
    """The boot keeps its earliest and latest, and dates what lies before or behind by the nearer of them."""
    held = history.held_until_s - history.synced_at_s
    boot: Boot | None = None
    for share in shares:
        seen = sighted(history, history.synced_at_s + 0.99 * share * held)
        wider = started(seen) if boot is None else boot.widened(seen)
        if boot is not None and not wider.first.uptime_s < uptime_s < wider.last.uptime_s:
            assert dated(wider, uptime_s).within_s <= dated(boot, uptime_s).within_s
        boot = wider


# the terminal's clock


@dataclass
class Simulation:
    """A terminal's life: its clock is off, drifts, is moved, follows its zone's changes or does not.

    `pi_off_s` is what the clock of the Pi that reads it is off, and 0 where that is synchronised. A boot that
    was not is repaired later.
    """

    zone: ZoneInfo
    now: float
    error_s: float
    drift: float
    follows: bool
    fixed_s: float = 0.0
    pi_off_s: float = 0.0
    waiting: list[tuple[float, int]] = field(default_factory=list)
    before_s: float | None = None
    moved: bool = False

    def __post_init__(self) -> None:
        self.fixed_s = self._zone_s()

    def _zone_s(self) -> float:
        return (datetime.fromtimestamp(self.now, self.zone).utcoffset() or timedelta()).total_seconds()

    @property
    def away_s(self) -> float:
        """The terminal's wall clock minus UTC."""
        return (self._zone_s() if self.follows else self.fixed_s) + self.error_s

    def passes(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds
        self.error_s += seconds * self.drift

    def moves(self, by_s: float) -> None:
        """Somebody sets the clock, not twice between two readings and not before the first."""
        if self.before_s is not None and not self.moved:
            self.error_s += by_s
            self.moved = True

    def punches(self) -> None:
        """Somebody punches."""
        self.waiting.append((self.now, int(self.now + self.away_s)))

    def is_read(self) -> Iterator[tuple[float, Raw]]:
        """The Pi measures the clock and reads the log: each punch with its true time.

        The offset of a reading is remembered if the Pi's own clock was right.
        """
        for true, wall in self.waiting:
            yield true, replace(self._read(wall), offset_before_s=self.before_s)
        self.waiting = []
        if not self.pi_off_s:
            self.before_s, self.moved = round(self.away_s, 1), False

    def punches_live(self) -> tuple[float, Raw]:
        """Somebody punches while the Pi listens."""
        return self.now, replace(self._read(int(self.now + self.away_s)), how="live")

    def _read(self, wall: int) -> Raw:
        read_s = self.now + 0.3
        return replace(
            PLAIN,
            device_wall_us=wall * US,
            read_at_us=int((read_s + self.pi_off_s) * US),
            received_at_us=int((self.now + 60) * US),
            clock_offset_s=round(self.away_s - self.pi_off_s, 1),
            clock_trust="unset" if self.pi_off_s else "synced",
            repaired_us=int(read_s * US) if self.pi_off_s else None,
            repaired_within_s=1.0 if self.pi_off_s else None,
        )


MOVES = st.sampled_from([-26 * 365 * DAY, -3 * DAY, -HOUR, -90.0, 90.0, HOUR, 25 * HOUR, 400 * DAY])
ACTS = st.one_of(
    st.tuples(st.just("passes"), st.floats(1, DAY / 3)),
    st.tuples(st.just("midnight"), st.floats(-30, 30)),
    st.tuples(st.just("moves"), MOVES | st.floats(-2 * DAY, 2 * DAY)),
    st.tuples(st.just("boots"), st.just(0.0) | st.floats(-200 * DAY, 200 * DAY)),
    st.tuples(st.just("punches"), st.just(0.0)),
    st.tuples(st.just("live"), st.just(0.0)),
    st.tuples(st.just("read"), st.just(0.0)),
)
# Both nights of each zone in which the clock changes, or an ordinary month.
STARTS = st.sampled_from(["2026-03-07", "2026-03-28", "2026-04-04", "2026-10-03", "2026-10-24", "2026-10-31"])


def own_day(at: int, zone: ZoneInfo) -> tuple[date, int, int]:
    """The date of an instant and its limits."""
    day = datetime.fromtimestamp(at, zone).date()
    following = datetime.combine(day + timedelta(days=1), time(), zone)
    return day, int(datetime.combine(day, time(), zone).timestamp()), int(following.timestamp())


def holds(found: Timed, true: float, zone: ZoneInfo) -> None:
    """The bounds contain the true time, and the day is right, flagged, or not counted at all."""
    if found.earliest is not None and found.latest is not None:
        assert found.earliest <= true <= found.latest
    day, opens, closes = own_day(found.at, zone)
    right = datetime.fromtimestamp(true, zone).date() == day
    assert right or found.doubt is not None or unsure_places((opens, closes), [found])
    assert found.within_s is not None or found.doubt is not None


@settings(max_examples=300)
@given(
    st.sampled_from(ZONE_NAMES),
    STARTS,
    st.floats(-HOUR, HOUR) | st.floats(-40, 40),
    st.floats(-2.7e-4, 2.7e-4),
    st.booleans(),
    st.lists(ACTS, min_size=4, max_size=40),
)
@example(
    name="Europe/Berlin",
    start="2026-03-28",
    error_s=0.0,
    drift=0.0,
    follows=True,
    acts=[("midnight", 0), ("moves", -26 * 365 * DAY), ("punches", 0), ("passes", 2 * HOUR)],
)
@example(
    name="Europe/Berlin",
    start="2026-03-28",
    error_s=0.0,
    drift=0.0,
    follows=True,
    acts=[
        ("midnight", 0),
        ("passes", 2 * HOUR),
        ("punches", 0),
        ("passes", 3570),
        ("moves", -26 * 365 * DAY),
    ],
)
@example(
    name="Asia/Kolkata",
    start="2026-03-07",
    error_s=0.0,
    drift=-1.9e-4,
    follows=False,
    acts=[
        ("midnight", 0),
        ("boots", 1),
        ("midnight", 0),
        ("midnight", 0),
        ("punches", 0),
        ("moves", -3 * DAY),
    ],
)
def test_whatever_a_terminals_clock_does_no_punch_is_silently_wrong(
    name: str,
    start: str,
    error_s: float,
    drift: float,
    follows: bool,
    acts: list[tuple[str, float]],
) -> None:
    """Drift, steps, a dead battery, a Pi months off, nights of a clock change: within bounds, or flagged."""
    zone = ZoneInfo(name)
    begin = datetime.fromisoformat(start + "T20:00:00+00:00").timestamp()
    terminal = Simulation(zone, begin, error_s, drift, follows)
    for act, figure in [*acts, ("read", 0.0)]:
        told: list[tuple[float, Raw]] = []
        match act:
            case "passes":
                terminal.passes(figure)
            case "midnight":
                terminal.passes(max(own_day(int(terminal.now), zone)[2] + figure - terminal.now, 1))
                terminal.punches()
                told = list(terminal.is_read())
            case "moves":
                terminal.moves(figure)
            case "boots":
                terminal.pi_off_s = round(figure, 1)
            case "punches":
                terminal.punches()
            case "live":
                told = [terminal.punches_live()]
            case _:
                told = list(terminal.is_read())
        for true, raw in told:
            holds(timed(raw, sites(name)), true, zone)


def _flags(found: Timed, opens: int, closes: int) -> bool:
    """Whether a single workday must show that a punch may be its own wrongly, or wrongly its neighbour's."""
    first, last = min(found.at, found.earliest or found.at), max(found.at, found.latest or found.at)
    touches = last >= opens and first < closes
    return touches and (found.unsure or first < opens or last >= closes)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True).map(sorted),
    st.lists(
        st.builds(
            lambda at, before, behind, unsure: Timed(
                at, before and at - before, behind and at + behind, unsure=unsure
            ),
            st.integers(-60, 60),
            st.none() | st.floats(0.5, 40),
            st.none() | st.floats(0.5, 40),
            st.booleans(),
        ),
        max_size=4,
    ),
)
def test_all_workdays_are_flagged_at_once_as_each_would_be_alone(
    limits: list[int], times: list[Timed]
) -> None:
    """A workday shows an unsure time that may be its own, and bounds that reach over one of its limits."""
    alone = {
        place
        for place in range(len(limits) - 1)
        if any(_flags(found, *limits[place : place + 2]) for found in times)
    }
    assert unsure_places(limits, times) == alone
