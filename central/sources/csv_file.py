"""Reads a list of people from a CSV file."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from central.sources.table import SourceError, Table

_DELIMITERS = ",;\t"


def read_csv(path: Path) -> Table:
    """Read a file in UTF-8 with a header, separated by commas, semicolons or tabs. Raises SourceError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SourceError([f"{path}: cannot be read ({error.strerror})"]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError([f"{path.name}:{line}: is not UTF-8; save it as CSV UTF-8"]) from None
    rows = _numbered(path, text)
    first = next(rows, None)
    if first is None:
        raise SourceError([f"{path.name}: is empty"])
    return Table(path.name, first[1], list(rows))


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
        raise SourceError([f"{path.name}:{line}: is no CSV from here on ({error})"]) from None
