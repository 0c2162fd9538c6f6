"""Where the people are listed by configuration, and how often that is looked at."""

from pathlib import Path
from typing import Annotated

import msgspec

from central.sources.csv_file import read_csv
from central.sources.query import Database, query_in, read_query
from central.sources.table import SourceError, Table


class PeopleOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[people]` section: a CSV `file`, or a database by `url` and the query in `query_file`.

    It is imported every `every_h` hours. If more than `most_changes` people would change at once, nothing is
    written: a person must look first.
    """

    file: Path | None = None
    url: str | None = None
    query_file: Path | None = None
    password_file: Path | None = None
    every_h: Annotated[float, msgspec.Meta(ge=0.01, le=8760)] = 24.0
    most_changes: Annotated[int, msgspec.Meta(ge=1)] = 500

    def __post_init__(self) -> None:
        """There is exactly one place where the people are listed."""
        if (self.file is None) == (self.url is None):
            raise ValueError("name either a file, or the url of a database and a query_file")
        if (self.url is None) != (self.query_file is None):
            raise ValueError("url and query_file go together")


def read_listed(options: PeopleOptions) -> Table:
    """The list as it is now. Raises SourceError."""
    if options.file is not None:
        return read_csv(options.file)
    if options.url is None or options.query_file is None:
        raise SourceError(["nothing says where the people are listed"])
    query = query_in(options.query_file)
    return read_query(Database(url=options.url, query=query, password_file=options.password_file))
