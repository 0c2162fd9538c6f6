"""Logins that the broker refuses stand in the audit, from a real broker to a real line."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from central.ledger import audit
from central.ledger.database import Ledger
from central.requests.logins import EVERY, Logins
from ground.mqtt import BrokerOptions, new_client
from simulators.mosquitto import Mosquitto
from tests.central.program import Program
from tests.waiting import until

NOW = datetime(2026, 5, 11, 8, tzinfo=UTC)
CAME = "1795345085: New connection from 192.0.2.7:44266 on port 8883."
REFUSED = "1795345085: Client <unknown> disconnected, not authorised."


def test_refusals_are_told_with_where_they_came_from() -> None:
    """The first at once, later ones together, and a connection that was let in is none."""
    logins = Logins()
    logins.hear("1795345085: New client connected from 192.0.2.1:1 as pune-01 (p2, c1, k60, u'pune-01').")
    assert logins.due(NOW) is None
    for line in (CAME, REFUSED):
        logins.hear(line)
    first = logins.due(NOW)
    assert first is not None
    assert (first.times, first.addresses, first.clients) == (1, ("192.0.2.7",), ())
    for _ in range(500):
        logins.hear(CAME.replace("192.0.2.7", "2001:db8::7"))
        logins.hear(REFUSED.replace("<unknown>", "thief"))
    assert logins.due(NOW + EVERY - timedelta(seconds=1)) is None
    later = logins.due(NOW + EVERY)
    assert later is not None
    assert (later.times, later.addresses, later.clients) == (500, ("2001:db8::7",), ("thief",))
    assert logins.due(NOW + 2 * EVERY) is None


def test_wrong_password_at_the_broker_stands_in_the_audit(tmp_path: Path, broker: Mosquitto) -> None:
    """Whoever tries a password is known to the audit a moment later."""
    central = Program(tmp_path, broker, str(tmp_path / "ledger.db"))
    central.start()
    try:
        until(lambda: central.said("client=central-desk"))
        wrong = tmp_path / "wrong"
        wrong.write_text("guess")
        options = BrokerOptions(host="127.0.0.1", port=broker.port, user="anna", password_file=wrong)
        client = new_client(options, "thief")
        with contextlib.suppress(OSError):
            client.connect("127.0.0.1", broker.port)
            client.loop_start()
        ledger = Ledger(str(tmp_path / "ledger.db"))

        def told() -> list[audit.Entry]:
            with ledger.read() as connection:
                return [entry for entry in audit.entries(connection) if entry.verb == "login"]

        until(told)
        client.loop_stop()
    finally:
        central.kill()
    lines = told()
    ledger.close()
    assert lines[0].actor == "broker"
    assert lines[0].detail["outcome"] == "refused"
    assert lines[0].detail["addresses"] == ["127.0.0.1"]
