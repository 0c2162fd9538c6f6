"""The authority whose certificates the tests of the edge may need."""

import pytest

from tests.edge.doctor.authority import Authority


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority for all tests."""
    return Authority(tmp_path_factory.mktemp("pki") / "authority")
