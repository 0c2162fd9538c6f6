"""Edges that log in by certificates at a broker that takes nothing else: enrolled, ending, revoked."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from paho.mqtt.reasoncodes import ReasonCode

from central.cli import main
from central.ledger import queries
from demo.programs import Program
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.kernel import boot_id
from ground.mqtt import BrokerOptions, new_client
from simulators.mosquitto import Mosquitto, free_port
from tests.central.centre import Centre, centre
from tests.conftest import ACCOUNTS
from tests.edge.making import punch
from tests.peer import TOPICS, peer
from tests.waiting import until
from wire.board import BoardEntry

CENTRAL = """
[central]
timezone = "Asia/Kolkata"
database = "{folder}/ledger.db"
[broker]
host = "127.0.0.1"
[authority]
folder = "{folder}/authority"
crl = "{folder}/certs/revoked.crl"
"""
EDGE = """
[edge]
id = "{edge}"
state_dir = "{folder}/{edge}"
[broker]
host = "127.0.0.1"
port = {port}
ca = "{certs}/ca.crt"
cert = "{certs}/{edge}.crt"
key = "{certs}/{edge}.key"
"""
LISTENER = """
listener {port} 127.0.0.1
cafile {certs}/ca.crt
certfile {certs}/broker.crt
keyfile {certs}/broker.key
crlfile {certs}/revoked.crl
require_certificate true
use_identity_as_username true
"""


class Branches:
    """A centre with its authority, a broker that wants certificates, and edges that are real programs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.certs, self.port = folder, folder / "certs", free_port()
        (folder / "central.toml").write_text(CENTRAL.format(folder=folder))
        self.certs.mkdir()
        self.edge_cli("authority")
        self.edge_cli("broker", "--host", "127.0.0.1", "--to", str(self.certs))
        extra = LISTENER.format(port=self.port, certs=self.certs)
        self.broker = Mosquitto(
            folder / "broker", {name: ACCOUNTS[name] for name in ("central", "anna")}, extra=extra
        )
        self.broker.start()
        self.programs: dict[str, Program] = {}

    def edge_cli(self, *words: str) -> None:
        """Say words of `punchwire-central edge`."""
        assert main(["--config", str(self.folder / "central.toml"), "edge", *words]) == 0

    def enrol(self, edge: str, *words: str) -> None:
        """Give an edge its certificate, and write its edge.toml."""
        self.edge_cli("enrol", edge, "--to", str(self.certs), *words)
        text = EDGE.format(edge=edge, folder=self.folder, port=self.port, certs=self.certs)
        config = self.folder / f"{edge}.toml"
        config.write_text(text)
        words = ("punchwire-edge", "--config", str(config), "run")
        self.programs[edge] = Program(edge, words, self.folder / f"{edge}.log")

    def punch(self, edge: str, number: int) -> None:
        """Put a punch into the outbox of an edge whose clock was set in this boot, and start it."""
        path = self.folder / edge / "outbox.db"
        prepare(path)
        with closing(Outbox(path)) as outbox:
            outbox.append("front-gate", [punch(number)])
            outbox.append("@clock", [], {"synced_boot": boot_id()})
        self.programs[edge].start()

    def options(self, edge: str) -> BrokerOptions:
        """How an edge connects."""
        cert, key = (self.certs / f"{edge}.{ending}" for ending in ("crt", "key"))
        return BrokerOptions(host="127.0.0.1", port=self.port, ca=self.certs / "ca.crt", cert=cert, key=key)

    def clear(self) -> None:
        """Stop everything."""
        for program in self.programs.values():
            program.stop()
        self.broker.stop()


@pytest.fixture
def branches(tmp_path: Path) -> Iterator[Branches]:
    """Branches whose broker takes certificates alone."""
    made = Branches(tmp_path)
    yield made
    made.clear()


def landed(site: Centre) -> set[str]:
    """The edges of which the ledger holds punches."""
    with site.ledger.read() as connection:
        return {edge for edge, _ in queries.counts(connection)}


def test_an_enrolled_edge_is_let_in_and_a_revoked_one_is_not(branches: Branches) -> None:
    """Its punch reaches the ledger by the certificate alone; once revoked, the broker turns it away."""
    for edge in ("pune-01", "surat-02", "thane-03"):
        branches.enrol(edge)
    with centre(branches.broker, str(branches.folder / "ledger.db")) as site:
        branches.punch("pune-01", 1)
        until(lambda: landed(site) == {"pune-01"})
        branches.edge_cli("revoke", "pune-01")
        branches.edge_cli("revoke", "surat-02")
        branches.broker.stop()
        log = branches.broker.folder / "mosquitto.log"
        before = log.stat().st_size
        branches.broker.start()
        branches.punch("surat-02", 2)
        until(lambda: "broker_lost" in (branches.folder / "surat-02.log").read_text())
        branches.punch("thane-03", 3)
        until(lambda: "thane-03" in landed(site))
        assert landed(site) == {"pune-01", "thane-03"}
        told = log.read_text()[before:]
        assert "certificate verify failed" in told
        assert "u'thane-03'" in told
        assert "u'surat-02'" not in told
        assert "u'pune-01'" not in told


def test_an_edge_speaks_for_no_other(branches: Branches) -> None:
    """With a good certificate of its own it is refused on the topics of another edge and of central."""
    branches.enrol("pune-01")
    codes: dict[int, ReasonCode] = {}
    up = threading.Event()
    client = new_client(branches.options("pune-01"), "pune-01")
    client.on_connect = lambda *_: up.set()
    client.on_publish = lambda _c, _u, mid, code, _p: codes.__setitem__(mid, code)
    client.connect("127.0.0.1", branches.port)
    client.loop_start()
    assert up.wait(30)
    asked = [
        TOPICS.facts("pune-01"),
        TOPICS.facts("surat-02"),
        TOPICS.receipts("surat-02"),
        TOPICS.central_status,
    ]
    sent = [client.publish(topic, b"x", qos=1).mid for topic in asked]
    until(lambda: len(codes) == len(sent))
    client.disconnect()
    client.loop_stop()
    assert [codes[mid].is_failure for mid in sent] == [False, True, True, True]


def test_the_board_tells_of_a_certificate_that_ends_soon(branches: Branches) -> None:
    """Thirty days before the edge falls silent the centre sees why it would, and what to do."""
    branches.enrol("pune-01", "--days", "20")
    topic = TOPICS.board("pune-01")
    with centre(branches.broker, str(branches.folder / "ledger.db")), peer(branches.broker, "anna") as anna:
        anna.subscribe(topic)
        branches.punch("pune-01", 1)

        def told() -> bool:
            entry = anna.last(topic, BoardEntry)
            return entry is not None and entry.reason == "certificate-ending"

        until(told)
        entry = anna.last(topic, BoardEntry)
        assert entry is not None
        assert "pune-01.crt ends on 20" in entry.evidence
        assert "punchwire-central edge" in entry.next_step
