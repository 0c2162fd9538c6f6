"""Promises of the window: it never overruns, and it always heals."""

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.uplink.window import CALM_S, FIRST, LIMIT, LONGEST_PATIENCE_S, PATIENCE_S, Window


def opened(settled: int = 0) -> Window:
    window = Window(settled=settled)
    window.open(0.0)
    return window


def test_nothing_goes_out_while_closed() -> None:
    """Without broker or central the edge holds everything."""
    window = Window(settled=0)
    assert window.room() == 0
    window.open(0.0)
    assert window.room() == FIRST
    window.close()
    assert window.room() == 0


def test_the_window_is_full_at_its_limit() -> None:
    """A thousand facts without a receipt, and not one more."""
    window = opened()
    window.allowed = LIMIT
    window.went_out(LIMIT - 1, 1.0)
    assert window.room() == 1
    window.went_out(LIMIT, 1.0)
    assert window.room() == 0


def test_it_begins_with_few_facts_and_doubles_them_with_each_receipt() -> None:
    """Hundreds of edges that come back at once do not bury central; one that is served soon has all of it."""
    window, rooms = opened(), []
    for at in range(5):
        rooms.append(window.room())
        window.went_out(window.sent + window.room(), float(at))
        window.receipt(window.sent, at + 0.5)
    assert rooms == [FIRST, 2 * FIRST, 4 * FIRST, LIMIT, LIMIT]
    window.went_out(window.sent + 1, 5.0)
    assert window.tick(5.0 + PATIENCE_S)
    assert window.room() == FIRST, "silence: central may be busy"


def test_an_older_receipt_is_ignored() -> None:
    """A late or retained receipt never moves the mark back."""
    window = opened(settled=50)
    window.went_out(60, 1.0)
    assert not window.receipt(40, 5.0)
    assert (window.settled, window.sent) == (50, 60)


def test_a_gap_behind_the_mark_goes_back() -> None:
    """Central misses what follows; the facts behind the mark go out again, once."""
    window = opened(settled=50)
    window.went_out(60, 1.0)
    assert not window.receipt(50, 5.0, gap=True)
    assert window.sent == 50
    window.went_out(60, 5.0)
    window.receipt(50, 5.0 + CALM_S / 2, gap=True)
    assert window.sent == 60, "an echo of the same gap"
    assert window.receipt(55, 5.0 + CALM_S, gap=True), "it moves the mark and tells of a gap behind it"
    assert (window.settled, window.sent) == (55, 55)


def test_a_receipt_that_another_central_gave_already_sends_nothing_again() -> None:
    """Of several centrals each may say how far the stream is; only a gap asks for what is under way."""
    window = opened(settled=50)
    window.went_out(60, 1.0)
    assert not window.receipt(50, 5.0)
    assert window.sent == 60
    assert not window.receipt(40, 7.0, gap=True), "a gap of long ago"
    assert window.sent == 60


def test_patience_grows_with_what_central_needs() -> None:
    """Where a receipt took seven seconds, the next one may take fourteen before facts go out again."""
    window = opened()
    window.went_out(20, 0.0)
    window.receipt(10, 7.0)
    assert not window.tick(20.9)
    assert window.tick(21.0)
    window.went_out(20, 21.0)
    window.receipt(11, 22.0)
    assert window.patience_s == 30.0, "fifteen seconds without a receipt, whatever was sent again meanwhile"
    window.receipt(12, 23.0)
    assert window.patience_s == PATIENCE_S


def test_a_retained_receipt_with_nothing_under_way_changes_nothing() -> None:
    """Coming back to the broker, the last receipt is no gap."""
    window = opened(settled=50)
    assert not window.receipt(50, 9.0)
    assert window.sent == 50


def test_a_receipt_counts_as_far_as_this_life_has_sent() -> None:
    """After a restart the retained receipt may speak of other facts: only what is sent again is settled."""
    window = opened(settled=50)
    assert not window.receipt(80, 1.0)
    assert (window.settled, window.sent) == (50, 50)
    window.went_out(60, 1.0)
    assert window.receipt(80, 2.0)
    assert (window.settled, window.sent) == (60, 60)


def test_a_receipt_settles_at_once_what_was_sent_before_the_connection_was_lost() -> None:
    """Within one life of the daemon the retained receipt saves the way."""
    window = opened(settled=50)
    window.went_out(80, 1.0)
    window.close()
    window.open(9.0)
    assert window.sent == 50
    assert window.receipt(80, 9.1)
    assert (window.settled, window.sent) == (80, 80)


def test_a_receipt_for_numbers_that_were_never_given_is_strange() -> None:
    """Neither what the file held at the start nor what was sent since reaches so far: it is an old copy."""
    window = Window(settled=50, known=70)
    assert not window.is_strange(70)
    assert window.is_strange(71)
    window.went_out(90, 1.0)
    assert not window.is_strange(90)
    assert window.is_strange(91)


