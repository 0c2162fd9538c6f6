"""The devices of the site: simulators outside of the booted machine, so that they outlive its reboot."""

import fcntl
import os
import sys
import termios
from datetime import datetime
from pathlib import Path

from demo.account import Held
from demo.programs import Program

TERMINAL, SERIAL = "front-gate", "canteen"
_USERS, _LOG, _CARDS = 40, 500, 20
_DIALOUT = 20
"""The number of Debian's group for serial ports."""


class Devices:
    """A terminal that remembers, and a serial reader that does not. Their words are kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.address = ("127.0.0.1", 0)
        self.port = ""
        self._terminal = _simulator(
            folder / "terminal.log",
            *("terminal", "--port=0", f"--users={_USERS}", f"--log={_LOG}", "--zone=Asia/Kolkata"),
        )
        self._reader = _simulator(folder / "reader.log", "serial", f"--cards={_CARDS}")

    def start(self) -> None:
        """Start both: `address` is then the terminal's, `port` the reader's device node."""
        for device in (self._terminal, self._reader):
            device.start(talk=True)
        ready = self._terminal.hear()
        self.address = (ready["address"], ready["port"])
        self.port = self._reader.hear()["device"]
        os.chown(self.port, 0, _DIALOUT)
        Path(self.port).chmod(0o660)

    def clear(self) -> None:
        """End both."""
        self._terminal.kill()
        self._reader.kill()

    def punch(self, times: int) -> None:
        """So many people punch at the terminal."""
        for _ in range(times):
            self._terminal.say({"do": "punch"})

    def present(self) -> bool:
        """Somebody holds a card to the reader; tells whether anything listened."""
        return bool(self._reader.say({"do": "present"})["heard"])

    def release_port(self) -> None:
        """Forget who claimed the reader's port, as a real port does when its holder dies."""
        port = os.open(self.port, os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(port, termios.TIOCNXCL)
        os.close(port)

    def users(self) -> dict[str, str]:
        """The names of the terminal's users by their id."""
        return {it["user_id"]: it["name"] for it in self._terminal.say({"do": "users"})["users"]}

    def cards(self) -> list[str]:
        """The cards that people have."""
        cards: list[str] = self._reader.say({"do": "cards"})["cards"]
        return cards

    def held(self) -> dict[str, list[Held]]:
        """What the terminal holds, and which cards the reader was heard to send."""
        log = self._terminal.say({"do": "dump"})["log"]
        cards = self._reader.say({"do": "dump"})["presented"]
        return {
            TERMINAL: [(it["user_id"], wall(it["wall"])) for it in log],
            SERIAL: [(it["card"], "") for it in cards if it["heard"]],
        }


def wall(text: str) -> str:
    """A time as the wall clock showed it, spelled in one way."""
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()


def _simulator(log: Path, *arguments: str) -> Program:
    return Program(log.stem, (Path(sys.executable).name, "-m", "simulators.cli", *arguments), log)
