"""Faults of card readers on a serial port and of those that type."""

import errno
import threading
from collections.abc import Callable
from pathlib import Path

from serial import Serial

from simulators.serial_reader import SerialReaderSimulator
from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch, Diagnosis, shadow, without_privileges
from tests.edge.doctor.table import fault
from tests.edge.readers.usb_rfid.mocked import Keyboard, Machine

GATE = "reader gate"


@fault(GATE, "not-plugged", "No such file")
def serial_reader_that_is_not_plugged_in(branch: Branch, _: Authority) -> None:
    branch.serial().unplug()
    branch.readers[0]["device"] = str(branch.folder / "card-reader")


@fault(GATE, "grabbed", "locked by another program")
def serial_reader_of_another_program(branch: Branch, _: Authority) -> None:
    device = branch.serial().device
    branch.stack.enter_context(Serial(device, exclusive=True))


@fault(GATE, "no-permission", "Permission denied")
def serial_reader_that_the_user_may_not_open(branch: Branch, _: Authority) -> Diagnosis:
    device = branch.serial()
    port = Path(str(device.device)).resolve()
    branch.readers[0]["device"] = str(port)
    port.chmod(0)
    return branch.diagnosis_elsewhere(*without_privileges())


@fault(GATE, "misconfigured", "cannot be used as a serial port")
def serial_reader_that_is_no_port(branch: Branch, _: Authority) -> None:
    branch.reader("serial-rfid", device="/dev/null", format="rdm6300")


@fault(GATE, "garbage", "5 readings in a row were no card")
def serial_reader_at_another_baud_rate(branch: Branch, _: Authority) -> None:
    device = branch.serial()
    branch.arguments += ["--listen", "10"]
    _meanwhile(branch, device, lambda: device.garbage(b"\xf0\x0f" * 200))


@fault(GATE, "garbage", "no card in the notation 10D")
def serial_reader_of_another_notation(branch: Branch, _: Authority) -> None:
    device = branch.serial(format="ascii-line", notation="10D")
    branch.arguments += ["--listen", "10"]
    _meanwhile(branch, device, lambda: device.garbage(b"142,27997\r\n09334109\r\n"))


@fault(GATE, "unplugged", "card-reader")
def serial_reader_that_is_pulled_out(branch: Branch, _: Authority) -> None:
    device = branch.serial()
    branch.arguments += ["--listen", "10"]
    _meanwhile(branch, device, device.unplug)


@fault("edge", "driver-missing", "install punchwire[serial-rfid]")
def serial_reader_without_its_driver(branch: Branch, _: Authority) -> Diagnosis:
    branch.serial()
    return branch.diagnosis_elsewhere(PYTHONPATH=shadow(branch.folder / "without", "serial"))


def _wedge(branch: Branch, *plugged: tuple[int, str], **options: object) -> tuple[Machine, list[Keyboard]]:
    machine = Machine()
    branch.stack.callback(machine.stop)
    branch.reader("usb-rfid", notation="10D", **(options or {"device_name": "Cheap Reader"}))
    return machine, [machine.plug(number, "Cheap Reader", port) for number, port in plugged]


def _among(machine: Machine, branch: Branch) -> Diagnosis:
    return branch.diagnosis_elsewhere("umockdev-wrapper", UMOCKDEV_DIR=machine.bed.get_root_dir())


@fault(GATE, "not-plugged", "no keyboard has vendor 0x1234")
def keyboard_reader_that_is_not_plugged_in(branch: Branch, _: Authority) -> Diagnosis:
    machine, _keyboards = _wedge(branch, (5, "1-1"), vendor=0x1234)
    return _among(machine, branch)


@fault(GATE, "grabbed", "claimed by another program")
def keyboard_reader_of_another_program(branch: Branch, _: Authority) -> Diagnosis:
    machine, (keyboard,) = _wedge(branch, (5, "1-1"))
    keyboard.grab_errno = errno.EBUSY
    return _among(machine, branch)


@fault(GATE, "misconfigured", "event6 at 1-2")
def keyboard_readers_that_look_the_same(branch: Branch, _: Authority) -> Diagnosis:
    machine, _keyboards = _wedge(branch, (5, "1-1"), (6, "1-2"))
    return _among(machine, branch)


@fault(GATE, "misconfigured", "no input device")
def keyboard_reader_that_is_no_keyboard(branch: Branch, _: Authority) -> None:
    branch.reader("usb-rfid", device="/dev/null", notation="10D")


@fault(GATE, "no-permission", "Permission denied")
def keyboard_reader_that_the_user_may_not_open(branch: Branch, _: Authority) -> Diagnosis:
    device = branch.folder / "event5"
    device.write_bytes(b"")
    branch.reader("usb-rfid", device=str(device), notation="10D")
    device.chmod(0)
    return branch.diagnosis_elsewhere(*without_privileges())


def _meanwhile(branch: Branch, device: SerialReaderSimulator, act: Callable[[], None]) -> None:
    """Do something again and again while the doctor has the device open, a moment after it opened it."""
    over = threading.Event()
    branch.stack.callback(over.set)

    def go_on() -> None:
        while not over.wait(0.3):
            if device.heard:
                over.wait(0.2)
                act()

    threading.Thread(target=go_on, daemon=True).start()
