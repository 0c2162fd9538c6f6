"""Every built-in kind of reader, and one that is installed from another package, kept to the protocol."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from simulators.push_terminal import PushTerminal as PushingSimulator
from simulators.serial_reader import SerialReaderSimulator
from simulators.terminal import Terminal as TerminalSimulator
from tests.edge.readers.babbler import Babbler
from tests.edge.readers.conformance import Conformance, ConformanceWithMemory, Rig
from tests.edge.readers.usb_rfid.mocked import Keyboard, Machine
from tests.edge.readers.zkteco_push.making import SERIAL, free_port
from tests.plugins.installation import install
from tests.plugins.line_gate import LineGateSimulator

CARDS = ("0009334109", "0040856634", "0012345678")
KEY_0, KEY_1, ENTER = 11, 2, 28


class PulledTerminal(Rig):
    """A terminal at port 4370."""

    kind = "zkteco"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._device = TerminalSimulator(users=5)
        self._device.start()
        self._device.stop()
        self._babbler = Babbler(self._device.port)

    @property
    def options(self) -> dict[str, Any]:
        port = self._device.port
        return {"address": "127.0.0.1", "port": port, "poll_s": 0.1, "catch_up_s": 0.5}

    def bring(self) -> None:
        self._device.start()

    def take_away(self) -> None:
        self._babbler.stop()
        self._device.stop()

    def punch(self) -> None:
        record = self._device.punch()
        assert record is not None
        self.badges.append(record.user_id)

    def silence(self) -> None:
        self._device.fault("silent")
        self.bring()

    def babble(self) -> None:
        self._babbler.start()


class PushedTerminal(Rig):
    """A terminal that pushes."""

    kind = "zkteco-push"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._port = free_port()
        self._device = PushingSimulator(serial=SERIAL, port=self._port, pace=0.02, users=5)
        self._there = False

    @property
    def options(self) -> dict[str, Any]:
        patience = {"delay_s": 1, "error_delay_s": 1, "silent_s": 2.0, "settle_s": 0.2}
        return {"serial": SERIAL, "address": "127.0.0.1", "port": self._port, **patience}

    def bring(self) -> None:
        if not self._there:
            self._device.start()
        self._there = True

    def take_away(self) -> None:
        if self._there:
            self._device.stop()
        self._there = False

    def punch(self) -> None:
        self.badges.append(self._device.punch().pin)

    def silence(self) -> None:
        self._device.fault("silent")
        self.bring()

    def babble(self) -> None:
        self._device.fault("cut")
        self._device.punch()
        self.bring()

    @property
    def acknowledged(self) -> int:
        return self._device.sent


class SerialPort(Rig):
    """A card reader on a serial port."""

    kind = "serial-rfid"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._device = SerialReaderSimulator("rdm6300", folder / "canteen")

    @property
    def options(self) -> dict[str, Any]:
        return {"device": str(self.folder / "canteen"), "format": "rdm6300", "debounce_s": 60}

    def bring(self) -> None:
        self._device.replug()

    def take_away(self) -> None:
        self._device.unplug()

    def punch(self) -> None:
        self.badges.append(f"06008E6D{len(self.badges):02X}")
        self._device.present(self.badges[-1], rest_s=0.0)

    def babble(self) -> None:
        (self.folder / "canteen").write_text("no port", encoding="ascii")


class TypingKeyboard(Rig):
    """A card reader that types, on a machine that umockdev makes."""

    kind = "usb-rfid"
    under = ("umockdev-wrapper",)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._machine = Machine()
        self._keyboard: Keyboard | None = None
        self._plugged = 4

    @property
    def options(self) -> dict[str, Any]:
        return {"device": "/dev/input/by-id/Cheap_Reader", "notation": "10D", "debounce_s": 60}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"UMOCKDEV_DIR": self._machine.bed.get_root_dir()}

    def bring(self) -> None:
        self._plugged += 1
        self._keyboard = self._machine.plug(self._plugged)

    def take_away(self) -> None:
        if self._keyboard is not None:
            self._keyboard.unplug()
        self._keyboard = None

    def punch(self) -> None:
        assert self._keyboard is not None
        self.badges.append(CARDS[len(self.badges)])
        self._keyboard.type([_key(digit) for digit in self.badges[-1]] + [ENTER])

    def babble(self) -> None:
        self.bring()
        assert self._keyboard is not None
        self._keyboard.end()

    def clear(self) -> None:
        self._machine.stop()


def _key(digit: str) -> int:
    return KEY_0 if digit == "0" else KEY_1 + int(digit) - 1


class GateOfAnotherPackage(Rig):
    """The gate controller whose kind comes from the example package."""

    kind = "line-gate"
    installed: ClassVar[Path]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._device = LineGateSimulator()

    @property
    def options(self) -> dict[str, Any]:
        return {"address": "127.0.0.1", "port": self._device.port, "answer_s": 1.0}

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(self.installed)}

    def bring(self) -> None:
        self._device.start()

    def take_away(self) -> None:
        self._device.stop()

    def punch(self) -> None:
        self.badges.append(f"A-{len(self.badges)}")
        self._device.punch(self.badges[-1])

    def silence(self) -> None:
        self._device.greeting = ""
        self.bring()

    def babble(self) -> None:
        self._device.greeting = "220 mail.example ESMTP"
        self.bring()

    @property
    def acknowledged(self) -> int:
        return len(self._device.acknowledged)


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that holds the installed example."""
    return install(tmp_path_factory.mktemp("plugin"))


def on_the_bench(rig: Rig) -> Iterator[Rig]:
    """Lend a rig to a test."""
    try:
        yield rig
    finally:
        rig.clear()


class TestPulledTerminals(ConformanceWithMemory):
    """Kind `zkteco`."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[Rig]:
        yield from on_the_bench(PulledTerminal(tmp_path))


class TestPushingTerminals(ConformanceWithMemory):
    """Kind `zkteco-push`."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[Rig]:
        yield from on_the_bench(PushedTerminal(tmp_path))


class TestSerialReaders(Conformance):
    """Kind `serial-rfid`."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[Rig]:
        yield from on_the_bench(SerialPort(tmp_path))


class TestKeyboardReaders(Conformance):
    """Kind `usb-rfid`."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Iterator[Rig]:
        yield from on_the_bench(TypingKeyboard(tmp_path))


class TestReadersOfAnotherPackage(ConformanceWithMemory):
    """A kind that Punchwire knows nothing of."""

    @pytest.fixture
    def rig(self, tmp_path: Path, plugin: Path) -> Iterator[Rig]:
        GateOfAnotherPackage.installed = plugin
        yield from on_the_bench(GateOfAnotherPackage(tmp_path))
