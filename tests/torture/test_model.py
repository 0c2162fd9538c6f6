"""Edge and central between them keep every promise of the wire, whatever a broker does in the middle."""

import os
import shutil
import sqlite3
import tempfile
import uuid
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from central import intake
from central.ledger.database import Ledger
from edge.buffer.migrations import prepare
from edge.buffer.store import OutboxError
from edge.uplink.window import LIMIT
from tests.edge.making import AT
from tests.torture.model import EDGE, TOPICS, Broker, Letter, ModelCentral, ModelEdge
from wire.receipt import Receipt

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - temporary on purpose
"""A folder in memory if there is one: no power is cut here, so nobody needs to wait for a disk."""
EXAMPLES = int(os.environ.get("PUNCHWIRE_EXAMPLES", "60"))
ROUNDS = 60
"""A network that behaves again needs far fewer turns than this to settle everything."""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty outbox and an empty ledger, made once."""
    folder = tmp_path_factory.mktemp("templates")
    prepare(folder / "outbox.db")
    ledger = Ledger(str(folder / "ledger.db"))
    ledger.migrate(AT)
    ledger.close()
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


class Conservation(RuleBasedStateMachine):
    """An edge and a central at work, and everything that a broker, a card or a disk may do to them."""

    templates: Path

    def __init__(self) -> None:
        super().__init__()
        self._place = tempfile.TemporaryDirectory(prefix="model-", dir=MEMORY)
        self.folder = folder = Path(self._place.name)
        self.broker = Broker()
        self.central = ModelCentral(
            folder / "ledger.db", self.templates / "ledger.db", self.broker, self.check_receipt
        )
        self.edge = ModelEdge(folder, self.broker, self.make_outbox)
        self.accepted: set[str] = set()
        """Punches that exist somewhere safe and must be in the ledger in the end."""
        self.committed: set[str] = set()
        """Punches that were in the ledger once."""
        self.numbers: dict[str, set[int]] = {}
        """By stream, the numbers that were committed once."""
        self.image: Path | None = None
        self.backup: Path | None = None

    def make_outbox(self, path: Path) -> None:
        shutil.copy(self.templates / "outbox.db", path)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE stream SET outbox_id = ?", [uuid.uuid4().hex])

    @initialize()
    def everybody_is_there(self) -> None:
        self.central.connect()
        self.edge.connect()

    # work

    @rule(count=st.integers(1, 400))
    def punches(self, count: int) -> None:
        self.edge.punched(count)

    @rule(count=st.integers(1, 4))
    def cards(self, count: int) -> None:
        self.edge.carded(count)

    @rule()
    def edge_works(self) -> None:
        self.edge.work()

    @precondition(lambda self: self.broker.to_central)
    @rule(at=st.integers(0, 5), group=st.integers(1, 3), doubled=st.booleans(), told=st.booleans())
    def central_receives(self, at: int, group: int, doubled: bool, told: bool) -> None:
        letters = [
            self.taken(self.broker.to_central, at) for _ in range(min(group, len(self.broker.to_central)))
        ]
        if not told:
            self.central.forget_what_was_told()
        self.central.receives(letters * 2 if doubled else letters)

    @precondition(lambda self: self.broker.to_edge)
    @rule(at=st.integers(0, 5), doubled=st.booleans())
    def edge_receives(self, at: int, doubled: bool) -> None:
        letter = self.taken(self.broker.to_edge, at)
        for _ in range(2 if doubled else 1):
            self.edge.receives(letter)

    # what a broker and a network do

    @precondition(lambda self: self.broker.to_central)
    @rule(at=st.integers(0, 5))
    def lost_on_the_way_up(self, at: int) -> None:
        self.taken(self.broker.to_central, at)

    @precondition(lambda self: self.broker.to_edge)
    @rule(at=st.integers(0, 5))
    def lost_on_the_way_down(self, at: int) -> None:
        self.taken(self.broker.to_edge, at)

    @precondition(lambda self: self.broker.central_is_there)
    @rule(age=st.integers(0, 30))
    def old_facts_again(self, age: int) -> None:
        said = self.said(TOPICS.facts(EDGE))
        if said:
            self.broker.to_central.append(said[-1 - age % len(said)])

    @precondition(lambda self: self.broker.edge_is_there)
    @rule(age=st.integers(0, 30))
    def old_receipts_again(self, age: int) -> None:
        said = self.said(TOPICS.receipts(EDGE))
        if said:
            self.broker.to_edge.append(said[-1 - age % len(said)])

    @rule(who=st.sampled_from(["edge", "central"]))
    def connection_lost(self, who: str) -> None:
        getattr(self, who).disconnect()

    @rule(who=st.sampled_from(["edge", "central"]))
    def connected_again(self, who: str) -> None:
        getattr(self, who).disconnect()
        getattr(self, who).connect()

    @rule()
    def broker_restarts_and_forgets(self) -> None:
        self.edge.disconnect()
        self.central.disconnect()
        self.broker.retained.clear()
        self.central.connect()
        self.edge.connect()

    @rule(seconds=st.floats(0.1, 70))
    def time_passes(self, seconds: float) -> None:
        self.edge.grow_older(seconds)
        self.central.forget_what_was_told()

    # what happens to the two ends

    @rule()
    def settled_mark_is_written_down(self) -> None:
        self.edge.outbox.keep()

    @rule()
    def edge_is_killed(self) -> None:
        self.edge.die()
        self.edge.boot()
        self.edge.connect()

    @rule()
    def card_is_imaged(self) -> None:
        self.image = self.folder / "image.db"
        self.image.unlink(missing_ok=True)
        self.edge.copy_of_file(self.image)

    @precondition(lambda self: self.image is not None)
    @rule(offline=st.integers(0, 6), restarted=st.booleans())
    def card_forgets_its_last_writes(self, offline: int, restarted: bool) -> None:
        """The Pi boots with an older state of its card, and people punch before the network is there."""
        assert self.image is not None
        self.edge.roll_back(self.image)
        self.drop_what_is_nowhere()
        self.edge.carded(offline)
        if restarted:
            self.edge.die()
            self.edge.boot()
        self.edge.connect()

    @rule()
    def outbox_file_is_lost(self) -> None:
        self.edge.lose_file()
        self.image = None
        self.drop_what_is_nowhere()
        self.edge.connect()

    @rule()
    def central_is_killed(self) -> None:
        self.central.die()
        self.central.start()
        self.central.connect()

    @rule()
    def ledger_is_backed_up(self) -> None:
        self.backup = self.central.back_up()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def ledger_is_restored(self) -> None:
        assert self.backup is not None
        self.central.restore(self.backup)
        self.drop_what_is_nowhere()
        self.central.connect()

    # what must be true

    @invariant()
    def window_is_bounded(self) -> None:
        assert 0 <= self.edge.pump._window.under_way <= LIMIT  # noqa: SLF001
        assert self.edge.outbox.mark.settled <= self.edge.outbox.mark.newest

    @invariant()
    def nothing_is_settled_that_central_never_held(self) -> None:
        self.accepted |= set(self.edge.held().values())
        self.accepted |= {one.punch_id for one in self.edge.log}
        self.committed |= self.central.held()
        assert self.edge.settled_ids() <= self.committed

    def check_receipt(self, receipt: Receipt) -> None:
        """A receipt covers no number whose fact was never committed."""
        self.note_arrivals()
        gaps = set(range(1, receipt.upto_seq + 1)) - self.numbers.get(receipt.outbox_id, set())
        assert not gaps, f"the receipt {receipt.upto_seq} covers {sorted(gaps)[:5]}, which never arrived"

    def note_arrivals(self) -> None:
        with self.central.ledger.read() as connection:
            query = "SELECT outbox_id, first_seq, facts FROM arrivals"
            for outbox_id, first, facts in connection.exec_driver_sql(query):
                self.numbers.setdefault(outbox_id, set()).update(range(first, first + facts))

    def drop_what_is_nowhere(self) -> None:
        """A card punch that neither outbox nor ledger holds any more went down with its only copy."""
        safe = set(self.edge.held().values()) | self.central.held() | {one.punch_id for one in self.edge.log}
        self.accepted &= safe

    def taken(self, queue: list[Letter], at: int) -> Letter:
        return queue.pop(at % len(queue))

    def said(self, topic: str) -> list[Letter]:
        return [letter for letter in self.broker.said if letter.topic == topic]

    def teardown(self) -> None:
        """Once the network behaves, everything arrives, everything is settled, and nothing is left open."""
        try:
            self.settles()
        finally:
            self.edge.die()
            self.central.die()
            self._place.cleanup()

    def behaves(self) -> None:
        """The network carries everything, in its order, until nobody has anything to say."""
        self.edge.work()
        while self.broker.to_central or self.broker.to_edge:
            if self.broker.to_central:
                self.central.receives([self.broker.to_central.pop(0)])
            if self.broker.to_edge:
                self.edge.receives(self.broker.to_edge.pop(0))

    def settles(self) -> None:
        self.note_arrivals()
        self.edge.disconnect()
        self.central.disconnect()
        self.central.connect()
        self.edge.connect()
        for _ in range(ROUNDS):
            self.behaves()
            if not self.edge.outbox.mark.backlog:
                break
            self.edge.grow_older(11.0)
            self.central.forget_what_was_told()
        assert self.edge.outbox.mark.backlog == 0, "something waits for ever"
        missing = self.accepted - self.central.held()
        assert not missing, f"{len(missing)} punches are missing"


@pytest.fixture(autouse=True)
def prepared(templates: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the model alone say when a second has passed."""
    monkeypatch.setattr(intake, "REPEAT_S", 1e9)
    monkeypatch.setattr(Conservation, "templates", templates, raising=False)


