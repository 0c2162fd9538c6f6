"""Promises of the serial reader, kept over real pseudo-terminals."""

import errno
import fcntl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from serial import SerialException

from edge.errors import Lost, Misconfigured, Unreachable
from edge.readers.card import CardProfile, Seen
from edge.readers.card_desk import GARBAGE_IN_A_ROW
from edge.readers.serial_rfid.formats import Format, frames_of
from edge.readers.serial_rfid.reader import SerialOptions, SerialReader, _refusal
from ground.settings import build
from simulators.card_frames import FRAMES
from simulators.serial_reader import SerialReaderSimulator
from tests.edge.readers.desk import MemoryDesk, Session
from wire.credential import same_card
from wire.facts import EdgeEvent, RereadReport, Span
from wire.order import RereadOrder

CARD, OTHER = "06008E6D5D", "01026F6C3A"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[SerialReaderSimulator]:
    """A plugged in reader of the most common kind."""
    simulator = SerialReaderSimulator("rdm6300", tmp_path / "front-gate")
    simulator.replug()
    yield simulator
    simulator.unplug()


def reader(device: SerialReaderSimulator, **options: object) -> SerialReader:
    section = {"device": device.device, "format": "rdm6300", **options}
    return SerialReader("gate", msgspec.convert(section, SerialOptions))


def opened(desk: MemoryDesk) -> bool:
    return bool(desk.oks)


def test_a_card_is_a_punch(device: SerialReaderSimulator) -> None:
    """A punch holds the number as read, the canonical card, the frame, the Pi's time and how it came."""
    desk = MemoryDesk()
    with Session(reader(device), desk) as session:
        desk.until(opened)
        assert device.present(CARD)
        desk.until(lambda desk: len(desk.punches) == 1)
        session.stop()
    punch = desk.punches[0]
    assert (punch.badge.raw, punch.badge.form, punch.badge.canon) == (CARD, "card", f"40:{CARD}")
    assert (punch.reader, punch.kind, punch.how, punch.device_wall) == ("gate", "serial", "live", None)
    assert bytes.fromhex(punch.raw) == FRAMES["rdm6300"](CARD)
    assert datetime.now(UTC) - punch.read_at < timedelta(minutes=1)
    assert desk.oks[0] == {"device": "front-gate"}


def test_a_resting_card_is_one_punch(device: SerialReaderSimulator) -> None:
    """The frames that repeat while a card rests are counted and are no punches; another card is one."""
    desk = MemoryDesk()
    with Session(reader(device, debounce_s=60), desk):
        desk.until(opened)
        device.present(CARD, rest_s=0.3)
        device.present(OTHER, rest_s=0.0)
        device.present(CARD, rest_s=0.0)
        desk.until(lambda desk: desk.counts.get("repeats_suppressed", 0) >= 5 and len(desk.punches) == 2)
    assert desk.cards == [f"40:{CARD}", f"40:{OTHER}"]


def test_a_card_rests_over_a_replug(device: SerialReaderSimulator) -> None:
    """A session that ends and begins again does not double the card that is just being presented."""
    desk, serial_reader = MemoryDesk(), reader(device, debounce_s=60)
    with Session(serial_reader, desk) as session:
        desk.until(opened)
        device.present(CARD)
        desk.until(lambda desk: len(desk.punches) == 1)
        device.unplug()
        assert isinstance(session.fault(), Lost)
    device.replug()
    desk.stopping.clear()
    desk.oks.clear()
    with Session(serial_reader, desk):
        desk.until(opened)
        device.present(CARD)
        device.present(OTHER)
        desk.until(lambda desk: f"40:{OTHER}" in desk.cards)
    assert desk.cards == [f"40:{CARD}", f"40:{OTHER}"]


@pytest.mark.parametrize("form", FRAMES)
def test_every_format_is_read_from_a_port(form: Format, tmp_path: Path) -> None:
    """Each format arrives as the card that was presented, as far as the format shows it."""
    simulator, desk = SerialReaderSimulator(form, tmp_path / "reader"), MemoryDesk()
    simulator.replug()
    notation = {"notation": "10D"} if form in ("ascii-line", "idteck") else {}
    with Session(reader(simulator, format=form, **notation), desk):
        desk.until(opened)
        simulator.present(CARD, rest_s=0.05)
        simulator.present(OTHER, rest_s=0.05)
        desk.until(lambda desk: len(desk.punches) == 2)
    simulator.unplug()
    assert [same_card(read, f"40:{true}") for read, true in zip(desk.cards, [CARD, OTHER], strict=True)]
    assert desk.counts.get("frames_rejected", 0) == 0


