"""Promises of the outbox: durable, gapless, each punch once, and nothing forgotten in a power cut."""

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database, Migrations

from edge.buffer.inspection import marks, unsettled
from edge.buffer.migrations import prepare
from edge.buffer.outbox import FACT_LIMIT, Outbox
from edge.buffer.store import SCHEMA, OutboxError, OutboxOutdated
from tests.edge.making import AT, punch
from wire.codec import decode_fact, encode
from wire.facts import EdgeEvent, OrderOutcome
from wire.punch import Punch


@pytest.fixture
def path(tmp_path: Path) -> Path:
    prepare(tmp_path / "outbox.db")
    return tmp_path / "outbox.db"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    opened = Outbox(path)
    yield opened
    opened.close()


def everything(outbox: Outbox) -> list[int]:
    return [fact.seq for fact in outbox.waiting(0, 100_000, 10**9)]


def test_a_punch_is_stored_once_however_often_it_is_read(outbox: Outbox) -> None:
    """Reading a whole terminal log every few minutes is quiet, and burns no sequence number."""
    assert outbox.append("gate", [punch(1), punch(2)]) == 2
    assert outbox.append("gate", [punch(1), punch(2, "live"), punch(3)]) == 1
    assert everything(outbox) == [1, 2, 3]


def test_the_version_before_goes_on_with_an_outbox_that_a_newer_one_brought_forward(path: Path) -> None:
    """Whoever goes back after an update keeps what waits: a step only adds."""
    with closing(Outbox(path)) as outbox:
        outbox.append("gate", [punch(1)])
    newer = Migrations("outbox")

    @newer()
    def a_step_to_come(db: Database) -> None:
        for table in ("stream", "facts", "seen", "memos", "orders", "set_aside", "readers", "accounts"):
            db.execute(f"ALTER TABLE {table} ADD COLUMN colour TEXT")
        db.execute(f"PRAGMA user_version={SCHEMA + 1}")

    db = Database(path)
    newer.apply(db)
    db.close()
    for _ in range(2):
        with closing(Outbox(path)) as outbox:
            outcome = OrderOutcome(order_id="o1", outcome="done", at=AT)
            assert outbox.append("gate", [punch(1), punch(2)], {"cursor": "2"}) <= 1
            outbox.append("gate", [outcome])
            assert everything(outbox)[:3] == [1, 2, 3]
        prepare(path)


def test_a_reread_repeats_settled_punches_and_only_those(outbox: Outbox) -> None:
    """A resync heals what central lost, and does not double what is still on its way."""
    outbox.append("gate", [punch(1), punch(2)])
    outbox.settle(1)
    assert outbox.append("gate", [punch(1, "reread"), punch(2, "reread")]) == 1
    assert outbox.append("gate", [punch(1, "reread")]) == 0, "the repeated one waits now"
    assert everything(outbox) == [1, 2, 3]


def test_ids_are_remembered_longer_than_rows(outbox: Outbox) -> None:
    """After pruning, a catch-up read of the same log is still quiet."""
    for number in range(10):
        outbox.append("gate", [punch(number)])
    outbox.settle(10)
    outbox.keep()
    assert outbox.prune(2**45) == 9, "the newest row stays, it carries the number"
    assert outbox.append("gate", [punch(n) for n in range(10)]) == 0
    assert outbox.append("gate", [punch(11)]) == 1
    assert outbox.mark.newest == 11


def test_unsettled_facts_are_never_pruned(outbox: Outbox) -> None:
    """However old and however full the disk: a fact without a receipt stays."""
    for number in range(10):
        outbox.append("gate", [punch(number)])
    assert outbox.prune(2**45) == 0
    outbox.settle(4)
    assert outbox.prune(2**45) == 4, "the settled mark is written down with it"
    assert everything(outbox) == [5, 6, 7, 8, 9, 10]
    assert outbox.mark.settled_on_disk == 4


def test_numbers_go_on_after_reopening(path: Path) -> None:
    """The stream has no hole and no repetition across restarts."""
    first = Outbox(path)
    first.append("gate", [punch(1), punch(2)], {"cursor": "2"})
    first.settle(2)
    first.close()
    second = Outbox(path)
    second.append("gate", [punch(3)])
    assert (second.mark.newest, second.mark.settled) == (3, 2)
    assert second.recall("gate") == {"cursor": "2"}
    assert second.recall("other") == {}
    second.close()