def test_nothing_is_lost_between_edge_and_central() -> None:
    """Lost, doubled, reordered, replayed; killed, rolled back, restored: in the end the ledger holds all."""
    run_state_machine_as_test(
        Conservation,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("restarted", [False, True])
def test_a_card_that_forgot_its_last_writes_loses_no_punch_that_came_after(restarted: bool) -> None:
    """Numbers that are given a second time stand for new punches: no old receipt covers them."""
    site = Conservation()
    site.everybody_is_there()
    site.cards(2)
    site.behaves()
    site.card_is_imaged()
    site.cards(4)
    site.behaves()
    site.card_forgets_its_last_writes(offline=6, restarted=restarted)
    site.behaves()
    site.nothing_is_settled_that_central_never_held()
    site.teardown()


def test_a_copy_of_the_card_in_a_second_pi_settles_nothing_for_the_first() -> None:
    """The two number different punches alike; a receipt for the one's is none for the other's."""
    site = Conservation()
    site.everybody_is_there()
    site.cards(2)
    site.behaves()
    twin = site.edge.twin(site.folder / "twin")
    site.edge.disconnect()
    twin.connect()
    while site.broker.to_edge:
        twin.receives(site.broker.to_edge.pop(0))
    twin.carded(1)
    twin.work()
    sent = site.taken(site.broker.to_central, -1)
    assert sent.topic == TOPICS.facts(EDGE), "and it is lost"
    twin.disconnect()
    site.cards(1)
    site.edge.connect()
    site.behaves()
    site.edge.disconnect()
    twin.connect()
    while site.broker.to_central or site.broker.to_edge:
        if site.broker.to_central:
            site.central.receives([site.broker.to_central.pop(0)])
        if site.broker.to_edge:
            twin.receives(site.broker.to_edge.pop(0))
    assert set(twin.held().values()) <= site.central.held()
    twin.die()
    site.teardown()


def test_what_central_lost_is_sent_again_by_an_edge_whose_clock_is_months_ahead() -> None:
    """A hole in the ledger is filled however late the edge hears of it, or believes to hear of it."""
    site = Conservation()
    site.everybody_is_there()
    site.ledger_is_backed_up()
    site.cards(3)
    site.behaves()
    vars(site.edge.daemon._timekeeper)["_utc"] = lambda: datetime.now(UTC) + timedelta(days=200)  # noqa: SLF001
    site.ledger_is_restored()
    site.edge.disconnect()
    site.edge.connect()
    site.behaves()
    assert set(site.edge.held().values()) <= site.central.held()
    site.teardown()


def test_an_order_that_meets_a_full_disk_is_carried_out_when_there_is_room() -> None:
    """Central gives an order once while the edge is there; the edge does not forget it."""
    site = Conservation()
    site.everybody_is_there()
    site.ledger_is_backed_up()
    site.cards(3)
    site.behaves()
    db = site.edge.outbox._store.db  # noqa: SLF001
    db.execute("PRAGMA max_page_count=1")
    with pytest.raises(OutboxError, match="full"):
        site.cards(10_000)
    site.behaves()
    site.ledger_is_restored()
    site.behaves()
    db.execute("PRAGMA max_page_count=100000")
    site.edge.pump.beat()
    site.behaves()
    assert set(site.edge.held().values()) <= site.central.held()
    site.teardown()