@given(st.integers(0, (1 << 40) - 1).map(lambda value: f"{value:010X}"), st.sampled_from(sorted(FRAMES)))
def test_parser_and_simulator_agree_on_every_card(card: str, form: Format) -> None:
    """Two writers of each format, one reading and one sending, mean the same card."""
    profile = CardProfile("10D") if form in ("ascii-line", "idteck") else CardProfile()
    (sight,) = frames_of(form, profile).feed(FRAMES[form](card))
    assert isinstance(sight, Seen)
    assert sight.canon is not None
    assert same_card(sight.canon, f"40:{card}")


def test_cards_are_read_after_garbage(device: SerialReaderSimulator) -> None:
    """Noise before, between and inside frames is counted and hides no card that comes whole."""
    desk = MemoryDesk()
    with Session(reader(device), desk):
        desk.until(opened)
        device.garbage(b"\xff\x02\x02\x30\x00" * 20)
        device.present(CARD, rest_s=0.0)
        device.garbage(FRAMES["rdm6300"](OTHER)[:9] + b"\xfe")
        device.present(OTHER, rest_s=0.0)
        desk.until(lambda desk: len(desk.punches) == 2)
    assert desk.cards == [f"40:{CARD}", f"40:{OTHER}"]
    assert desk.counts["frames_rejected"] >= 2


def test_only_garbage_is_a_doubt_until_a_card_comes(device: SerialReaderSimulator) -> None:
    """Many readings without a card are told as a doubt with what was seen; the next card ends it."""
    desk = MemoryDesk()
    with Session(reader(device), desk):
        desk.until(opened)
        device.garbage(b"\xf0\x0f" * 40 * GARBAGE_IN_A_ROW)
        desk.until(lambda desk: bool(desk.doubts))
        device.present(CARD)
        desk.until(lambda desk: len(desk.doubts) == 2 and desk.punches != [])
    assert desk.doubts[0][0] == "garbage"
    assert "f0 0f" in desk.doubts[0][1]
    assert desk.doubts[1] == ("", "")


def test_a_card_in_another_notation_does_not_go_unnoticed(tmp_path: Path) -> None:
    """A whole number that the profile does not take reaches central as an event, once while it rests."""
    simulator, desk = SerialReaderSimulator("ascii-line", tmp_path / "reader"), MemoryDesk()
    simulator.replug()
    with Session(reader(simulator, format="ascii-line", notation="8D"), desk):
        desk.until(opened)
        simulator.present(CARD, rest_s=0.2)
        desk.until(lambda desk: desk.counts.get("frames_rejected", 0) >= 3)
    simulator.unplug()
    (event,) = desk.facts
    assert isinstance(event, EdgeEvent)
    assert (event.event, event.fields["text"]) == ("card_unreadable", "0009334109")


def test_an_absent_reader_is_not_plugged(tmp_path: Path) -> None:
    """A path that does not exist is a reader that is not plugged in, to be tried again."""
    fault = one_session(tmp_path / "nowhere")
    assert isinstance(fault, Unreachable)
    assert fault.reason == "not-plugged"
    assert "nowhere" in fault.evidence


def test_a_path_that_is_no_port_needs_a_person(tmp_path: Path) -> None:
    """A file or a folder will never be a serial port: the reader is parked and told so."""
    (tmp_path / "file").write_text("no port")
    for path in (tmp_path / "file", tmp_path, Path("/dev/null")):
        fault = one_session(path)
        assert isinstance(fault, Misconfigured), path
        assert fault.reason == "misconfigured"
        assert str(path) in fault.evidence


def one_session(path: Path) -> Exception:
    with Session(
        SerialReader("gate", SerialOptions(device=str(path), format="rdm6300")), MemoryDesk()
    ) as session:
        return session.fault()


def test_a_locked_port_is_grabbed(device: SerialReaderSimulator) -> None:
    """While another program holds the lock, the reader says who is in the way and takes no bytes."""
    with Path(str(device.device)).open("rb", buffering=0) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with Session(reader(device), MemoryDesk()) as session:
            fault = session.fault()
    assert isinstance(fault, Unreachable)
    assert fault.reason == "grabbed"


def test_an_exclusive_reader_locks_the_port(device: SerialReaderSimulator) -> None:
    """While the session lasts nobody else gets the lock; behind it the port is free again."""
    desk = MemoryDesk()
    with Path(str(device.device)).open("rb", buffering=0) as other:
        with Session(reader(device), desk):
            desk.until(opened)
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, "no-permission"),
        (errno.EPERM, "no-permission"),
        (errno.EBUSY, "grabbed"),
        (errno.ENODEV, "not-plugged"),
        (errno.ENXIO, "not-plugged"),
        (errno.EIO, "not-plugged"),
    ],
)
def test_each_error_number_has_its_word(number: int, reason: str) -> None:
    """What the kernel answers to an open becomes the word that the board shows."""
    fault = _refusal("/dev/ttyUSB0", SerialException(number, "could not open"))
    assert isinstance(fault, Unreachable)
    assert fault.reason == reason


