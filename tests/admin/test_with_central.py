"""Promises of the command `punchwire` with central itself at the other end."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from simulators.mosquitto import Mosquitto
from tests.central.centre import HandEdge, centre, hand_edge, utc_now
from tests.central.facts import terminal_punch
from tests.waiting import until
from wire.facts import OrderOutcome, RereadReport
from wire.order import RereadOrder
from wire.punch import Punch

PUNCHWIRE = str(Path(sys.executable).with_name("punchwire"))
SPAN = ("--from", "2026-05-11", "--to", "2026-05-11")


def _command(broker: Mosquitto, *arguments: str) -> list[str]:
    secret = str(broker.password_file("anna"))
    place = ["--host", "127.0.0.1", "--port", str(broker.port), "--user", "anna", "--password-file", secret]
    return [PUNCHWIRE, *arguments, *place]


def _run(broker: Mosquitto, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(broker, *arguments), capture_output=True, text=True, timeout=90, check=False
    )


@contextmanager
def _started(broker: Mosquitto, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command at work; killed at the end of the block if it has not ended."""
    process = subprocess.Popen(
        _command(broker, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _carry_out(edge: HandEdge, *punches: Punch) -> None:
    """Answer the first order with a report of these punches."""
    until(edge.orders)
    order = edge.orders()[0]
    assert isinstance(order, RereadOrder)
    report = RereadReport(
        order_id=order.order_id,
        reader="front-gate",
        outcome="read",
        at=utc_now(),
        total=len(punches),
        punch_ids=tuple(punch.punch_id for punch in punches),
    )
    edge.tell(report, OrderOutcome(order_id=order.order_id, outcome="done", at=utc_now()))


def test_the_whole_command_with_central(broker: Mosquitto, tmp_path: Path) -> None:
    """Status, punches, summary and resync tell the same story about one punch."""
    punch = terminal_punch(1, user="1")
    with centre(broker, str(tmp_path / "ledger.db")) as central, hand_edge(broker) as edge:
        edge.come_up("front-gate")
        edge.tell(punch)
        until(lambda: central.watch.readers().get("pune-01"))

        def board() -> list[dict[str, object]]:
            return list(json.loads(_run(broker, "status", "--json").stdout))

        until(lambda: [line["color"] for line in board()] == ["green", "green"])
        told = json.loads(_run(broker, "punches", *SPAN, "--employee", "E1", "--json").stdout)
        assert [(row["punch_id"], row["name"]) for row in told] == [(punch.punch_id, "Asha")]
        assert json.loads(_run(broker, "summary", "--json").stdout)["punches"] == 1
        refused = _run(broker, "resync", "--employee", "E9", *SPAN)
        assert (refused.returncode, "E9" in refused.stderr) == (1, True)
        with _started(broker, "resync", "--employee", "E1", *SPAN, "--json") as asking:
            _carry_out(edge, punch)
            out, err = asking.communicate(timeout=60)
    assert asking.returncode == 0, err
    assert json.loads(out)["readers"][0]["matched"] == 1


def test_a_resync_is_followed_over_a_restart_of_central(broker: Mosquitto, tmp_path: Path) -> None:
    """The command that waits hears the outcome, though central died and came back in between."""
    punch = terminal_punch(1, user="1")
    database = str(tmp_path / "ledger.db")
    with hand_edge(broker) as edge, ExitStack() as stack:
        with centre(broker, database) as central:
            edge.come_up("front-gate")
            until(lambda: central.watch.readers().get("pune-01"))
            asking = stack.enter_context(_started(broker, "resync", "--employee", "E1", *SPAN))
            until(edge.orders)
        with centre(broker, database):
            _carry_out(edge, punch)
            out, err = asking.communicate(timeout=60)
    assert asking.returncode == 1, err
    assert "only on device" in out
    assert f"only on device, pune-01/front-gate: {punch.punch_id}" in out


def test_a_resync_is_asked_about_again(broker: Mosquitto, tmp_path: Path) -> None:
    """A command that was ended early leaves an id; with it, the same resync is looked at, not begun anew."""
    with centre(broker, str(tmp_path / "ledger.db")) as central, hand_edge(broker) as edge:
        edge.come_up("front-gate")
        until(lambda: central.watch.readers().get("pune-01"))
        with _started(broker, "resync", "--employee", "E1", *SPAN, "--request-id", "r-1"):
            until(edge.orders)
        _carry_out(edge)
        again = _run(broker, "resync", "--employee", "E1", *SPAN, "--request-id", "r-1")
        assert (again.returncode, "reconciled" in again.stdout) == (0, True)
        assert len({order.order_id for order in edge.orders()}) == 1
