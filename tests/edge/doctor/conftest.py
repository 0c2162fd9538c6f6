"""The branch of a test, and the authority whose certificates it may need."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import Branch


@pytest.fixture
def branch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Branch]:
    """A healthy branch; what a test puts there ends with the test."""
    with ExitStack() as stack:
        yield Branch(tmp_path, capsys, stack)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority for all tests."""
    return Authority(tmp_path_factory.mktemp("pki") / "authority")
