"""Promises of the command `punchwire` with central itself at the other end."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from simulators.mosquitto import Mosquitto
from tests.central.centre import centre, hand_edge
from tests.central.facts import terminal_punch
from tests.waiting import until

PUNCHWIRE = str(Path(sys.executable).with_name("punchwire"))
SPAN = ("--from", "2026-05-11", "--to", "2026-05-11")
WHY = ("--reason", "a test")


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
        refused = _run(broker, "resync", "--employee", "E9", *SPAN, *WHY)
        assert (refused.returncode, "E9" in refused.stderr) == (1, True)
        with _started(broker, "resync", "--employee", "E1", *SPAN, *WHY, "--json") as asking:
            edge.carry_out(edge.order(), punch)
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
            asking = stack.enter_context(_started(broker, "resync", "--employee", "E1", *SPAN, *WHY))
            until(edge.orders)
        with centre(broker, database):
            edge.carry_out(edge.order(), punch)
            out, err = asking.communicate(timeout=60)
    assert asking.returncode == 0, err
    header, row, *_ = out.splitlines()
    assert row[header.index("added") :].startswith("1")


def test_a_resync_is_tried_done_looked_at_and_undone(broker: Mosquitto, tmp_path: Path) -> None:
    """The whole of the command: what a dry run promises, an apply does, and undo takes back."""
    punch = terminal_punch(1, user="1")
    with centre(broker, str(tmp_path / "ledger.db")) as central, hand_edge(broker) as edge:
        edge.come_up("front-gate")
        until(lambda: central.watch.readers().get("pune-01"))
        with _started(broker, "resync", *SPAN, "--filter", "status=", "--dry-run", "--json") as asking:
            edge.carry_out(edge.order(), punch)
            out, err = asking.communicate(timeout=60)
        assert asking.returncode == 1, err
        told = json.loads(out)
        assert (told["readers"][0]["to_add"], told["days_changed"]) == (1, 1)
        assert [day["date"] for day in told["days"]] == ["2026-05-11"]
        with _started(broker, "resync", *SPAN, *WHY, "--request-id", "r-2") as asking:
            until(lambda: len(edge.orders()) == 2)
            edge.carry_out(edge.order(), punch)
            out, err = asking.communicate(timeout=60)
        assert (asking.returncode, "1 workdays have another result" in out) == (1, True), err
        rows = json.loads(_run(broker, "resync", "show", "r-2", "--what", "proof", "--json").stdout)
        assert [(row["device"], row["ledger"], row["equal"]) for row in rows] == [(1, 1, "yes")]
        assert "added" in _run(broker, "resync", "show", "r-2", "--what", "punches").stdout
        assert _run(broker, "resync", "undo", "r-2").stdout == "r-2 is undone\n"
        listed = json.loads(_run(broker, "resync", "list", "--json").stdout)
        assert (listed[0]["name"], listed[0]["state"]) == ("r-2", "undone")
        refused = _run(broker, "resync", "cancel", "r-2")
        assert (refused.returncode, "has ended already" in refused.stderr) == (1, True)


def test_a_resync_is_asked_about_again(broker: Mosquitto, tmp_path: Path) -> None:
    """A command that was ended early leaves an id; with it, the same resync is looked at, not begun anew."""
    with centre(broker, str(tmp_path / "ledger.db")) as central, hand_edge(broker) as edge:
        edge.come_up("front-gate")
        until(lambda: central.watch.readers().get("pune-01"))
        with _started(broker, "resync", "--employee", "E1", *SPAN, *WHY, "--request-id", "r-1"):
            until(edge.orders)
        edge.carry_out(edge.order())
        again = _run(broker, "resync", "--employee", "E1", *SPAN, *WHY, "--request-id", "r-1")
        assert (again.returncode, "reconciled" in again.stdout) == (0, True)
        assert len({order.order_id for order in edge.orders()}) == 1
