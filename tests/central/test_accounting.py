"""Promises of the accounts at central: what differs is found, named, healed within bounds, and recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from central.accounting.deciding import ORDER_VALID, PATIENCE
from central.accounting.keeper import Accounting
from central.balance import TRIES
from central.ledger import accounts, audit, landing, queries
from central.ledger.accounts import Entry
from central.ledger.database import Ledger
from central.streams import Parcel
from edge.account import answers, closing
from edge.census import Census
from tests.central.facts import card_punch, envelope, terminal_punch
from tests.peer import TOPICS
from wire.account import tally
from wire.codec import decode_order
from wire.facts import Fact, OrderOutcome, RereadReport
from wire.order import AccountOrder, Order, RereadOrder, ResendOrder
from wire.punch import Punch

DAY = date(2026, 5, 11)
MORNING = datetime(2026, 5, 12, 2, tzinfo=UTC)
SHOWN = datetime(2026, 5, 12, 7, 30)  # noqa: DTZ001 - a terminal's wall clock
EVERY_S = 3600.0
PLACE = ("pune-01", "front-gate")


def ident(punch: Punch) -> bytes:
    """The id of a punch."""
    return bytes.fromhex(punch.punch_id)


@dataclass
class Branch:
    """An edge spoken by hand: a terminal's log, an outbox, and the stream to the ledger."""

    ledger: Ledger
    edge: str = "pune-01"
    outbox_id: str = "outbox-1"
    log: dict[bytes, Punch] | None = field(default_factory=dict)
    rows: dict[bytes, int] = field(default_factory=dict)
    punches: dict[int, Punch] = field(default_factory=dict)
    begins: datetime | None = None
    serial: str = "SER1"
    reader: str = "front-gate"
    seq: int = 0

    def send(self, *facts: Fact, at: datetime = MORNING) -> None:
        """Bring facts into the ledger."""
        sent = envelope(self.seq + 1, *facts, outbox_id=self.outbox_id)
        parcel = Parcel.of(self.edge, sent, enumerate(facts, sent.first_seq))
        self.seq = parcel.last_seq
        for seq, punch in parcel.punches:
            self.rows[ident(punch)] = seq
            self.punches[seq] = punch
        with self.ledger.write() as connection:
            landing.land(connection, [parcel], at)

    def punch(self, *numbers: int) -> None:
        """People punch: it stands in the log, in the outbox and in the ledger."""
        made = [terminal_punch(number, serial=self.serial, reader=self.reader) for number in numbers]
        if self.log is not None:
            self.log |= {ident(punch): punch for punch in made}
        self.send(*made)

    def census(self) -> Census | None:
        """The log, counted now."""
        if self.log is None:
            return None
        ids = tuple(sorted(self.log))
        return Census(self.serial, MORNING, SHOWN, len(ids), None, self.begins, DAY, {DAY: tally(ids)}, ids)

    def tell(self, at: datetime = MORNING) -> None:
        """Tell the account of the day."""
        self.send(closing(self.reader, DAY, at, tally(sorted(self.rows)), self.census()), at=at)

    def answer(self, order: Order, at: datetime = MORNING) -> None:
        """Carry an order out, as an edge does."""
        match order:
            case AccountOrder():
                held = sorted(self.rows.items())
                self.send(*answers(order, self.reader, at, held, self.census()), at=at)
            case ResendOrder():
                wanted = range(order.first_seq, order.last_seq + 1)
                self.send(*[self.punches[seq] for seq in wanted if seq in self.rows.values()], at=at)
            case RereadOrder():
                again = list((self.log or {}).values())
                report = RereadReport(order_id=order.order_id, reader=self.reader, outcome="read", at=at)
                self.send(*again, report, at=at)
            case _:
                raise AssertionError(order)
        self.send(OrderOutcome(order_id=order.order_id, outcome="done", at=at), at=at)


