"""What the tests of pulled terminals share: a worker's silence is looked at more often than in earnest."""

import pytest

from edge.readers.zkteco import child


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions notice a stop sooner, so that a hundred of them end sooner."""
    monkeypatch.setattr(child, "_SLICE_S", 0.03)
