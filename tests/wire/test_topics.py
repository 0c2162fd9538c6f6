"""Promises of topic names."""

import pytest

from wire.topics import TopicError, Topics, check_prefix

TOPICS = Topics("punchwire/v1")


def test_every_topic_parses_back_to_its_levels() -> None:
    """What one side builds, the other side takes apart into the same names."""
    assert TOPICS.parse(TOPICS.facts("pune-01")) == ("edge", "pune-01", "facts")
    assert TOPICS.parse(TOPICS.request("anna", "resync")) == ("admin", "anna", "resync")
    assert TOPICS.parse(TOPICS.answer("anna", "r-1")) == ("admin", "anna", "answers", "r-1")
    assert TOPICS.parse(TOPICS.board("pune-01", "front-gate")) == ("board", "pune-01", "front-gate")
    assert TOPICS.parse(TOPICS.day("E1", "2026-05-11")) == ("days", "E1", "2026-05-11")


@pytest.mark.parametrize("name", ["", "a/b", "a+", "#", "x" * 65, "nul\x00"])
def test_a_name_cannot_smuggle_in_a_level(name: str) -> None:
    """A name with a separator or a wildcard is refused, wherever it would stand."""
    with pytest.raises(TopicError):
        TOPICS.answer(name, "r-1")


@pytest.mark.parametrize("prefix", ["", "/", "punchwire/", "punch+wire", "#"])
def test_a_prefix_has_only_plain_levels(prefix: str) -> None:
    """A prefix that could never match is refused when it is configured."""
    with pytest.raises(TopicError):
        check_prefix(prefix)


def test_a_foreign_topic_is_refused() -> None:
    """A topic of another prefix is not ours to read."""
    with pytest.raises(TopicError):
        TOPICS.parse("punchwire/v2/edge/pune-01/facts")
