"""Promises of uploaded logs: each line stands for itself, and a punch has one id however it came."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.reader import Moment
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, judge
from edge.readers.zkteco_push.attlog import LONGEST_TEXT, Odd, Record, punch_of, read_lines, shown
from simulators.terminal.records import RECORDS, pack_time
from simulators.terminal.records import Record as Logged
from wire.codec import decode_fact, encode
from wire.punch import Punch

NOON = datetime(2026, 5, 11, 12)  # noqa: DTZ001
MOMENT = Moment(utc=datetime(2026, 5, 11, 7, tzinfo=UTC), trust="synced", boot_id="b", uptime_s=9.0)
pins = st.text("0123456789", min_size=1, max_size=9) | st.text(
    "0123456789ABCDEFGHijk-_", min_size=1, max_size=24
)
walls = st.datetimes(datetime(2003, 1, 1), datetime(2026, 5, 11)).map(  # noqa: DTZ001
    lambda wall: wall.replace(microsecond=0)
)


def line(pin: str, wall: datetime, status: int = 0, verify: int = 1) -> bytes:
    return f"{pin}\t{wall:%Y-%m-%d %H:%M:%S}\t{status}\t{verify}\t0\t0\t0\n".encode()


def records(body: bytes) -> list[Record]:
    return [it for it in read_lines(body) if isinstance(it, Record)]


def pushed(body: bytes) -> list[Punch]:
    return [
        punch_of(it, serial="S", reader="gate", moment=MOMENT, how="push", offset_s=None)
        for it in records(body)
    ]


def pulled(log: list[tuple[str, datetime, int, int]]) -> list[Punch]:
    body = b"".join(
        RECORDS["40"](Logged(1, pin, pack_time(wall), verify, status)) for pin, wall, status, verify in log
    )
    read = judge(len(body).to_bytes(4, "little") + body, len(log), len(log), NOON)
    assert isinstance(read, Accepted)
    source = Source("gate", "S", "40", MOMENT)
    return [source.of_record(record, number, b"", "catch-up") for record, number in read.numbered()]


@given(st.lists(st.tuples(pins, walls, st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=17))
def test_the_same_log_gives_the_same_punches_by_pull_and_by_push(
    log: list[tuple[str, datetime, int, int]],
) -> None:
    """Id, badge, time and codes do not depend on the way: leading zeros, letters and equal records too."""
    log = [*log, *log[:2]]
    by_push = pushed(b"".join(line(*row) for row in log))
    by_pull = pulled(log)
    for field in ("punch_id", "badge", "device_wall", "direction_code", "verify_code", "device", "kind"):
        assert [getattr(it, field) for it in by_push] == [getattr(it, field) for it in by_pull], field


def test_leading_zeros_make_another_person() -> None:
    """007 and 7 are two user ids, exactly as the terminal has them."""
    body = line("007", NOON) + line("7", NOON)
    assert [it.badge.raw for it in pushed(body)] == ["007", "7"]
    assert len({it.punch_id for it in pushed(body)}) == 2


def test_equal_records_of_one_body_are_two_and_a_repeated_body_is_none_more() -> None:
    """Two true punches in one second both count; a body that is sent again adds nothing."""
    body = line("7", NOON) + line("7", NOON)
    once, again = pushed(body), pushed(body)
    assert len({it.punch_id for it in once}) == 2
    assert [it.punch_id for it in once] == [it.punch_id for it in again]
    assert pushed(line("7", NOON))[0].punch_id == once[0].punch_id


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (b"7\t2026-02-31 09:00:00\t0\t1", "no calendar has its time"),
        (b"7\t0000-00-00 00:00:00\t0\t1", "its time is before 1970"),
        (b"7\tyesterday\t0\t1", "it has no time"),
        (b"7", "it has no time"),
        (b"\t2026-05-11 09:00:00\t0\t1", "it names nobody"),
        (b"a\x00b\t2026-05-11 09:00:00", "its user id is none"),
        (b"1" * 65 + b"\t2026-05-11 09:00:00", "its user id is none"),
        (b"\xff\xfe\t2026-05-11 09:00:00", "it is no text"),
        (b"7\t2026-05-11 24:00:00", "no calendar has its time"),
        ("7\t\u0662\u0660\u0662\u0666-05-11 09:00:00".encode(), "it has no time"),
    ],
)
def test_an_odd_line_is_told_with_its_text_and_spoils_no_other(odd: bytes, why: str) -> None:
    """What is no record is kept as evidence, between two good records that are kept as punches."""
    found = list(read_lines(line("1", NOON) + odd + b"\r\n\r\n" + line("2", NOON)))
    assert [it.pin for it in found if isinstance(it, Record)] == ["1", "2"]
    assert found[1] == Odd(why, shown(odd))


def test_short_and_strange_fields_leave_the_punch_standing() -> None:
    """Who and when are enough; codes that are no numbers are none."""
    (short,) = records(b"7\t2026-5-1 9:05:07")
    assert (short.pin, short.wall) == ("7", datetime(2026, 5, 1, 9, 5, 7))  # noqa: DTZ001
    (strange,) = records(b" 7 \t2026-05-11 09:00:00\t-\t99999999999")
    assert (strange.pin, strange.status, strange.verify) == ("7", None, None)


def test_a_dead_battery_is_no_reason_to_lose_a_punch() -> None:
    """A record of 2000-01-01 is a punch; that its time is wrong is for central to say."""
    (punch,) = pushed(line("7", datetime(2000, 1, 1, 0, 0, 5)))  # noqa: DTZ001
    assert punch.device_wall == datetime(2000, 1, 1, 0, 0, 5)  # noqa: DTZ001


@given(st.binary(max_size=400) | st.lists(st.binary(max_size=60)).map(b"\t".join))
def test_any_bytes_are_read_without_a_fault(body: bytes) -> None:
    """Every line that is not blank is a record or odd, and what goes on the wire can be read there."""
    found = list(read_lines(body))
    assert len(found) == sum(1 for it in body.split(b"\n") if it.rstrip(b"\r\n").strip())
    for it in found:
        if isinstance(it, Odd):
            assert it.text.isascii()
            assert it.text.isprintable()
            assert len(it.text) <= LONGEST_TEXT
    for punch in pushed(body):
        assert decode_fact(encode(punch)) == punch


@given(st.lists(st.tuples(pins, walls), min_size=1, max_size=8), st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
def test_the_ends_of_lines_do_not_matter(log: list[tuple[str, datetime]], end: bytes) -> None:
    """Firmware that ends lines otherwise gives the same punches."""
    plain = b"".join(line(*row) for row in log)
    assert [it.punch_id for it in pushed(plain.replace(b"\n", end).strip())] == [
        it.punch_id for it in pushed(plain)
    ]


def test_a_long_log_is_read_in_time() -> None:
    """Reading stays a small part of storing, even on a slow machine."""
    body = b"".join(line(str(n % 500), NOON + timedelta(seconds=n)) for n in range(20_000))
    began = time.monotonic()
    assert sum(1 for it in read_lines(body) if isinstance(it, Record)) == 20_000
    assert time.monotonic() - began < 5
