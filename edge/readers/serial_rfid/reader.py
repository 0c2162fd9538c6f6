"""Reads cards from a serial reader through pyserial."""

import errno
import os
import select
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from serial import Serial

from edge.errors import Lost, Misconfigured, ReaderFault, Unreachable
from edge.readers.card import CardNotation, CardOptions
from edge.readers.card_desk import CardDesk
from edge.readers.debounce import Debounce
from edge.readers.reader import Desk
from edge.readers.serial_rfid.formats import FORMATS_OF_TEXT, Format, frames_of
from wire.punch import DeviceKind

SILENCE_S = 0.25
"""A frame at 9600 baud takes 20 ms: after this long without a byte nothing unfinished will go on."""
QUIET_S = 1.0
"""How long the reader waits for the first byte of a frame before it comes by at the desk."""

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.EIO})
_HELD = frozenset({errno.EBUSY, errno.EAGAIN})
_DENIED = frozenset({errno.EACCES, errno.EPERM})
_DRIVER_ERRORS = (OSError, termios.error, ValueError, OverflowError)


class SerialOptions(CardOptions, frozen=True, kw_only=True):
    """A serial reader: `device` is its path, best one of /dev/serial/by-id, which survives a change of port.

    `notation` tells what the digits of the formats `ascii-line` and `idteck` mean. `exclusive` keeps other
    programs from taking bytes away.
    """

    device: str
    format: Format
    notation: CardNotation | None = None
    baud: Annotated[int, msgspec.Meta(ge=50, le=4_000_000)] = 9600

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.device.startswith("/"):
            raise ValueError(f"device {self.device!r} is no absolute path")
        if self.format in FORMATS_OF_TEXT and self.notation is None:
            raise ValueError(
                f'notation missing: format "{self.format}" needs it, for example notation = "10D"'
            )
        if self.format not in FORMATS_OF_TEXT and self.notation is not None:
            raise ValueError(f'notation has no meaning beside format "{self.format}", which sends all bits')
        if self.format != "ascii-line" and self.pattern is not None:
            raise ValueError('pattern has a meaning only beside format "ascii-line"')

    @property
    def claims(self) -> str:
        """Two readers would take bytes away from each other."""
        return self.device


class SerialReader:
    """A card reader on a serial port."""

    Options: ClassVar[type[msgspec.Struct]] = SerialOptions
    device_kind: ClassVar[DeviceKind] = "serial"

    def __init__(self, name: str, options: SerialOptions) -> None:
        self._name = name
        self._options = options
        self._debounce = Debounce(options.debounce_s)

    def session(self, desk: Desk) -> None:
        """Read cards until the desk says stop, or the port fails."""
        with CardDesk(desk, self._name, self.device_kind, self._debounce) as cards:
            cards.attend()
            with self.opened() as port:
                desk.ok(device=Path(self._options.device).name)
                frames = frames_of(self._options.format, self._options.profile(self._options.notation))
                data = b""
                while not desk.wait(0):
                    cards.attend()
                    data = self.received(port, SILENCE_S if data else QUIET_S)
                    for sight in frames.feed(data) if data else frames.settle():
                        cards.take(sight)

    @contextmanager
    def opened(self) -> Iterator[Serial]:
        """The open port. Raises Unreachable or Misconfigured."""
        options = self._options
        try:
            port = Serial(
                options.device, options.baud, timeout=0, exclusive=True if options.exclusive else None
            )
        except _DRIVER_ERRORS as error:
            raise _refusal(options.device, error) from error
        with port:
            if options.exclusive:
                _claim(port, termios.TIOCEXCL)
            try:
                yield port
            finally:
                if options.exclusive:
                    _claim(port, termios.TIOCNXCL)

    def received(self, port: Serial, within_s: float = SILENCE_S) -> bytes:
        """All bytes that wait, or none if none came in time. Raises Lost."""
        try:
            ready, _, _ = select.select([port.fileno()], [], [], within_s)
            return bytes(port.read(max(1, port.in_waiting))) if ready else b""
        except _DRIVER_ERRORS as error:
            raise Lost("unplugged", f"{self._options.device}: {error}") from error


def _claim(port: Serial, request: int) -> None:
    """Set or clear the kernel's own lock, which also stops programs that ask for no lock.

    Not every port has it; the lock that pyserial took holds anyway.
    """
    with suppress(OSError):
        ioctl(port.fd, request)


def _refusal(device: str, error: Exception) -> ReaderFault:
    """What a port that does not open means for the caller."""
    number = _errno(error)
    if number in _ABSENT:
        return Unreachable("not-plugged", f"{device}: {os.strerror(number)}")
    if number in _DENIED:
        return Unreachable("no-permission", f"{device}: {os.strerror(number)}")
    if number in _HELD:
        return Unreachable("grabbed", f"{device} is locked by another program")
    return Misconfigured("misconfigured", f"{device} cannot be used as a serial port: {error}")


def _errno(error: Exception) -> int:
    """The error number; pyserial keeps that of termios only as the context of its own."""
    for cause in (error, error.__context__):
        number = getattr(cause, "errno", None) or (
            cause.args[0] if isinstance(cause, termios.error) else None
        )
        if isinstance(number, int):
            return number
    return 0
