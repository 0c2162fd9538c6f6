"""The branch of a test."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.edge.doctor.branch import Branch


@pytest.fixture
def branch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Branch]:
    """A healthy branch; what a test puts there ends with the test."""
    with ExitStack() as stack:
        yield Branch(tmp_path, capsys, stack)
