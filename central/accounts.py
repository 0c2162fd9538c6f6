"""Owns the accounts of people at the broker: Mosquitto's password file, and their limits in its ACL.

Central writes the lines of its own users and leaves all others as they are. What stands in the ledger is the
truth; the files follow it, whole and at once.
"""

import os
import signal
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from central.access.roles import User

MARK = "# What follows is written by central. Rules of your own belong above this line."
RELOAD = (
    "the broker has to read its accounts again: sudo systemctl reload mosquitto "
    "(the unit punchwire-accounts.path does that by itself)"
)


class AccountsOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[accounts]` section: the broker's own files, which central may write.

    `pid_file` is the broker's; where central may signal that process, the broker reads them again at once.
    """

    passwords: Path
    acl: Path
    pid_file: Path | None = None


class AccountsError(Exception):
    """The broker's files cannot be read or written; the text says which and why. Trying again may help."""


class Accounts:
    """The accounts of the users. Constructed without effects."""

    def __init__(self, options: AccountsOptions, prefix: str) -> None:
        self._options = options
        self._prefix = prefix

    def verifiers(self) -> dict[str, str]:
        """The accounts that there are, whoever made them. Raises AccountsError."""
        return dict(_account(line) for line in _lines(self._options.passwords) if _account(line)[0])

    def write(self, users: Sequence[User]) -> str:
        """Bring both files to the users as they are; returns what a person has to do yet, "" for nothing.

        An account that is kept by hand stays until its user is disabled. Raises AccountsError.
        """
        passwords, acl = self._options.passwords, self._options.acl
        # The limits first: nobody is let in whom they do not hold yet.
        differ = [
            _replace(acl, _rules(_lines(acl), users, self._prefix)),
            _replace(passwords, _passwords(_lines(passwords), {user.name: user for user in users})),
        ]
        return "" if not any(differ) or self._reload() else RELOAD

    def _reload(self) -> bool:
        """Tell the broker to read its files again; False if that is for somebody else to do."""
        if self._options.pid_file is None:
            return False
        with suppress(OSError, ValueError):
            os.kill(int(self._options.pid_file.read_text(encoding="ascii")), signal.SIGHUP)
            return True
        return False


def _passwords(lines: Iterable[str], users: Mapping[str, User]) -> list[str]:
    kept = []
    for line in lines:
        user = users.get(_account(line)[0])
        if user is None or (user.enabled and user.verifier is None):
            kept.append(line)
    ours = [user for user in users.values() if user.enabled and user.verifier is not None]
    return [*kept, *(f"{user.name}:{user.verifier}" for user in ours)]


def _rules(lines: Sequence[str], users: Sequence[User], prefix: str) -> list[str]:
    """The rules of the site, and for each person that he is no edge: the patterns would let him be one."""
    own = list(lines[: lines.index(MARK)] if MARK in lines else lines)
    while own and not own[-1].strip():
        own.pop()
    denied = [line for user in users for line in (f"user {user.name}", f"topic deny {prefix}/edge/#", "")]
    return [*own, "", MARK, "", *denied]


def _account(line: str) -> tuple[str, str]:
    name, colon, rest = line.partition(":")
    return ("", "") if not colon or name.startswith("#") else (name, rest)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise AccountsError(f"{path} cannot be read: {_words(error)}") from None


def _replace(path: Path, lines: Sequence[str]) -> bool:
    """Write a file if it differs, whole or not at all, with the mode and the owners that it had."""
    text = "\n".join(lines).rstrip("\n") + "\n"
    try:
        before = path.stat() if path.exists() else None
        if before is not None and path.read_text(encoding="utf-8") == text:
            return False
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as new:
            place = Path(new.name)
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        place.chmod(0o640 if before is None else before.st_mode & 0o777)
        if before is not None:
            with suppress(PermissionError):
                os.chown(place, before.st_uid, before.st_gid)
        place.replace(path)
    except OSError as error:
        raise AccountsError(f"{path} cannot be written: {_words(error)}") from None
    return True


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