@dataclass
class Centre:
    """The accounts of a ledger at a time of its own."""

    ledger: Ledger
    now: datetime = MORNING
    given: list[Order] = field(default_factory=list)
    board: list[Mapping[tuple[str, str], str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.accounting = Accounting(
            TOPICS, self.publish, self.ledger, tell=self.board.append, every_s=EVERY_S, clock=lambda: self.now
        )

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Take an order that goes out."""
        del qos, retain
        assert topic == TOPICS.orders("pune-01")
        self.given.append(decode_order(payload))
        return True

    def turn(self, branch: Branch | None = None) -> list[Order]:
        """Look at what is due, the branch answering, until all is done; return the orders that went out."""
        before = len(self.given)
        while True:
            known = len(self.given)
            self.accounting.turn()
            if len(self.given) == known:
                return self.given[before:]
            for order in self.given[known:] if branch is not None else ():
                branch.answer(order, self.now)  # type: ignore[union-attr]

    def next_cycle(self, branch: Branch | None = None) -> list[Order]:
        """Let the time of a cycle pass."""
        self.now += timedelta(seconds=EVERY_S)
        return self.turn(branch)

    def entry(self) -> Entry:
        """The account of the day."""
        with self.ledger.read() as connection:
            (entry,) = accounts.of_day(connection, DAY)
        return entry

    def history(self) -> list[tuple[str, dict[str, int]]]:
        """What the audit tells of the day: the verdicts, and how many punches had which cause."""
        with self.ledger.read() as connection:
            lines, _ = audit.found(connection, audit.Wanted(subject=f"pune-01/front-gate/{DAY}"), 100)
            assert audit.check(connection).broken is None
        return [
            (line.detail["outcome"], {name: it["count"] for name, it in line.detail["causes"].items()})
            for line in lines
        ]


def lose(ledger: Ledger, number: int) -> None:
    """Take a punch out of the ledger."""
    with ledger.write() as connection:
        done = connection.execute(text("DELETE FROM punch_rows WHERE badge_raw = :one"), {"one": str(number)})
        assert done.rowcount == 1


@pytest.fixture
def branch(ledger: Ledger) -> Branch:
    """A branch where ten people punched."""
    branch = Branch(ledger)
    branch.punch(*range(10))
    return branch


@pytest.fixture
def centre(ledger: Ledger) -> Centre:
    """Central at work."""
    return Centre(ledger)


def test_a_day_that_agrees_closes_without_a_word(branch: Branch, centre: Centre) -> None:
    """It costs one message, no order, and one line of the audit, however often it is counted again."""
    branch.tell()
    assert centre.turn() == []
    assert centre.next_cycle() == []
    assert centre.entry().verdict == "equal"
    assert centre.entry().standing.ledger == tally(sorted(branch.rows))
    assert centre.history() == [("equal", {})]
    assert centre.board == [{}]


def test_a_punch_that_the_ledger_lost_is_found_and_sent_again(branch: Branch, centre: Centre) -> None:
    """Within one cycle it is named, the board shows it, the outbox sends it, and all is equal again."""
    branch.tell()
    centre.turn()
    lose(branch.ledger, 4)
    ask, heal = centre.next_cycle(branch)
    assert isinstance(ask, AccountOrder)
    assert (ask.detail, ask.readers, ask.span.first) == ("ids", ("front-gate",), DAY)
    assert isinstance(heal, ResendOrder)
    assert (heal.outbox_id, heal.first_seq, heal.last_seq) == ("outbox-1", 5, 5)
    assert centre.entry().verdict == "equal"
    assert centre.entry().order_id is None
    assert centre.history() == [("equal", {}), ("differs", {"not-in-ledger": 1}), ("equal", {})]
    assert centre.board == [{}, {PLACE: "2026-05-11: 1 missing in the ledger"}, {}]


def test_a_punch_that_the_outbox_lost_is_read_again_from_the_device(branch: Branch, centre: Centre) -> None:
    """The edge tells the day anew, and the account closes."""
    lost = sorted(branch.rows)[3]
    del branch.rows[lost]
    branch.tell()
    ask, heal = centre.turn(branch)
    assert isinstance(ask, AccountOrder)
    assert isinstance(heal, RereadOrder)
    assert centre.entry().verdict == "differs"
    assert centre.entry().standing.causes["not-at-edge"].ids == (lost.hex(),)
    centre.now += timedelta(minutes=1)
    branch.tell(centre.now)
    assert centre.turn(branch) == []
    assert centre.entry().verdict == "equal"
    assert centre.board[-1] == {}


def test_a_record_that_was_taken_out_of_the_log_is_named_and_stays(branch: Branch, centre: Centre) -> None:
    """Nobody writes into a terminal's log, so this is not healed and not asked for again and again."""
    assert branch.log is not None
    branch.begins = datetime(2026, 5, 1)  # noqa: DTZ001 - a terminal's wall clock
    del branch.log[sorted(branch.log)[3]]
    branch.tell()
    (ask,) = centre.turn(branch)
    assert isinstance(ask, AccountOrder)
    assert centre.board[-1] == {PLACE: "2026-05-11: 1 missing in the terminal's log"}
    for _ in range(3):
        assert centre.next_cycle(branch) == []
    assert centre.history() == [("differs", {"not-on-device": 1})]


@pytest.mark.parametrize("records", [3, 0])
def test_a_log_that_was_cleared_is_no_loss(branch: Branch, centre: Centre, records: int) -> None:
    """What is older than the log's oldest record is explained, and nobody is alarmed."""
    assert branch.log is not None
    for punch_id in sorted(branch.log)[: 10 - records]:
        del branch.log[punch_id]
    oldest = next(iter(branch.log.values()), None)
    branch.begins = None if oldest is None else oldest.device_wall
    branch.tell()
    centre.turn(branch)
    assert centre.entry().verdict == "explained"
    assert centre.history() == [("explained", {"log-cleared": 10 - records})]
    assert centre.board == [{}]
    assert centre.next_cycle(branch) == []


def test_another_terminal_and_another_card_are_no_loss(branch: Branch, centre: Centre) -> None:
    """A replaced terminal has another log, a replaced Pi another outbox; the ledger knows what came when."""
    spare = Branch(branch.ledger, outbox_id="outbox-2", serial="SER2")
    spare.punch(20, 21)
    spare.tell()
    centre.turn(spare)
    assert centre.history() == [("explained", {"other-outbox": 10})]


def test_a_renamed_reader_is_no_loss(branch: Branch, centre: Centre) -> None:
    """Its terminal's log came in under the old name."""
    renamed = Branch(branch.ledger, reader="main-gate", log=branch.log)
    renamed.seq = branch.seq
    renamed.tell()
    centre.turn(renamed)
    assert centre.entry().verdict == "explained"
    assert centre.entry().standing.causes["other-reader"].count == 10


def test_what_cannot_be_healed_is_tried_so_often_and_no_more(branch: Branch, centre: Centre) -> None:
    """An edge that says done and sends nothing is not asked for ever."""
    branch.tell()
    lose(branch.ledger, 4)
    branch.punches[5] = branch.punches[6]
    orders = centre.turn(branch)
    for _ in range(2 * TRIES):
        orders += centre.next_cycle(branch)
    assert [type(order) for order in orders] == [AccountOrder, ResendOrder] * TRIES
    assert centre.entry().verdict == "differs"
    assert len(centre.board) == 2, "a reader that stays as it was is not told again"


def test_an_edge_that_does_not_answer_is_on_the_board_all_the_same(branch: Branch, centre: Centre) -> None:
    """What is missing shows, though nobody can say yet which punch it is; the question is asked again."""
    branch.tell()
    centre.turn()
    lose(branch.ledger, 4)
    (ask,) = centre.next_cycle()
    assert centre.entry().verdict == "counting"
    centre.now += PATIENCE
    centre.turn()
    assert centre.board[-1] == {PLACE: "2026-05-11: 1 not told one by one"}
    centre.now += ORDER_VALID
    assert centre.turn() == []
    (again,) = centre.next_cycle()
    assert ask.order_id != again.order_id
    branch.answer(again, centre.now)
    centre.turn(branch)
    assert centre.entry().verdict == "equal"


def test_a_reader_is_asked_about_one_day_at_a_time(branch: Branch, centre: Centre) -> None:
    """A terminal reads its whole log for each question."""
    spoiled = tally([bytes(16)[:15] + b"\x01"])
    for days in range(3):
        day = DAY - timedelta(days=days)
        branch.send(closing("front-gate", day, MORNING, spoiled, None))
    assert len(centre.turn()) == 1
    centre.now += PATIENCE / 2
    assert len(centre.turn()) == 0


def test_a_late_punch_is_no_difference(branch: Branch, centre: Centre) -> None:
    """What came behind the answer says nothing of it."""
    branch.tell()
    branch.punch(30)
    (ask,) = centre.turn()
    assert branch.log is not None
    late = max(branch.rows)
    branch.answer(ask)
    branch.punch(31)
    centre.turn()
    assert late in branch.log
    assert centre.entry().verdict == "equal"


def test_an_answer_that_came_twice_counts_once(branch: Branch, centre: Centre) -> None:
    """An edge that was restarted in between counts again; the last whole answer stands."""
    branch.tell()
    branch.punch(30)
    (ask,) = centre.turn()
    assert isinstance(ask, AccountOrder)
    half = list(answers(ask, "front-gate", MORNING, [(bytes(15) + b"\x01", 1)], branch.census()))
    branch.send(*half[:1])
    branch.answer(ask, MORNING + timedelta(seconds=5))
    centre.turn()
    assert centre.entry().verdict == "equal"


def test_an_older_account_that_comes_again_changes_nothing(branch: Branch, centre: Centre) -> None:
    """Facts that are resent are still as old as they were."""
    first = closing("front-gate", DAY, MORNING, tally(sorted(branch.rows)[:5]), None)
    centre.now += timedelta(minutes=1)
    branch.tell(centre.now)
    branch.send(first)
    assert centre.turn() == []
    assert centre.entry().verdict == "equal"


def test_a_reader_without_a_log_has_two_sides(ledger: Ledger, centre: Centre) -> None:
    """Its outbox heals the ledger, and nothing else can be asked."""
    desk = Branch(ledger, log=None, reader="desk")
    desk.send(*[card_punch(number, "24:ABCDEF") for number in range(5)])
    desk.tell()
    centre.turn(desk)
    assert centre.entry().verdict == "equal"
    with ledger.write() as connection:
        connection.execute(text("DELETE FROM punch_rows WHERE seq = 2"))
    assert [type(order) for order in centre.next_cycle(desk)] == [AccountOrder, ResendOrder]
    assert centre.entry().verdict == "equal"
    with ledger.read() as connection:
        assert queries.counts(connection) == {("pune-01", "desk"): 5}


def test_days_of_long_ago_are_not_counted_for_ever(branch: Branch, centre: Centre) -> None:
    """An account that is told is compared; the cycle goes through the last weeks alone."""
    branch.tell()
    centre.now += timedelta(days=60)
    centre.turn()
    assert centre.entry().verdict == "equal"
    assert centre.entry().due_at is None


def test_a_restart_shows_what_differs(branch: Branch, centre: Centre) -> None:
    """The board does not forget with the process."""
    branch.tell()
    lose(branch.ledger, 4)
    centre.turn()
    centre.now += PATIENCE
    centre.turn()
    again = Centre(branch.ledger, centre.now)
    again.turn()
    assert again.board == [{PLACE: "2026-05-11: 1 not told one by one"}]
