"""Reads cards from a reader that types like a keyboard, through evdev."""

import errno
import os
import select
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from fcntl import ioctl
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from evdev import InputDevice, ecodes

from edge.errors import Lost, Misconfigured, ReaderFault, Unreachable
from edge.readers.card import CardNotation, CardOptions, Sight, Unread
from edge.readers.card_desk import CardDesk
from edge.readers.debounce import Debounce
from edge.readers.reader import Desk
from edge.readers.usb_rfid.devices import keyboards, matching
from edge.readers.usb_rfid.keystrokes import GAP_S, Keystrokes, Refused, Scan, Terminator
from wire.punch import DeviceKind

QUIET_S = 1.0
"""How long the reader waits for a key before it comes by at the desk."""

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.EIO})
_DENIED = frozenset({errno.EACCES, errno.EPERM})
_SET_CLOCK = 0x400445A0
"""EVIOCSCLOCKID: let the kernel stamp events by a clock that never steps."""

UsbId = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]


class KeyboardOptions(CardOptions, frozen=True, kw_only=True):
    """A keyboard reader: `device` is a path of /dev/input/by-id, or of by-path where two look the same.

    Instead of a path, `device_name`, `vendor` and `product` (as lsusb shows them, 0x before) may describe the
    one device that is meant. `exclusive` keeps the numbers from every other program and console.
    """

    notation: CardNotation
    device: str | None = None
    device_name: str | None = None
    vendor: UsbId | None = None
    product: UsbId | None = None
    terminator: Terminator = "enter"

    def __post_init__(self) -> None:
        super().__post_init__()
        described = (self.device_name, self.vendor, self.product) != (None, None, None)
        if (self.device is not None) == described:
            raise ValueError(
                "give either device (a path of /dev/input/by-id) or device_name, vendor, product"
            )
        if self.device is not None and not self.device.startswith("/"):
            raise ValueError(f"device {self.device!r} is no absolute path")

    @property
    def claims(self) -> str | None:
        """A keyboard is grabbed by one reader."""
        return self.device


class KeyboardReader:
    """A card reader that is a USB keyboard."""

    Options: ClassVar[type[msgspec.Struct]] = KeyboardOptions
    device_kind: ClassVar[DeviceKind] = "wedge"

    def __init__(self, name: str, options: KeyboardOptions) -> None:
        self._name = name
        self._options = options
        self._debounce = Debounce(options.debounce_s)

    def session(self, desk: Desk) -> None:
        """Read cards until the desk says stop, or the device fails."""
        with CardDesk(desk, self._name, self.device_kind, self._debounce) as cards:
            cards.attend()
            path, identity = self._found()
            profile = self._options.profile(self._options.notation)
            with self.opened(path) as device:
                desk.ok(device=identity)
                keys, now = Keystrokes(self._options.terminator), _steady(device)
                while not desk.wait(0):
                    cards.attend()
                    for result in _results(device, keys, now, identity):
                        cards.take(_sight(result, profile.text))

    def _found(self) -> tuple[str, str]:
        """The path to open and the name by which the device was found."""
        wanted = self._options
        if wanted.device is not None:
            return wanted.device, Path(wanted.device).name
        found = matching(keyboards(), wanted.device_name, wanted.vendor, wanted.product)
        shown = ", ".join(
            f"{key} {value if isinstance(value, str) else f'0x{value:04x}'}"
            for key in ("device_name", "vendor", "product")
            if (value := getattr(wanted, key)) is not None
        )
        if not found:
            raise Unreachable("not-plugged", f"no keyboard has {shown}")
        if len(found) > 1:
            paths = ", ".join(f"{device.path} at {device.port}" for device in found)
            raise Misconfigured(
                "misconfigured",
                f"several keyboards have {shown} ({paths}); give a device of /dev/input/by-path",
            )
        return found[0].path, found[0].port or found[0].name

    @contextmanager
    def opened(self, path: str) -> Iterator[InputDevice]:
        """The open device, claimed if it is to be. Raises Unreachable or Misconfigured."""
        try:
            device = InputDevice(path)
        except OSError as error:
            raise _refusal(path, error) from error
        with closing(device):
            if self._options.exclusive:
                try:
                    device.grab()
                except OSError as error:
                    raise _refusal(path, error) from error
            yield device


def _results(
    device: InputDevice, keys: Keystrokes, now: Callable[[], float], identity: str
) -> Iterator[Scan | Refused]:
    """What the next keys make, or their absence for a while."""
    try:
        ready, _, _ = select.select([device.fd], [], [], GAP_S if keys.pending else QUIET_S)
        if not ready:
            yield from keys.idle(now())
            return
        events = list(device.read())
    except BlockingIOError:
        return
    except OSError as error:
        raise Lost("unplugged", f"{identity}: {error.strerror}") from error
    if not events:
        raise Lost("unplugged", f"{identity}: the device ended")
    for event in events:
        if event.type == ecodes.EV_KEY:
            yield from keys.feed(event.code, event.value, event.timestamp())
        elif event.type == ecodes.EV_SYN and event.code == ecodes.SYN_DROPPED:
            yield from keys.lost()


def _sight(result: Scan | Refused, read: Callable[[str], Sight]) -> Sight:
    if isinstance(result, Scan):
        return read(result.text)
    return Unread(f"{result.length} keys: {result.why}")


def _steady(device: InputDevice) -> Callable[[], float]:
    """The clock of the device's events: one that never steps, where the kernel offers it."""
    try:
        ioctl(device.fd, _SET_CLOCK, struct.pack("i", time.CLOCK_MONOTONIC))
    except OSError:
        return time.time
    return time.monotonic


def _refusal(path: str, error: OSError) -> ReaderFault:
    """What a device that does not open, or cannot be claimed, means for the caller."""
    told = os.strerror(error.errno or 0)
    if error.errno in _ABSENT:
        return Unreachable("not-plugged", f"{path}: {told}")
    if error.errno in _DENIED:
        return Unreachable("no-permission", f"{path}: {told}")
    if error.errno == errno.EBUSY:
        return Unreachable("grabbed", f"{path} is claimed by another program")
    return Misconfigured("misconfigured", f"{path} is no input device: {told}")