def test_memo_and_punches_come_in_one_transaction(path: Path) -> None:
    """A read cursor never runs ahead of the records behind it."""
    outbox = Outbox(path)
    rival = sqlite3.connect(path, timeout=0.1, isolation_level=None)
    rival.execute("PRAGMA max_page_count=1")
    outbox._store.db.execute("PRAGMA max_page_count=12")  # noqa: SLF001 - the file may not grow: a full disk
    with pytest.raises(OutboxError, match="full"):
        outbox.append("gate", [punch(n) for n in range(500)], {"cursor": "500"})
    assert outbox.recall("gate") == {}
    assert everything(outbox) == []
    outbox._store.db.execute("PRAGMA max_page_count=100000")  # noqa: SLF001
    assert outbox.append("gate", [punch(1)]) == 1
    assert everything(outbox) == [1]
    rival.close()
    outbox.close()


def test_threads_that_append_together_lose_nothing(outbox: Outbox) -> None:
    """Twenty readers punching at once share commits, and every append returns its own count."""
    fresh: list[int] = []

    def work(reader: int) -> None:
        fresh.extend(outbox.append(f"r{reader}", [punch(reader * 1000 + number)]) for number in range(20))

    threads = [threading.Thread(target=work, args=(reader,)) for reader in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(fresh) == 400
    assert everything(outbox) == list(range(1, 401))


def test_a_punch_goes_out_while_the_next_one_is_being_stored(outbox: Outbox) -> None:
    """The uplink waits for no commit but that of the punch itself, however slow the card is."""
    outbox.append("gate", [punch(1)])
    told: list[list[int]] = []
    uplink = threading.Thread(target=lambda: told.append(everything(outbox)), daemon=True)
    with outbox._store.transaction():  # noqa: SLF001 - a commit that takes its time
        uplink.start()
        uplink.join(20)
        assert told == [[1]]


def test_facts_go_out_as_they_were_stored_from_wherever_the_uplink_goes_on(outbox: Outbox) -> None:
    """What was stored last is at hand, all else is read, and whoever sends cannot tell one from the other."""
    stored: list[bytes] = []
    for many in (1, 1, 20, 3, 130, 2, 0, 21):
        punches = [punch(n) for n in range(len(stored), len(stored) + many)]
        outbox.append("gate", punches)
        stored += map(encode, punches)
        for after in range(len(stored) + 1):
            behind = [(fact.seq, fact.body) for fact in outbox.waiting(after, 1000, 10**9)]
            assert behind == list(enumerate(stored, 1))[after:]


def test_waiting_respects_count_and_bytes(outbox: Outbox) -> None:
    """A batch is cut by either limit, and is never empty while something waits."""
    outbox.append("gate", [punch(n) for n in range(10)])
    one = len(outbox.waiting(0, 1, 1)[0].body)
    assert [fact.seq for fact in outbox.waiting(3, 4, 10**6)] == [4, 5, 6, 7]
    assert len(outbox.waiting(0, 10, 3 * (one + 1))) == 3
    assert len(outbox.waiting(0, 10, 0)) == 1
    assert outbox.waiting(10, 10, 10**6) == []


def test_a_fact_too_large_is_set_aside_and_told(outbox: Outbox) -> None:
    """Nothing can block the head of the line: the bytes stay, an event travels."""
    outbox.append("gate", [EdgeEvent(event="odd", at=AT, fields={"bytes": "f" * FACT_LIMIT}), punch(1)])
    first, second = (decode_fact(fact.body) for fact in outbox.waiting(0, 10, 10**6))
    assert isinstance(first, EdgeEvent)
    assert first.event == "fact_set_aside"
    assert isinstance(second, Punch)


def test_what_a_broker_will_not_take_is_replaced_in_place(outbox: Outbox) -> None:
    """The number keeps its place, so the stream stays gapless."""
    outbox.append("gate", [punch(1), punch(2)])
    outbox.set_aside(outbox.waiting(0, 1, 10**6)[0])
    first, second = outbox.waiting(0, 10, 10**6)
    assert (first.seq, second.seq) == (1, 2)
    assert isinstance(decode_fact(first.body), EdgeEvent)


def test_resend_repeats_settled_facts_under_new_numbers(outbox: Outbox) -> None:
    """A central restored from a backup gets again what it once had."""
    outbox.append("gate", [punch(n) for n in range(5)])
    outbox.settle(3)
    assert outbox.resend(range(1, 6)) == 3, "what still waits is not doubled"
    again = outbox.waiting(5, 10, 10**6)
    assert [fact.seq for fact in again] == [6, 7, 8]
    assert [decode_fact(fact.body) for fact in again] == [punch(n) for n in range(3)]


def test_punches_of_a_reader_are_found_by_time(outbox: Outbox) -> None:
    """A reader without memory answers a re-read from the outbox."""
    for number in range(5):
        outbox.append("gate", [punch(number)])
    outbox.append("door", [punch(2, reader="door"), punch(102, reader="door")])
    since = int(AT.timestamp() * 1000) + 1000
    found = outbox.facts_of("gate", since, since + 2000)
    assert [fact.seq for fact in found] == [2, 3]


def test_a_known_order_is_known_after_a_restart(path: Path) -> None:
    """An order that was answered is not carried out twice."""
    outbox = Outbox(path)
    assert not outbox.order_known("o-1")
    outbox.append("@orders", [OrderOutcome(order_id="o-1", outcome="done", at=AT)])
    outbox.close()
    again = Outbox(path)
    assert again.order_known("o-1")
    again.close()


def test_an_old_copy_starts_a_new_stream_and_sends_all_it_has(outbox: Outbox) -> None:
    """A card restored from an image must not settle new facts with old receipts."""
    outbox.append("gate", [punch(n) for n in range(3)])
    outbox.settle(3)
    before = outbox.mark.outbox_id
    outbox.restart_stream()
    assert outbox.mark.outbox_id != before
    assert (outbox.mark.settled, outbox.mark.backlog) == (0, 3)


def test_a_missing_or_foreign_file_says_what_to_do(tmp_path: Path) -> None:
    """The error names the remedy."""
    with pytest.raises(OutboxOutdated, match="migrate"):
        Outbox(tmp_path / "none.db")
    sqlite3.connect(tmp_path / "empty.db").execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(OutboxOutdated, match="migrate"):
        Outbox(tmp_path / "empty.db")


def test_a_corrupt_file_is_kept_and_replaced(path: Path) -> None:
    """Service goes on; the bytes stay for whoever wants to look."""
    outbox = Outbox(path)
    outbox.append("gate", [punch(n) for n in range(200)])
    outbox.close()
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xa5" * 8192
    path.write_bytes(content)
    aside = prepare(path)
    assert aside is not None
    assert aside.read_bytes() == bytes(content)
    fresh = Outbox(path)
    assert fresh.append("gate", [punch(1)]) == 1
    fresh.close()


def test_a_person_can_look_beside_the_daemon(outbox: Outbox, path: Path) -> None:
    """Marks and waiting facts are shown without disturbing the open file."""
    outbox.append("gate", [punch(1), punch(2)])
    outbox.settle(1)
    outbox.keep()
    seen = marks(path)
    assert (seen["newest"], seen["settled"], seen["backlog"]) == (2, 1, 1)
    assert [(row["seq"], row["fact"]) for row in unsettled(path, 10)] == [(2, "punch")]


_APPENDER = """
import sys
from pathlib import Path
from edge.buffer.outbox import Outbox
from tests.edge.making import punch
outbox = Outbox(Path(sys.argv[1]))
for number in range(100_000):
    outbox.append("gate", [punch(number)], {"cursor": str(number)})
    print(number, flush=True)
"""


def test_a_kill_in_the_middle_of_appends_keeps_every_acknowledged_punch(path: Path) -> None:
    """What `append` returned from is there after SIGKILL; the cursor stands where the punches do."""
    process = subprocess.Popen(
        [sys.executable, "-c", _APPENDER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(150)]
    process.send_signal(signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
    process.wait()
    process.stdout.close()
    outbox = Outbox(path)
    stored = everything(outbox)
    assert stored == list(range(1, len(stored) + 1))
    assert len(stored) >= len(told)
    assert int(outbox.recall("gate")["cursor"]) == len(stored) - 1
    assert json.loads(outbox.waiting(len(told) - 1, 1, 10**6)[0].body)["fact"] == "punch"
    outbox.close()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("append"), st.lists(st.integers(0, 12), max_size=6)),
            st.tuples(st.just("reread"), st.lists(st.integers(0, 12), max_size=6)),
            st.tuples(st.just("settle"), st.lists(st.integers(0, 30), min_size=1, max_size=1)),
            st.tuples(st.just("reopen"), st.just([])),
        ),
        max_size=12,
    )
)
def test_whatever_happens_the_stream_has_no_holes(tmp_path: Path, steps: list[tuple[str, list[int]]]) -> None:
    """Any history of appends, re-reads, receipts and restarts leaves numbers 1 to n with every punch."""
    path = tmp_path / "any.db"
    for part in tmp_path.glob("any.db*"):
        part.unlink()
    prepare(path)
    outbox = Outbox(path)
    wanted: set[int] = set()
    for verb, numbers in steps:
        if verb in ("append", "reread"):
            outbox.append("gate", [punch(n, "reread" if verb == "reread" else "catch-up") for n in numbers])
            wanted.update(numbers)
        elif verb == "settle":
            outbox.settle(min(numbers[0], outbox.mark.newest))
        else:
            outbox.close()
            outbox = Outbox(path)
    rows = outbox.waiting(0, 1000, 10**9)
    assert [row.seq for row in rows] == list(range(1, outbox.mark.newest + 1))
    ids = {fact.punch_id for row in rows if isinstance(fact := decode_fact(row.body), Punch)}
    assert ids == {punch(n).punch_id for n in wanted}
    outbox.close()
