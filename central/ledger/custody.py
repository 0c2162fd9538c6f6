"""Owns copies of a ledger in SQLite: made while central works, examined, and put into the ledger's place."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import URL

from central.ledger.database import LedgerError, NoSuchDatabase
from central.ledger.lease import FileLease
from ground.belongings import make_file

_WITH = ("-wal", "-shm", "")


class Unsound(LedgerError):
    """A file is no ledger, or a damaged one; the text says which and why."""


class InUse(LedgerError):
    """A central works with the ledger now."""


def back_up(url: URL, copy: Path) -> int:
    """Copy the ledger as it is at one instant, whoever works with it; returns how many punches it holds.

    A file that is there already stays until the new one is whole and was examined. Raises LedgerError.
    """
    fresh = copy.with_name(f"{copy.name}.part")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        _copy(_file(url), fresh)
        count = examine(fresh)
        _make_one_file(fresh)
        fresh.replace(copy)
    except (OSError, sqlite3.Error) as error:
        fresh.unlink(missing_ok=True)
        raise LedgerError(f"{copy}: {error}") from error
    return count


def back_up_daily(url: URL, folder: Path, day: date, keep: int) -> tuple[Path, int]:
    """Copy the ledger to a file of this day, and remove all but the newest `keep` such files.

    Returns the copy, and how many punches it holds. Raises LedgerError.
    """
    copy = folder / f"ledger-{day}.db"
    count = back_up(url, copy)
    for old in sorted(folder.glob("ledger-[0-9]*-[0-9]*-[0-9]*.db"))[:-keep]:
        old.unlink(missing_ok=True)
    return copy, count


def examine(copy: Path) -> int:
    """Look whether a copy is whole; returns how many punches it holds. Raises Unsound."""
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as db:
            (verdict,) = db.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise Unsound(f"{copy} is damaged: {' '.join(str(verdict).split())}")
            (count,) = db.execute("SELECT count(*) FROM punches").fetchone()
    except sqlite3.Error as error:
        raise Unsound(f"{copy} is no ledger: {error}") from error
    return int(count)


def restore(url: URL, copy: Path, duties: Iterable[str]) -> tuple[int, Path | None]:
    """Put a copy into the ledger's place, while no central works with it: nobody does one of the duties.

    Returns how many punches it holds, and what the ledger that was there is kept as. Raises LedgerError.
    """
    path = _file(url)
    count = examine(copy)
    kept = path.with_name(f"{path.name}.before-{int(time.time())}")
    fresh = path.with_name(f"{path.name}.fresh")
    try:
        with _alone(url, duties):
            _copy(copy, fresh)
            for ending in _WITH:
                part = path.with_name(path.name + ending)
                if part.exists():
                    part.rename(kept.with_name(kept.name + ending))
            fresh.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise LedgerError(f"{path}: {error}") from error
    return count, kept if kept.exists() else None


def _file(url: URL) -> Path:
    if url.get_backend_name() != "sqlite" or not url.database:
        raise NoSuchDatabase("it is no file; use pg_dump and pg_restore for a ledger in PostgreSQL")
    return Path(url.database)


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    make_file(target)
    at_rest = f"file:{source}?mode=ro"
    with closing(sqlite3.connect(at_rest, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _make_one_file(copy: Path) -> None:
    """Let a copy need no write-ahead log: nothing lies beside it, and nothing comes when it is read."""
    with closing(sqlite3.connect(copy)) as db:
        db.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def _alone(url: URL, duties: Iterable[str]) -> Iterator[None]:
    """Hold the duties at this ledger meanwhile. Raises InUse if somebody has one."""
    with ExitStack() as held:
        for duty in duties:
            lease = FileLease(url, duty)
            held.callback(lease.close)
            if not lease.take():
                raise InUse(f"{url.database}: central works with it; stop punchwire-central first")
        yield
