"""The parsers of pulled terminals: logs, user tables, live events, frames."""

import struct
from datetime import UTC, datetime

from edge.readers.reader import Moment
from edge.readers.zkteco.frames import Frame, NotAFrame, Stream, parse
from edge.readers.zkteco.punches import Source
from edge.readers.zkteco.reading import Accepted, Mark, Rejected, judge
from edge.readers.zkteco.records import SIZES, Layout, Live, decode, decode_event, decode_users
from simulators.terminal import frames as theirs
from simulators.terminal.history import invent_log, invent_users
from simulators.terminal.records import EVENT_SIZES, RECORDS, Record, User, encode_event, pack_time
from tests.fuzz.target import Target
from wire.codec import decode_fact, encode
from wire.punch import Punch

WALL = datetime(2026, 5, 11, 18)  # noqa: DTZ001 - a terminal's clock
MOMENT = Moment(utc=datetime(2026, 5, 11, 12, 30, tzinfo=UTC), trust="synced", boot_id="b", uptime_s=60.0)
PEOPLE = [*invent_users(9), User(77, "007", "Text"), User(78, "A-12", "Text")]
LOG = invent_log(PEOPLE, 40, WALL, 7)
LAYOUTS: tuple[Layout, ...] = tuple(layout for of_size in SIZES.values() for layout in of_size)
_HEAD = struct.Struct("<BHH")


def travels(punch: Punch) -> None:
    """A punch that is emitted can be read by central: else it would end in quarantine."""
    assert decode_fact(encode(punch)) == punch


def source(layout: Layout) -> Source:
    """What the punches of these inputs have in common."""
    return Source("gate", "CJ7F1", layout, MOMENT, 19800.0, {user.uid: user.user_id for user in PEOPLE})


def log(data: bytes) -> str:
    """A known layout or none, the counts before and after, the dataset."""
    if len(data) < _HEAD.size:
        return "too short"
    known, before, after = _HEAD.unpack_from(data)
    layout = (*LAYOUTS, None)[known % (len(LAYOUTS) + 1)]
    read = judge(data[_HEAD.size :], before, after, WALL, layout)
    if isinstance(read, Rejected):
        assert read.why
        return "rejected: " + " ".join(word for word in read.why.split() if word.isalpha())
    assert before <= read.count <= after
    assert read.count * read.size == len(read.body)
    mark = Mark.of(read)
    assert Mark.from_text(mark.to_text()) == mark
    assert mark.begins(read)
    _same_bytes(read)
    ids = set()
    for record, occurrence in read.numbered():
        punch = source(read.layout).of_record(record, occurrence, read.raw(record.place), "catch-up")
        ids.add(punch.punch_id)
        travels(punch)
    assert len(ids) == len(read.records), "ids are distinct"
    return f"accepted as {read.layout}, {min(len(read.odd), 3)} odd"


_WHERE: dict[Layout, tuple[str, tuple[int, ...]]] = {
    "8": ("<HBIB", (2, 1, 3)),
    "8-ma300": ("<HBBI", (3, 1, 2)),
    "16": ("<IIBB6x", (1, 2, 3)),
    "40": ("<2x24sBIB8x", (2, 1, 3)),
    "49": ("<2x24sBIB17x", (2, 1, 3)),
}
"""Shapes of records, and where time, status and punch stand, as the pages on terminals have them."""


def _same_bytes(read: Accepted) -> None:
    shape, places = _WHERE[read.layout] if read.size else ("", ())
    for record in read.records:
        fields = struct.unpack(shape, read.raw(record.place))
        assert (record.stamp, record.status, record.punch) == tuple(fields[at] for at in places)


def log_seeds() -> list[bytes]:
    """A whole log in each layout, with the right counts."""
    seeds = [_HEAD.pack(5, 0, 0) + bytes(4)]
    for at, layout in enumerate(LAYOUTS):
        for count in (1, 3, 40):
            body = b"".join(RECORDS[layout](record) for record in LOG[-count:])
            seeds += [
                _HEAD.pack(known, count, count) + struct.pack("<I", len(body)) + body for known in (at, 5)
            ]
    return seeds


