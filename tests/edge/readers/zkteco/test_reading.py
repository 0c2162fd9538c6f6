"""Promises of the judgement on a log: believed whole, or rejected whole with the evidence."""

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco.reading import Accepted, Mark, Rejected, judge
from edge.readers.zkteco.records import Layout
from simulators.terminal.history import invent_log, invent_users
from simulators.terminal.records import RECORDS, Record, pack_time

NOW = datetime(2026, 5, 11, 12)  # noqa: DTZ001 - a terminal's wall clock
LAYOUTS: tuple[Layout, ...] = ("8", "8-ma300", "16", "40", "49")


def dataset(log: list[Record], layout: str) -> bytes:
    """The bytes with which a terminal answers for its log."""
    body = b"".join(map(RECORDS[layout], log))
    return len(body).to_bytes(4, "little") + body


def history(count: int, users: int = 30, seed: int = 1) -> list[Record]:
    """A plausible log."""
    return invent_log(invent_users(users), count, NOW, seed)


def accepted(verdict: Accepted | Rejected) -> Accepted:
    """The verdict, which must be good."""
    assert isinstance(verdict, Accepted), verdict
    return verdict


@given(st.integers(0, 400), st.integers(0, 3), st.sampled_from(LAYOUTS[2:]), st.integers(0, 99))
def test_a_whole_log_is_believed(count: int, grown: int, layout: Layout, seed: int) -> None:
    """A log that has as many records as were counted before, or up to as many as after, is taken."""
    log = history(count, seed=seed)
    read = accepted(judge(dataset(log, layout), max(count - grown, 0), count, NOW))
    assert read.count == count
    assert [read.raw(place) for place in range(count)] == [RECORDS[layout](record) for record in log]


@pytest.mark.parametrize("layout", ["8", "8-ma300"])
@pytest.mark.parametrize("seed", range(5))
def test_the_two_layouts_of_eight_bytes_are_told_apart(layout: Layout, seed: int) -> None:
    """Nothing says which of the two a terminal writes but the sense that the times make."""
    read = accepted(judge(dataset(history(60, seed=seed), layout), 60, 60, NOW))
    assert read.layout == layout


def test_a_layout_that_cannot_be_told_is_not_guessed() -> None:
    """One record that makes sense in both layouts is rejected, unless the layout is known."""
    days = (Record(1, "1", pack_time(NOW - timedelta(days=ago))) for ago in range(400))
    both = next(
        record for record in days if isinstance(judge(dataset([record], "8-ma300"), 1, 1, NOW), Rejected)
    )
    assert accepted(judge(dataset([both], "8-ma300"), 1, 1, NOW, "8-ma300")).layout == "8-ma300"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("missing", [1, 7, 100])
def test_a_part_of_a_log_is_rejected(layout: Layout, missing: int) -> None:
    """Fewer records than the terminal counts are no log, whatever they look like."""
    assert isinstance(judge(dataset(history(500 - missing), layout), 500, 500, NOW), Rejected)


def test_an_empty_answer_for_a_full_log_is_rejected() -> None:
    """Empty is believed only where the terminal counts nothing, too."""
    assert isinstance(judge(bytes(4), 500, 500, NOW), Rejected)
    assert accepted(judge(bytes(4), 0, 0, NOW)).count == 0


@given(st.binary(max_size=2000), st.integers(-5, 60), st.integers(0, 5))
def test_arbitrary_bytes_never_crash(noise: bytes, before: int, grown: int) -> None:
    """Whatever a terminal answers, the verdict is a verdict."""
    verdict = judge(noise, before, before + grown, NOW)
    if isinstance(verdict, Accepted):
        assert before <= verdict.count <= before + grown


def test_a_length_that_is_not_the_content_s_is_rejected() -> None:
    """The dataset's own count of bytes must hold."""
    whole = dataset(history(100), "40")
    for damaged in (whole[:-40], whole + bytes(40), whole[:3], b"", bytes(4) + whole[4:]):
        assert isinstance(judge(damaged, 100, 100, NOW), Rejected)


