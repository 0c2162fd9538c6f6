"""The sites that journeys begin with."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.site import Site
from tests.torture.arena import Arena, make_template
from tests.waiting import until


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site at work: a terminal with 300 punches in its log, a serial reader, central and edge."""
    made = Site(tmp_path, log=300)
    try:
        made.build()
        yield made
    finally:
        made.clear()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger that knows the people of an arena, made once."""
    return make_template(tmp_path_factory.mktemp("arena") / "template.db")


@pytest.fixture
def arena(tmp_path: Path, template: Path) -> Iterator[Arena]:
    """A site whose every part can be hurt, at work: the terminal's log and a card are at central."""
    made = Arena(tmp_path / "arena", template, random.Random(1))  # noqa: S311 - a schedule
    try:
        made.build()
        until(lambda: made.held() == made.landed(), 60)
        until(made.wait_for_work)
        until(made.branch.card, every_s=0.3)
        until(made.landed_cards)
        yield made
    finally:
        made.clear()
