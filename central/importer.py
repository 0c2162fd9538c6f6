"""Owns the import of people: a CSV file compared with the directory, and written when that is asked for."""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from central.directory.changes import Changes, changes
from central.directory.rows import Header, Refusal, read_header, read_rows
from central.ledger import audit, people
from central.ledger.database import Ledger

Rows = Sequence[tuple[int, Sequence[str]]]
"""Records, each with the line that it begins in."""

_DELIMITERS = ",;\t"


class ImportRefused(Exception):
    """The file as a whole cannot be used; `mistakes` has a line for each reason."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class Found:
    """What a file would change, or has changed; `ignored` names its columns that mean nothing."""

    changes: Changes
    ignored: tuple[str, ...]


def compare(ledger: Ledger, path: Path, edges: Collection[str]) -> Found:
    """What the file would change. Raises ImportRefused and LedgerError."""
    header, rows = _read(path)
    with ledger.read() as connection:
        return _found(connection, header, rows, edges)


def apply(ledger: Ledger, path: Path, edges: Collection[str], now: datetime) -> Found:
    """Write what the file changes, except for its refused rows, in one transaction that is audited."""
    header, rows = _read(path)
    with ledger.write() as connection:
        found = _found(connection, header, rows, edges)
        changed = found.changes
        people.save(connection, changed.to_store, now)
        figures = {"new": len(changed.new), "changed": len(changed.changed), "refused": len(changed.refused)}
        audit.record(connection, now, "punchwire-central", "import", path.name, figures)
    return found


def _found(connection: Connection, header: Header, rows: Rows, edges: Collection[str]) -> Found:
    reading = read_rows(header, rows, edges)
    stored = {employee.employee_id: employee for employee in people.load(connection)}
    return Found(changes(stored, reading.rows, reading.refused), header.ignored)


def told(path: Path, refusal: Refusal) -> str:
    """A refusal as a line for a person: file, line, column, reason."""
    column = f" {refusal.column}:" if refusal.column else ""
    return f"{path.name}:{refusal.line}:{column} {refusal.reason}"


def _read(path: Path) -> tuple[Header, Rows]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportRefused([f"{path}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ImportRefused([f"{path.name}:{line}: is not UTF-8; save it as CSV UTF-8"]) from None
    rows = _numbered(path, text)
    first = next(rows, None)
    if first is None:
        raise ImportRefused([f"{path.name}: is empty"])
    header = read_header(first[1])
    if not isinstance(header, Header):
        raise ImportRefused([told(path, refusal) for refusal in header])
    return header, list(rows)


def _numbered(path: Path, text: str) -> Iterator[tuple[int, Sequence[str]]]:
    """The records with the line that each begins in."""
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefused([f"{path.name}:{line}: is no CSV from here on ({error})"]) from None