def test_an_unplugged_reader_is_lost_and_found_again(device: SerialReaderSimulator) -> None:
    """Pulling the plug ends the session as lost; plugged in again, the next session reads."""
    serial_reader, desk = reader(device), MemoryDesk()
    with Session(serial_reader, desk) as session:
        desk.until(opened)
        device.unplug()
        fault = session.fault()
    assert isinstance(fault, Lost)
    assert fault.reason == "unplugged"
    device.replug()
    again = MemoryDesk()
    with Session(serial_reader, again):
        again.until(opened)
        device.present(CARD)
        again.until(lambda desk: len(desk.punches) == 1)


def test_a_stop_is_prompt(device: SerialReaderSimulator) -> None:
    """A quiet reader and one under a flood of frames both end well within the two seconds of a stop."""
    for flood in (False, True):
        desk = MemoryDesk()
        with Session(reader(device), desk) as session:
            desk.until(opened)
            if flood:
                device.garbage(FRAMES["rdm6300"](CARD) * 200)
            assert session.stop() < 1.5


def test_the_reader_comes_by_often(device: SerialReaderSimulator) -> None:
    """A reader that nobody uses keeps telling that it makes progress."""
    desk = MemoryDesk()
    with Session(reader(device), desk):
        desk.until(opened)
        before = desk.waits
        desk.until(lambda desk: desk.waits >= before + 3)


def order(*badges: str) -> RereadOrder:
    today = datetime.now(UTC).date()
    span = Span(first=today - timedelta(days=1), last=today + timedelta(days=1))
    return RereadOrder(
        order_id="o1", expires_at=datetime.now(UTC) + timedelta(hours=1), span=span, badges=badges or None
    )


def test_an_order_is_answered_from_the_outbox(device: SerialReaderSimulator) -> None:
    """A reader without memory lets the outbox send its punches again and reports their ids behind them."""
    desk = MemoryDesk()
    with Session(reader(device), desk):
        desk.until(opened)
        device.present(CARD)
        device.present(OTHER)
        desk.until(lambda desk: len(desk.punches) == 2)
        desk.waiting_orders.append(order(f"40:{OTHER}"))
        desk.until(lambda desk: isinstance(desk.facts[-1], RereadReport))
    report = desk.facts[-1]
    assert isinstance(report, RereadReport)
    assert (report.outcome, report.total, report.part, report.parts) == ("read", 1, 1, 1)
    assert report.punch_ids == (desk.punches[1].punch_id,)


def test_an_order_is_answered_while_the_reader_is_absent(tmp_path: Path) -> None:
    """The outbox knows the punches even when nobody plugs the reader in."""
    desk = MemoryDesk()
    desk.waiting_orders.append(order())
    with Session(
        SerialReader("gate", SerialOptions(device=str(tmp_path / "x"), format="id12")), desk
    ) as session:
        assert isinstance(session.fault(), Unreachable)
    assert [type(fact) for fact in desk.facts] == [RereadReport]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"device": "/dev/x", "format": "ascii-line"}, "notation missing"),
        ({"device": "/dev/x", "format": "rdm6300", "notation": "10D"}, "sends all bits"),
        (
            {"device": "/dev/x", "format": "ascii-line", "notation": "10D", "pattern": "("},
            "no regular expression",
        ),
        ({"device": "/dev/x", "format": "rdm6300", "pattern": "x"}, "only beside"),
        ({"device": "ttyUSB0", "format": "rdm6300"}, "no absolute path"),
        ({"device": "/dev/x", "format": "rdm"}, "reader[1].format"),
        ({"device": "/dev/x", "format": "ascii-line", "notation": "9D"}, "reader[1].notation"),
        ({"device": "/dev/x", "format": "rdm6300", "debounce_s": -1}, "reader[1].debounce_s"),
    ],
)
def test_a_wrong_section_is_told(section: dict[str, object], told: str) -> None:
    """Each mistake in a reader's section is one line with its place."""
    mistakes: list[str] = []
    assert build(SerialOptions, section, "reader[1]", mistakes) is None
    assert len(mistakes) == 1
    assert mistakes[0].startswith("reader[1]")
    assert told in mistakes[0]


def test_noise_of_a_wrong_baud_rate_is_no_card() -> None:
    """Half a million bytes of noise take a moment and give no card in any format with a check."""
    noise = bytes((at * at * 31 + at * 7) % 256 for at in range(100_000))
    started = time.monotonic()
    for form in ("rdm6300", "binary", "idteck", "elatec", "hid-line"):
        parser = frames_of(form, CardProfile("10D"))
        assert not [sight for sight in parser.feed(noise) if isinstance(sight, Seen)]
    assert time.monotonic() - started < 20
