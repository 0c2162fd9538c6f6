"""Measures from the ledger's own file how long live punches took from their reading to their commit."""

import sqlite3
import statistics
from contextlib import closing
from pathlib import Path

_QUERY = """
SELECT (a.received_at_us - p.read_at_us) / 1000.0
FROM punches AS p JOIN arrivals AS a ON a.arrival_id = p.arrival_id
WHERE p.how = 'live'
"""


def live(ledger: Path) -> dict[str, float] | None:
    """The 50th and 99th percentile in milliseconds, None where nothing was punched live."""
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as db:
        took = [float(row[0]) for row in db.execute(_QUERY)]
    if len(took) < 2:  # noqa: PLR2004 - percentiles of one value mean nothing
        return None
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}
