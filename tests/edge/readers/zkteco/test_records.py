"""Promises of how a terminal's bytes are read: records, users, live events."""

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco.records import (
    SIZES,
    Layout,
    decode,
    decode_event,
    decode_users,
    unpack_time,
)
from simulators.terminal.history import invent_log, invent_users
from simulators.terminal.records import (
    EVENT_SIZES,
    IMPOSSIBLE,
    RECORDS,
    Record,
    User,
    encode_event,
    pack_time,
)

LAYOUTS: dict[Layout, int] = {layout: size for size, layouts in SIZES.items() for layout in layouts}
walls = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001
    lambda wall: wall.replace(microsecond=0)
)
bytes_ = st.integers(0, 255)
numbers = st.integers(1, 65535)


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """Logs whose users can be said in every layout: slot and user id are the same number."""
    entries = draw(st.lists(st.tuples(numbers, walls, bytes_, bytes_), max_size=30))
    return [Record(uid, str(uid), pack_time(wall), status, punch) for uid, wall, status, punch in entries]


@given(logs(), st.sampled_from(sorted(LAYOUTS)))
def test_what_a_terminal_writes_is_what_is_read(log: list[Record], layout: Layout) -> None:
    """Every record comes back with its user, second and codes, in order, in every layout."""
    records, odd = decode(b"".join(map(RECORDS[layout], log)), layout)
    assert odd == []
    assert [(r.user, r.stamp, r.status, r.punch) for r in records] == [
        (r.user_id, r.stamp, r.status, r.punch) for r in log
    ]
    assert [r.place for r in records] == list(range(len(log)))
    assert [r.wall.isoformat() for r in records] == [r.wall for r in log]


@given(st.data(), st.sampled_from(sorted(LAYOUTS)))
def test_arbitrary_bytes_are_records_or_odd(data: st.DataObject, layout: Layout) -> None:
    """No bytes crash the decoder; every place is either a record with a real date, or told as odd."""
    count = data.draw(st.integers(0, 20))
    body = data.draw(st.binary(min_size=count * LAYOUTS[layout], max_size=count * LAYOUTS[layout]))
    records, odd = decode(body, layout)
    assert sorted([r.place for r in records] + [o.place for o in odd]) == list(range(count))
    for record in records:
        assert record.wall.year >= 2000
        assert record.user


@given(walls)
def test_the_clock_s_bits_are_read_as_they_were_written(wall: datetime) -> None:
    """Packing and unpacking a time gives it back."""
    assert unpack_time(pack_time(wall)) == wall


def test_31_february_is_no_time() -> None:
    """The day that 32 bits can say and no calendar has is refused."""
    with pytest.raises(ValueError, match="day"):
        unpack_time(IMPOSSIBLE)


@pytest.mark.parametrize(
    ("field", "user"),
    [
        (b"007", "007"),
        (b"A-12", "A-12"),
        (b"12\0rest of an older id", "12"),
        ("ओम".encode(), "ओम"),
        (b"", None),
        (b"\xff\xfe", None),
        (b"1\x07", None),
        (b" 12", None),
    ],
)
def test_a_user_id_is_clean_text_or_odd(field: bytes, user: str | None) -> None:
    """Text behind the end mark does not matter; what is no clean text is no user."""
    body = b"\x01\0" + field.ljust(24, b"\0") + b"\x01" + (800_000_000).to_bytes(4, "little") + bytes(9)
    records, odd = decode(body, "40")
    assert [record.user for record in records] == ([] if user is None else [user])
    assert len(odd) == (user is None)


@given(st.lists(st.tuples(numbers, st.text("0123456789ABC", min_size=1, max_size=9)), max_size=20))
def test_user_tables_of_both_sizes_are_read(rows: list[tuple[int, str]]) -> None:
    """Slots lead to user ids, as text from 72 bytes, as numbers from 28."""
    users = {uid: User(uid, user_id, "N") for uid, user_id in rows}.values()
    wide = b"".join(user.encode(72) for user in users)
    narrow = b"".join(user.encode(28) for user in users if user.user_id.isdigit())
    assert decode_users(wide, len(users)) == {user.uid: user.user_id for user in users}
    numeric = {user.uid: str(int(user.user_id)) for user in users if user.user_id.isdigit()}
    assert decode_users(narrow, len(numeric)) == numeric


@given(st.binary(max_size=300), st.integers(-1, 10))
def test_a_user_table_of_another_size_is_none(body: bytes, count: int) -> None:
    """A table that does not have the counted users is not read at all."""
    if len(body) not in (count * 72, count * 28):
        assert decode_users(body, count) is None


@given(walls, numbers, bytes_, bytes_)
def test_live_events_of_every_size_are_read(wall: datetime, uid: int, status: int, punch: int) -> None:
    """Each known size gives the user, the second and the codes; 8 bytes have no known layout."""
    record = Record(uid, str(uid), pack_time(wall), status, punch)
    for size in EVENT_SIZES:
        live = decode_event(encode_event(record, size))
        if size == 8:
            assert live is None
            continue
        assert live is not None
        assert (str(live.user), live.wall, live.status, live.punch) == (str(uid), wall, status, punch)


@given(st.binary(max_size=80))
def test_arbitrary_events_never_crash(noise: bytes) -> None:
    """Whatever a terminal pushes, it is an event with a real date, or nothing."""
    live = decode_event(noise)
    assert live is None or live.wall.year >= 2000


def test_a_hundred_thousand_records_take_less_than_half_a_second() -> None:
    """Decoding the largest logs costs the Pi's processor little (processor time, not wall time)."""
    log = invent_log(invent_users(200), 100_000, datetime(2026, 5, 11, 12), 1)  # noqa: DTZ001
    body = b"".join(map(RECORDS["40"], log))
    began = time.process_time()
    records, odd = decode(body, "40")
    assert time.process_time() - began < 0.5
    assert (len(records), len(odd)) == (100_000, 0)
