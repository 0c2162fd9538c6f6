"""Keyboards that the kernel does not have: umockdev answers the system calls of a reader in another process.

The reader, python-evdev and the C library are the real ones. What the kernel would answer to `ioctl` and
`read` is answered here, so that a keyboard can be claimed by somebody else, or gone.
"""

import errno
import json
import os
import struct
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import GLib, UMockdev

DEADLINE_S = 30.0
GRAB, SET_CLOCK = 0x40044590, 0x400445A0
_SIZE_SHIFT, _SIZE_MASK, _NUMBER_MASK = 16, 0x3FFF, 0xFF
_EV_KEY, _EV_SYN = 1, 0
_KEYS = sum(1 << key for key in range(1, 128))


class Keyboard(UMockdev.IoctlBase):  # type: ignore[misc]
    """One keyboard on the machine. `grab_errno` and `clock_errno` refuse; `gone` is a pulled plug."""

    def __init__(self, bed: Any, number: int, name: str, port: str) -> None:
        super().__init__()
        self.path = f"/dev/input/event{number}"
        self.name = name
        self.asked: list[int] = []
        self.grab_errno = 0
        self.clock_errno = 0
        self.gone = False
        place = f"/devices/usb1/{port}/input/input{number}"
        words = " ".join(f"{_KEYS >> shift & (1 << 64) - 1:x}" for shift in (64, 0))
        attributes = {
            "name": name,
            "phys": port,
            "id/vendor": "ffff",
            "id/product": "0035",
            "capabilities/key": words,
        }
        told = "".join(f"A: {key}={value}\\n\n" for key, value in attributes.items())
        bed.add_from_string(f"P: {place}\nE: SUBSYSTEM=input\n{told}")
        bed.add_from_string(
            f"P: {place}/event{number}\nN: input/event{number}\n"
            f"E: DEVNAME={self.path}\nE: SUBSYSTEM=input\nL: device=../../input{number}\n"
        )
        bed.attach_ioctl(self.path, self)
        self._names = [
            Path(bed.get_root_dir(), top, "dev/input/by-id", name.replace(" ", "_")) for top in ("", "ioctl")
        ]
        for link in self._names:
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(f"../event{number}")
        self._wire = bed.get_dev_fd(self.path)

    def do_handle_ioctl(self, client: Any) -> bool:
        """Answer as the kernel's evdev does."""
        request = client.get_request() & 0xFFFFFFFF
        self.asked.append(request)
        number, size = request & _NUMBER_MASK, request >> _SIZE_SHIFT & _SIZE_MASK
        refusals = {GRAB: self.grab_errno, SET_CLOCK: self.clock_errno}
        if request in refusals:
            client.complete(-1 if refusals[request] else 0, refusals[request])
            return True
        answers: dict[int, bytes] = {
            0x01: struct.pack("I", 0x10001),
            0x02: struct.pack("HHHH", 3, 0xFFFF, 0x0035, 0x110),
            0x06: self.name.encode() + b"\0",
            0x07: b"port\0",
            0x08: b"\0",
            0x20: bytes((1 << _EV_SYN | 1 << _EV_KEY,)),
            0x20 + _EV_KEY: _KEYS.to_bytes(16, "little"),
            0x84: struct.pack("I", 0),
        }
        answer = answers[number][:size]
        client.get_arg().resolve(0, size).update(0, list(answer))
        client.complete(len(answer), 0)
        return True

    def do_handle_read(self, client: Any) -> bool:
        """Let the read go on, unless the keyboard is gone."""
        if self.gone:
            client.complete(-1, errno.ENODEV)
        return self.gone

    def send(self, events: list[tuple[int, int, int, float]]) -> None:
        """Send (type, code, value, seconds) in one go, as after a moment in which the reader got no time.

        No more than two cards at once: the wire holds 4096 bytes.
        """
        for kind, code, value, at in events:
            os.write(self._wire, struct.pack("llHHi", int(at), int(at % 1 * 1e6), kind, code, value))

    def type(
        self, codes: list[int], *, pace_s: float = 0.004, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Type keys as a reader does: each down, its report, up, its report."""
        start, events = clock() - pace_s * len(codes), []
        for at, code in enumerate(codes):
            down = start + at * pace_s
            for value, moment in ((1, down), (0, down + pace_s / 2)):
                events += [(_EV_KEY, code, value, moment), (_EV_SYN, 0, 0, moment)]
        self.send(events)

    def unplug(self) -> None:
        """Take the keyboard off: the next read of who holds it open fails with ENODEV."""
        self.gone = True
        for link in self._names:
            link.unlink()
        self.send([(_EV_SYN, 0, 0, 0.0)])

    def end(self) -> None:
        """Close the wire: reads give nothing from now on."""
        os.close(self._wire)


class Machine:
    """A machine with mocked keyboards, and readers at work on it."""

    def __init__(self) -> None:
        self.bed = UMockdev.Testbed.new()
        self._loop = GLib.MainLoop()
        self._thread = threading.Thread(target=self._loop.run, daemon=True)
        self._thread.start()

    def plug(self, number: int = 5, name: str = "Cheap Reader", port: str = "1-1") -> Keyboard:
        """Put a keyboard on the machine."""
        return Keyboard(self.bed, number, name, port)

    def stop(self) -> None:
        """Turn the machine off."""
        self._loop.quit()
        self._thread.join(DEADLINE_S)


class ReaderAtWork:
    """A KeyboardReader in a process of its own, which sees the machine's keyboards and no others."""

    def __init__(self, machine: Machine, **options: Any) -> None:
        self.seen: dict[str, Any] = {}
        self._process = subprocess.Popen(
            [
                "umockdev-wrapper",
                sys.executable,
                "-m",
                "tests.edge.readers.usb_rfid.at_work",
                json.dumps(options),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "UMOCKDEV_DIR": machine.bed.get_root_dir()},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with self._process:
            pass

    def ask(self, word: str) -> dict[str, Any]:
        """Give a command (`look`, `again`, `stop`) and return what the reader's desk holds then."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        self.seen = json.loads(self._process.stdout.readline())
        return self.seen

    def until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Look until something holds."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(self.ask("look")):
            assert time.monotonic() < deadline, self.seen
            time.sleep(0.01)
        return self.seen