def test_without_a_receipt_it_goes_back_and_grows_patient() -> None:
    """Silence is answered by sending again, each time after a longer wait."""
    window = opened()
    window.went_out(10, 0.0)
    assert not window.tick(PATIENCE_S - 0.1)
    assert window.tick(PATIENCE_S)
    assert window.sent == 0
    window.went_out(10, PATIENCE_S)
    assert not window.tick(2.9 * PATIENCE_S)
    assert window.tick(3 * PATIENCE_S)
    for _ in range(10):
        window.went_out(10, 0.0)
        window.tick(10_000.0)
    assert window.patience_s == LONGEST_PATIENCE_S
    window.went_out(10, 0.0)
    window.receipt(10, 1.0)
    assert window.patience_s == PATIENCE_S


def test_silence_is_measured_over_going_back() -> None:
    """The alarm for missing receipts does not start anew with every retransmission."""
    window = opened()
    window.went_out(10, 5.0)
    window.tick(5.0 + PATIENCE_S)
    window.went_out(10, 16.0)
    assert window.unconfirmed_s(65.0) == 60.0
    window.receipt(10, 65.0)
    assert window.unconfirmed_s(100.0) == 0.0
    window.went_out(11, 100.0)
    window.close()
    assert window.unconfirmed_s(200.0) == 0.0, "being offline is no alarm"


class LossyLink(RuleBasedStateMachine):
    """An edge with a window of 10, a link that loses and repeats, and a central that takes facts in order."""

    def __init__(self) -> None:
        super().__init__()
        self.window = Window(settled=0, limit=10)
        self.window.open(0.0)
        self.now = 0.0
        self.newest = 0
        self.central = 0
        self.up: list[tuple[int, int]] = []
        self.down: list[tuple[int, bool]] = []

    @rule(count=st.integers(1, 15))
    def append(self, count: int) -> None:
        self.newest += count

    @rule(batch=st.integers(1, 7))
    def send(self, batch: int) -> None:
        count = min(batch, self.window.room(), self.newest - self.window.sent)
        if count > 0:
            self.up.append((self.window.sent + 1, self.window.sent + count))
            self.window.went_out(self.window.sent + count, self.now)

    @precondition(lambda self: self.up)
    @rule(lost=st.booleans(), doubled=st.booleans(), at=st.integers(0, 3))
    def arrive(self, lost: bool, doubled: bool, at: int) -> None:
        first, last = self.up.pop(at % len(self.up))
        for _ in range(0 if lost else 2 if doubled else 1):
            gap = first > self.central + 1
            if not gap:
                self.central = max(self.central, last)
            self.down.append((self.central, gap))

    @precondition(lambda self: self.down)
    @rule(lost=st.booleans(), at=st.integers(0, 3))
    def receive(self, lost: bool, at: int) -> None:
        upto, gap = self.down.pop(at % len(self.down))
        if not lost:
            self.window.receipt(upto, self.now, gap=gap)

    @rule(seconds=st.floats(0.1, 30))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.window.tick(self.now)

    @rule()
    def connection_lost(self) -> None:
        self.window.close()
        self.up.clear()
        self.down.clear()
        self.window.open(self.now)

    @invariant()
    def never_overruns(self) -> None:
        assert 0 <= self.window.under_way <= 10
        assert self.window.sent <= self.newest

    @invariant()
    def never_settles_what_central_does_not_hold(self) -> None:
        assert self.window.settled <= self.central

    def teardown(self) -> None:
        """However bad it was: once the link is good, everything arrives."""
        self.connection_lost()
        for _ in range(self.newest + 1):
            self.send(7)
            while self.up:
                self.arrive(lost=False, doubled=False, at=0)
            while self.down:
                self.receive(lost=False, at=0)
        assert self.window.settled == self.central == self.newest


LossyLink.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestLossyLink = LossyLink.TestCase


@given(st.lists(st.integers(0, 100)))
def test_the_settled_mark_never_moves_back(receipts: list[int]) -> None:
    """Whatever order receipts come in, the mark is their maximum."""
    window = opened()
    window.went_out(100, 0.0)
    for at, upto in enumerate(receipts):
        window.receipt(upto, float(at))
    assert window.settled == max(receipts, default=0)


def test_a_receipt_may_cover_what_overtook() -> None:
    """What went ahead of a full window follows it without a hole: its receipt is no sign of an older copy."""
    window = Window(settled=0, known=0)
    window.open(0.0)
    window.went_out(FIRST, 0.0)
    window.went_ahead(FIRST + 1)
    assert not window.is_strange(FIRST + 1)
    assert window.receipt(FIRST + 1, 1.0)
    assert (window.settled, window.sent) == (FIRST + 1, FIRST + 1)
    assert window.is_strange(FIRST + 2)
