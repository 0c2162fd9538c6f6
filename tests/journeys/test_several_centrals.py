"""Several centrals on one PostgreSQL: whoever is killed or hangs, nothing is lost and nothing doubled."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bench.uplink.product import Edge
from central.access.roles import User
from central.ledger import users
from central.ledger.database import Ledger
from central.ledger.schema import punches
from simulators.mosquitto import Mosquitto
from tests.central.postgres import Postgres
from tests.central.program import Program
from tests.edge.making import punch
from tests.peer import TOPICS, options_of, peer
from tests.waiting import until
from wire.facts import BATCH_LIMIT
from wire.listing import SummaryRequest
from wire.request import Answer
from wire.vitals import Status

NAMES = ("north", "south")
EDGES = ("pune-01", "surat-02")
SEEDS = [int(seed) for seed in os.environ.get("PUNCHWIRE_SEEDS", "1 2 3").split()]
STEPS = 8


class Site:
    """Two centrals that share the load, and edges that send to them."""

    def __init__(self, folder: Path, broker: Mosquitto, postgres: Postgres) -> None:
        self.postgres = postgres
        self.broker = broker
        self.database = postgres.create(f"shared_{folder.name}".replace("-", "_").lower())
        self.ledger = Ledger(self.database)
        self.ledger.migrate(datetime.now(UTC))
        self.centrals = {name: Program(folder, broker, self.database, name) for name in NAMES}
        self.edges = {name: Edge(options_of(broker, name), folder / name, name) for name in EDGES}
        self.sent: set[bytes] = set()
        self._number = 0

    def start(self) -> None:
        """Start everything."""
        for central in self.centrals.values():
            central.start()
        for edge in self.edges.values():
            edge.start()

    def punch(self, edge: str, count: int, *, live: bool) -> None:
        """So many punches at once, durable at the edge."""
        first = self._number
        self._number += count
        for at in range(first, first + count, BATCH_LIMIT):
            numbers = range(at, min(at + BATCH_LIMIT, first + count))
            made = [punch(number, "live" if live else "catch-up", edge) for number in numbers]
            self.sent.update(bytes.fromhex(one.punch_id) for one in made)
            self.edges[edge].outbox.append("gate", made)

    def held(self) -> list[bytes]:
        """What the ledger holds."""
        with self.ledger.read() as connection:
            return list(connection.execute(select(punches.c.punch_id)).scalars())

    def settle(self) -> None:
        """Wait until every edge has a receipt for everything."""
        for edge in self.edges.values():
            edge.settled(edge.outbox.mark.newest, 300)

    def clear(self) -> None:
        """End everything."""
        for edge in self.edges.values():
            edge.close()
        for central in self.centrals.values():
            with suppress(AssertionError, ProcessLookupError):
                os.kill(central.pid, signal.SIGCONT)
            central.kill()
        self.ledger.close()


@pytest.fixture
def site(tmp_path: Path, broker: Mosquitto, postgres: Postgres) -> Iterator[Site]:
    """Two centrals at work, and two edges."""
    made = Site(tmp_path, broker, postgres)
    try:
        made.start()
        yield made
    finally:
        made.clear()


def hurt(site: Site, dice: random.Random) -> None:
    """Something happens to one of the centrals, or to what they stand on."""
    name = dice.choice(NAMES)
    central = site.centrals[name]
    match dice.choice(("kill", "kill", "both", "hang", "stop", "broker", "database")):
        case "kill":
            central.kill()
            time.sleep(dice.random())
            central.start()
        case "both":
            for each in site.centrals.values():
                each.kill()
            for each in site.centrals.values():
                each.start()
        case "hang":
            os.kill(central.pid, signal.SIGSTOP)
            time.sleep(2 * dice.random())
            os.kill(central.pid, signal.SIGCONT)
        case "stop":
            central.stop()
            central.start()
        case "broker":
            site.broker.kill()
            site.broker.start()
        case _:
            site.postgres.restart()


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_to_several_centrals_the_books_are_equal(site: Site, seed: int) -> None:
    """Kills, hangs and restarts of centrals, broker and database: all that edges hold is there, once."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    for _ in range(STEPS):
        for edge in EDGES:
            site.punch(edge, dice.choice((1, 3, 700, 2500)), live=dice.random() < 0.5)
        hurt(site, dice)
        time.sleep(dice.random())
    site.settle()
    held = site.held()
    assert len(held) == len(set(held)) == len(site.sent)
    assert set(held) == site.sent
    with site.ledger.read() as connection:
        marks = connection.execute(text("SELECT edge, upto_seq FROM streams ORDER BY edge")).all()
    assert dict(map(tuple, marks)) == {name: edge.outbox.mark.newest for name, edge in site.edges.items()}


def test_edges_see_central_as_long_as_one_is_there(site: Site, broker: Mosquitto) -> None:
    """The last will of one central is contradicted by the other; when both have stopped, central is away."""
    with peer(broker, "pune-01") as edge:
        edge.subscribe(TOPICS.central_status)

        def online() -> bool:
            status = edge.last(TOPICS.central_status, Status)
            return status is not None and status.online

        until(lambda: all(central.said("client=central-" + name) for name, central in site.centrals.items()))
        until(online)
        site.centrals["north"].kill()
        site.punch("surat-02", 100, live=False)
        site.settle()
        until(online)
        assert site.centrals["south"].stop() == 0
        until(lambda: not online())


def test_people_are_served_by_one_central_and_then_by_the_other(site: Site, broker: Mosquitto) -> None:
    """One central does what only one may do; killed, the other takes over within moments."""
    with site.ledger.write() as connection:
        users.save(connection, User("anna", "administrator"), datetime.now(UTC))
    north, south = site.centrals["north"], site.centrals["south"]
    until(lambda: north.said("duty_taken duty=desk") or south.said("duty_taken duty=desk"), 60)
    first, second = (north, south) if north.said("duty_taken duty=desk") else (south, north)
    assert not second.said("duty_taken duty=desk")
    first.kill()
    until(lambda: second.said("duty_taken duty=desk"), 60)
    until(lambda: second.said("duty_taken duty=days"), 60)
    with peer(broker, "anna") as anna:
        answers = TOPICS.answer("anna", "q1")
        anna.subscribe(answers)

        def answered() -> bool:
            anna.send(TOPICS.request("anna", "summary"), SummaryRequest(request_id="q1"))
            return anna.last(answers, Answer) is not None

        until(answered, 60, every_s=1.0)
