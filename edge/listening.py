"""The verb `punchwire-edge feedback`: a line, a bell or a command for each punch that the edge has stored."""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from edge.feedback import Answer

DONE, FAILED, USAGE = 0, 1, 2
_DATAGRAM = 4096
_COMMAND_S = 5.0
_BELL = "\a"


class Taken(Exception):
    """Another program listens at this socket."""


def run(path: Path, command_line: str, *, as_json: bool) -> int:
    """Listen until interrupted. The command is run for each punch, which it finds in its environment."""
    try:
        command = shlex.split(command_line)
    except ValueError as error:
        _tell(f"--run {command_line}: {error}")
        return USAGE
    try:
        with _bound(path) as ears:
            _tell(f"listening at {path}")
            for answer in _heard(ears):
                _show(answer, as_json=as_json)
                if command:
                    _run(command, answer)
    except KeyboardInterrupt:
        return DONE
    except Taken:
        _tell(f"{path}: another program listens there; stop it first")
    except OSError as error:
        _tell(f"{path}: {error.strerror or error}; the folder must be this user's to write")
    return FAILED


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        if path.is_socket():
            if _answers(path):
                raise Taken
            path.unlink()
        ears.bind(str(path))
        path.chmod(0o660)
        try:
            yield ears
        finally:
            with suppress(OSError):
                path.unlink()


def _answers(path: Path) -> bool:
    """Whether somebody has this socket open: a program that was killed leaves its name behind."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        return True


def _heard(ears: socket.socket) -> Iterator[Answer]:
    while True:
        datagram = ears.recv(_DATAGRAM)
        try:
            yield msgspec.json.decode(datagram, type=Answer)
        except msgspec.DecodeError as error:
            _tell(f"a datagram that is none of ours: {error}")


def _show(answer: Answer, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    else:
        bell = _BELL if sys.stdout.isatty() else ""
        at = datetime.fromisoformat(answer.wall or answer.at)
        local = at if at.tzinfo is None else at.astimezone()
        sys.stdout.write(f"{bell}{local:%H:%M:%S}  {answer.reader:<16}  {answer.badge}  {answer.outcome}\n")
    sys.stdout.flush()


def _run(command: Sequence[str], answer: Answer) -> None:
    words = {
        f"PUNCHWIRE_{name.upper()}": str(value or "") for name, value in msgspec.to_builtins(answer).items()
    }
    try:
        subprocess.run(command, env={**os.environ, **words}, timeout=_COMMAND_S, check=False)  # noqa: S603 - asked for
    except subprocess.TimeoutExpired:
        _tell(f"{shlex.join(command)}: took longer than {_COMMAND_S:g} s and was ended")
    except OSError as error:
        _tell(f"{shlex.join(command)}: {error.strerror}")


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")
