"""Writes facts of the outbox into a file that a person carries to central, beside the running daemon."""

import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from edge.bedside import settled_in
from edge.buffer.inspection import NothingThere, held
from edge.buffer.rows import RowDamaged, Waiting
from edge.config import Config
from edge.uplink.envelope import ENVELOPE_BYTES, joined
from wire.carried import Closing, Lines
from wire.codec import MESSAGE_LIMIT, encode
from wire.facts import BATCH_LIMIT

DONE, FAILED, UNAVAILABLE = 0, 1, 69
_ROOM = MESSAGE_LIMIT - ENVELOPE_BYTES


def run(config: Config, to: Path, *, everything: bool) -> int:
    """The verb `punchwire-edge outbox export`: write the file, and tell a person what is in it."""
    try:
        known = settled_in(config.edge.state_dir)
        closing = carry(config.outbox_path, config.edge.id, to, known, everything=everything)
    except NothingThere as error:
        _tell(str(error))
        return UNAVAILABLE
    except (sqlite3.Error, RowDamaged) as error:
        _tell(f"{config.outbox_path}: {error}; punchwire-edge migrate saves what can be read")
        return FAILED
    except OSError as error:
        _tell(f"{to}: {error.strerror}")
        return FAILED
    told = f"{closing.facts} facts of {closing.edge}; at the centre: punchwire-central take {to.name}"
    sys.stdout.write(f"{to}: {told}\n")
    return DONE


def _tell(what: str) -> None:
    sys.stderr.write(f"{what}\n")


def carry(outbox: Path, edge: str, to: Path, known: int = 0, *, everything: bool = False) -> Closing:
    """Write what waits for a receipt, or everything that is kept, into a new file; returns its closing line.

    `known` is the settled mark of the daemon that runs, if any. The file appears when it is whole and on the
    disk. The outbox stays as it is: what was carried is sent again when there is a network, and known then.
    Raises NothingThere, RowDamaged, sqlite3.Error, and OSError for the file.
    """
    lines, facts = Lines(), 0
    with held(outbox, known, everything=everything) as found, _appearing(to) as file:
        for batch in _batches(found.facts):
            settled = min(found.settled, batch[0].seq - 1)
            line = joined(found.outbox_id, settled, batch, ahead=True) + b"\n"
            lines.add(line)
            file.write(line)
            facts += len(batch)
        closing = lines.closing(edge, facts)
        file.write(encode(closing) + b"\n")
    return closing


def _batches(facts: Iterator[Waiting]) -> Iterator[list[Waiting]]:
    """As many facts as an envelope takes, without a hole in their numbers."""
    batch: list[Waiting] = []
    size = 0
    for fact in facts:
        size += len(fact.body) + 1
        if batch and (len(batch) == BATCH_LIMIT or size > _ROOM or fact.seq != batch[-1].seq + 1):
            yield batch
            batch, size = [], len(fact.body) + 1
        batch.append(fact)
    if batch:
        yield batch


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file that is there under its name when the block has ended well, safe from a pulled stick."""
    if path.exists():
        raise FileExistsError(None, "is there already; name another file", str(path))
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Let the name be on the disk, too, where the file system of the stick knows how."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):
            os.fsync(opened)
    finally:
        os.close(opened)
