"""The whole way out: facts over a real broker, a real central, and a real HTTP server that takes rows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.cli import main
from simulators.mosquitto import Mosquitto
from tests.central.exporters.hrms import Hrms, running_hrms
from tests.central.exporters.test_http import SECRET
from tests.central.facts import envelope, terminal_punch
from tests.central.program import Program
from tests.peer import TOPICS, Peer, peer
from tests.waiting import until
from wire.receipt import Receipt
from wire.vitals import Status

EDGE = "pune-01"
_EXPORT = """
[[export]]
name = "hrms"
kind = "http"
what = ["punches"]
rows = 50
url = "{url}"
secret_file = "{secret}"
"""


@pytest.fixture
def hrms() -> Iterator[Hrms]:
    """The other side."""
    with running_hrms() as running:
        yield running


@pytest.fixture
def central(tmp_path: Path, broker: Mosquitto, hrms: Hrms) -> Iterator[Program]:
    """A central with an exporter, not started yet."""
    program = Program(tmp_path, broker, str(tmp_path / "ledger.db"))
    secret = tmp_path / "hrms.secret"
    secret.write_text(SECRET)
    program.config.write_text(program.config.read_text() + _EXPORT.format(url=hrms.url, secret=secret))
    yield program
    program.kill()


def bring(edge: Peer, first: int, last: int) -> None:
    """Let an edge send punches, and wait until central has them."""
    until(lambda: (seen := edge.last(TOPICS.central_status, Status)) is not None and seen.online)
    edge.send(TOPICS.facts(EDGE), envelope(first, *map(terminal_punch, range(first, last + 1))))
    until(lambda: (seen := edge.last(TOPICS.receipts(EDGE), Receipt)) is not None and seen.upto_seq == last)


def test_every_punch_reaches_the_hrms_whatever_is_killed(
    central: Program, broker: Mosquitto, hrms: Hrms, capsys: pytest.CaptureFixture[str]
) -> None:
    """An HRMS that is away, and a central that is killed, cost no punch; repetitions bear known ids."""
    hrms.judge = lambda _: (503, {}, b"closed")
    with peer(broker, EDGE) as edge:
        edge.subscribe(TOPICS.receipts(EDGE))
        edge.subscribe(TOPICS.central_status)
        central.start()
        bring(edge, 1, 120)
        until(lambda: central.said("export_failed"))
        assert main(["--config", str(central.config), "exports"]) == 1
        assert "stopped: HTTP 503: closed" in capsys.readouterr().out
        central.kill()
        until(lambda: (seen := edge.last(TOPICS.central_status, Status)) is not None and not seen.online)
        hrms.judge = None
        central.start()
        bring(edge, 121, 130)
        until(lambda: len({row["punch"] for row in hrms.rows()}) == 130)
    central.kill()
    ids = [headers["webhook-id"] for headers, _ in hrms.posted]
    assert len(hrms.rows()) == 130 or len(set(ids)) < len(ids)
    assert main(["--config", str(central.config), "exports", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["exporter"], told["what"], told["trouble"]) == ("hrms", "punches", "")


def test_person_can_send_again_and_go_past(
    central: Program, broker: Mosquitto, hrms: Hrms, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that the other side refuses can be skipped, and everything can be sent once more."""
    hrms.judge = lambda body: (422, {}, b"no") if len(json.loads(body)["rows"]) == 50 else (204, {}, b"")
    exports = ["--config", str(central.config), "exports"]
    with peer(broker, EDGE) as edge:
        edge.subscribe(TOPICS.receipts(EDGE))
        edge.subscribe(TOPICS.central_status)
        central.start()
        bring(edge, 1, 60)
        until(lambda: central.said("export_failed"))
        assert main([*exports, "--skip", "hrms"]) == 0
        until(lambda: len(hrms.rows()) == 10)
        hrms.judge = None
        assert main([*exports, "--again", "hrms"]) == 0
        until(lambda: len({row["punch"] for row in hrms.rows()}) == 60)
    assert main([*exports, "--again", "payroll"]) == 1
    assert "there is no exporter payroll" in capsys.readouterr().err
