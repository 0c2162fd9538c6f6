"""The site that a journey begins with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site at work: a terminal with 300 punches in its log, a serial reader, central and edge."""
    made = Site(tmp_path, log=300)
    try:
        made.build()
        yield made
    finally:
        made.clear()
