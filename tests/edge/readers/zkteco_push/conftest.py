"""The site of a test: a free port, readers behind it and terminals before it."""

from collections.abc import Iterator

import pytest

from tests.edge.readers.zkteco_push.making import Site


@pytest.fixture
def site() -> Iterator[Site]:
    """Readers and terminals end with the test, the youngest first."""
    made = Site()
    with made.stack:
        yield made