def test_a_log_that_shrinks_while_it_is_read_is_rejected() -> None:
    """Somebody clears the log during the read: read it again."""
    assert isinstance(judge(dataset(history(100), "40"), 100, 0, NOW), Rejected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_random_content_of_the_right_size_is_rejected(layout: Layout) -> None:
    """Bytes of the right number that are no log are found out by their dates and order."""
    dice = random.Random(5)  # noqa: S311 - noise, no secret
    size = len(RECORDS[layout](Record(1, "1", 0)))
    body = dice.randbytes(size * 300)
    assert isinstance(judge(len(body).to_bytes(4, "little") + body, 300, 300, NOW, layout), Rejected)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_log_cut_at_the_wrong_byte_is_rejected(layout: Layout) -> None:
    """Records that begin some bytes too late do not become other people's punches."""
    whole = dataset(history(600), layout)[4:]
    shifted = whole[3:] + whole[:3]
    verdict = judge(len(shifted).to_bytes(4, "little") + shifted, 600, 600, NOW, layout)
    assert isinstance(verdict, Rejected)


def test_a_few_odd_records_spoil_nothing() -> None:
    """An impossible date is kept apart; the rest of the log is good."""
    log = history(200)
    log[50] = Record(1, "1", (26 * 12 * 31 + 31 + 30) * 86400)
    read = accepted(judge(dataset(log, "40"), 200, 200, NOW))
    assert [odd.place for odd in read.odd] == [50]
    assert len(read.records) == 199


def test_a_battery_that_died_is_no_reason_to_reject() -> None:
    """A stretch of records from 2000 in the middle of a log is what the terminal wrote."""
    log = history(300)
    dead = datetime(2000, 1, 1)  # noqa: DTZ001
    log[100:140] = [Record(3, "3", pack_time(dead + timedelta(minutes=n))) for n in range(40)]
    assert accepted(judge(dataset(log, "40"), 300, 300, NOW)).count == 300


@given(st.lists(st.sampled_from(["1", "2"]), max_size=40), st.integers(0, 40))
def test_occurrences_stay_when_the_log_grows(users: list[str], cut: int) -> None:
    """Equal records are numbered from the front, so what comes later changes no earlier number."""
    log = [Record(int(user), user, pack_time(NOW) + at // 5) for at, user in enumerate(users)]
    short = accepted(judge(dataset(log[:cut], "40"), len(log[:cut]), len(log[:cut]), NOW))
    longer = accepted(judge(dataset(log, "40"), len(log), len(log), NOW))
    assert list(longer.numbered())[: short.count] == list(short.numbered())
    keys = [(record.user, record.stamp, occurrence) for record, occurrence in longer.numbered()]
    assert len(set(keys)) == len(keys)


def test_a_mark_knows_its_own_log_and_no_other() -> None:
    """A log that grew begins with what is known; a changed, shorter or other one does not."""
    log = history(300)
    mark = Mark.of(accepted(judge(dataset(log[:200], "40"), 200, 200, NOW)))
    assert mark.count == 200
    assert mark.begins(accepted(judge(dataset(log, "40"), 300, 300, NOW)))
    assert not mark.begins(accepted(judge(dataset(log[1:], "40"), 299, 299, NOW)))
    assert not mark.begins(accepted(judge(dataset(log[:199], "40"), 199, 199, NOW)))
    assert not mark.begins(accepted(judge(dataset(log, "49"), 300, 300, NOW)))
    assert Mark.from_text(mark.to_text()) == mark


@pytest.mark.parametrize("text", ["", "1", "a b c d", "12 abc 41 8", "12 abc 40 8 9"])
def test_an_unreadable_mark_is_no_mark(text: str) -> None:
    """A memo of another version costs one full pass, and nothing else."""
    assert Mark.from_text(text) is None