def records(data: bytes) -> str:
    """A layout, and any multiple of its size: whatever `judge` lets through on its worst day."""
    layout = LAYOUTS[data[0] % len(LAYOUTS)] if data else "40"
    size = next(size for size, layouts in SIZES.items() if layout in layouts)
    body = data[1 : 1 + (len(data) - 1) // size * size]
    good, odd = decode(body, layout)
    assert sorted([it.place for it in good] + [it.place for it in odd]) == list(range(len(body) // size))
    for record in good:
        travels(source(layout).of_record(record, 1, b"", "live"))
    return f"{layout}: {min(len(good), 2)} good, {min(len(odd), 2)} odd"


def users(data: bytes) -> str:
    """A count and a table."""
    count, body = int.from_bytes(data[:2], "little"), data[2:]
    table = decode_users(body, count)
    if table is None:
        return "no table"
    assert len(table) <= count
    return f"{min(len(table), 3)} users"


def user_seeds() -> list[bytes]:
    """Tables of both sizes."""
    return [
        len(PEOPLE).to_bytes(2, "little") + b"".join(user.encode(size) for user in PEOPLE)
        for size in (72, 28)
    ] + [bytes(2)]


def event(data: bytes) -> str:
    """A live event, for a terminal whose log has each of the layouts."""
    live = decode_event(data)
    if live is None:
        return "unclear"
    return f"{len(data)}: " + " ".join(_told(live, layout, data) for layout in LAYOUTS)


def _told(live: Live, layout: Layout, data: bytes) -> str:
    punch = source(layout).of_event(live, data)
    if punch is not None:
        travels(punch)
    return "punch" if punch else "hint"


def event_seeds() -> list[bytes]:
    """Events of every size, at the terminal's own time."""
    now = [Record(user.uid, user.user_id, pack_time(WALL)) for user in PEOPLE[-5:]]
    return [encode_event(record, size) for size in EVENT_SIZES for record in now]


def frames(data: bytes) -> str:
    """A stream, cut at the places that its first bytes say: the cut changes nothing."""
    cuts, stream = sorted(data[:4]), data[4:]
    whole = _datagrams([stream])
    pieces = [stream[a:b] for a, b in zip((0, *cuts), (*cuts, len(stream)), strict=True)]
    assert _datagrams(pieces) == whole
    told = []
    for datagram in whole[0]:
        try:
            frame = parse(datagram)
        except NotAFrame:
            assert theirs.parse(datagram) is None
            told.append("bad")
            continue
        other = theirs.parse(datagram)
        assert other is not None
        assert (frame.command, frame.session, frame.reply, frame.data) == (
            other.command,
            other.session,
            other.reply,
            other.data,
        )
        assert parse(Frame(frame.command, frame.session, frame.reply, frame.data).datagram()) == frame
        told.append("good")
    return " ".join(told[:4]) + (" then none" if whole[1] else "")


def _datagrams(pieces: list[bytes]) -> tuple[list[bytes], bool]:
    stream, found = Stream(), list[bytes]()
    try:
        for piece in pieces:
            for datagram in stream.feed(piece):
                found.append(datagram)
    except NotAFrame:
        return found, True
    return found, False


def frame_seeds() -> list[bytes]:
    """Streams of sound frames."""
    some = [theirs.Frame(theirs.Command.OK, 7000, at, bytes(range(at))).segment() for at in (0, 1, 8, 40)]
    return [bytes((3, 9, 17, 40)) + b"".join(some), *(bytes(4) + one for one in some)]


def record_seeds() -> list[bytes]:
    """Records of each layout."""
    return [
        bytes((at,)) + b"".join(RECORDS[layout](record) for record in LOG[-5:])
        for at, layout in enumerate(LAYOUTS)
    ]


TARGETS = (
    Target("terminal-log", log, log_seeds, "accepted"),
    Target("terminal-records", records, record_seeds, "good, 0 odd"),
    Target("terminal-users", users, user_seeds, "users"),
    Target("terminal-events", event, event_seeds, "punch", longest=64),
    Target("terminal-frames", frames, frame_seeds, "good"),
)
