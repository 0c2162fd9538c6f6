"""Measures the way from a reader's emit to central's receipt, beside a bare script on the same broker.

    python -m bench.uplink [--live N] [--drain N] [--rounds N] [--json]

Product and script run in turns; each line shows the medians of the rounds and the median of the ratios.
`live` is append (durable at the edge) to receipt (durable at central), one punch at a time. `drain` is a
backlog sent to the last receipt. Both edges run in this process, both centrals in one of their own.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import bare
from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.uplink.pump import Pump
from ground.mqtt import BrokerOptions
from simulators.mosquitto import Mosquitto
from tests.edge.making import punch
from wire.facts import BATCH_LIMIT
from wire.order import Order
from wire.vitals import Birth, Heartbeat

_CENTRAL = """
[central]
timezone = "Asia/Kolkata"
database = "{folder}/ledger.db"
log_level = "warning"
[broker]
host = "127.0.0.1"
port = {port}
user = "central"
password_file = "{secret}"
"""


class Edge:
    """The product's edge without readers: outbox and pump, and the voice that the daemon would give them."""

    def __init__(self, options: BrokerOptions, folder: Path) -> None:
        prepare(folder / "outbox.db")
        self.outbox = Outbox(folder / "outbox.db")
        self._moved = threading.Event()
        settle = self.outbox.settle

        def settle_and_tell(upto: int) -> None:
            settle(upto)
            self._moved.set()

        self.outbox.settle = settle_and_tell  # type: ignore[method-assign] # the clock of this bench
        self.pump = Pump(options, "pune-01", self.outbox, self)
        self.outbox.appended = self.pump.wake

    def birth(self) -> Birth:
        """Who it is."""
        mark = self.outbox.mark
        return Birth(
            edge="pune-01",
            version="bench",
            config_hash="",
            boot_id="",
            outbox_id=mark.outbox_id,
            next_seq=mark.newest + 1,
            settled=mark.settled,
            at=datetime.now(UTC),
        )

    def heartbeat(self, session: str, unconfirmed_s: float) -> Heartbeat:
        """How it is."""
        return Heartbeat(
            at=datetime.now(UTC),
            session=session,
            uptime_s=unconfirmed_s,
            trust="synced",
            backlog=self.outbox.mark.backlog,
        )

    def order(self, order: Order) -> None:
        """Nobody orders anything here."""

    def settled(self, upto: int, within_s: float) -> None:
        """Wait for the receipt of a fact."""
        deadline = time.monotonic() + within_s
        while self.outbox.mark.settled < upto:
            if not self._moved.wait(deadline - time.monotonic()):
                raise TimeoutError(f"settled {self.outbox.mark.settled} of {upto}")
            self._moved.clear()

    def live(self, number: int) -> float:
        """One punch; seconds until its receipt."""
        one = punch(number, "live")
        began = time.perf_counter()
        self.outbox.append("gate", [one])
        self.settled(self.outbox.mark.newest, 20)
        return time.perf_counter() - began

    def fill(self, first: int, count: int) -> None:
        """Let punches wait."""
        for at in range(first, first + count, BATCH_LIMIT):
            self.outbox.append("gate", [punch(n) for n in range(at, min(at + BATCH_LIMIT, first + count))])

    def drain(self) -> float:
        """Open the uplink on what waits; seconds from central's being seen to the last receipt."""
        self.pump.start()
        while not self.pump._window.is_open:  # noqa: SLF001 - connecting is not what is measured
            time.sleep(0.0005)
        began = time.perf_counter()
        self.settled(self.outbox.mark.newest, 60)
        return time.perf_counter() - began

    def close(self) -> None:
        """Stop."""
        self.pump.stop(2)
        self.outbox.close()


@contextmanager
def product_central(broker: Mosquitto, folder: Path) -> Iterator[None]:
    """The product's central as a process."""
    secret = broker.password_file("central")
    config = folder / "central.toml"
    config.write_text(_CENTRAL.format(folder=folder, port=broker.port, secret=secret))
    command = [str(Path(sys.executable).with_name("punchwire-central")), "--config", str(config), "run"]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def run_round(folder: Path, live: int, drain: int) -> dict[str, dict[str, float]]:
    """One turn of both; figures by what is measured, then by who."""
    folder.mkdir()
    figures: dict[str, dict[str, float]] = {"live p50 ms": {}, "live p99 ms": {}, "drain punches/s": {}}
    broker = Mosquitto(folder / "broker", {"central": "c", "pune-01": "e"})
    broker.start()
    try:
        of = {
            user: BrokerOptions(
                host="127.0.0.1", port=broker.port, user=user, password_file=broker.password_file(user)
            )
            for user in ("central", "pune-01")
        }
        with bare.running_central(of["central"], folder / "bare-central.db"):
            script = bare.Edge(of["pune-01"], folder / "bare-edge.db")
            _note(figures, "script", [script.live(n) for n in range(live)])
            script.fill(live, drain)
            figures["drain punches/s"]["script"] = drain / script.drain(drain, BATCH_LIMIT, 4)
            script.close()
    finally:
        broker.stop()
    broker.start()
    try:
        with product_central(broker, folder):
            edge = Edge(of["pune-01"], folder)
            edge.fill(0, drain)
            figures["drain punches/s"]["product"] = drain / edge.drain()
            _note(figures, "product", [edge.live(10_000_000 + n) for n in range(live)])
            edge.close()
    finally:
        broker.stop()
    return figures


def _note(figures: dict[str, dict[str, float]], who: str, seconds: list[float]) -> None:
    steady = sorted(seconds[len(seconds) // 10 :])
    figures["live p50 ms"][who] = 1000 * statistics.median(steady)
    figures["live p99 ms"][who] = 1000 * steady[int(len(steady) * 0.99)]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--live", type=int, default=400)
    parser.add_argument("--drain", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=".") as folder:
        rounds = []
        for at in range(options.rounds):
            print(f"round {at + 1} of {options.rounds}", file=sys.stderr)
            rounds.append(run_round(Path(folder) / str(at), options.live, options.drain))
    table = {
        what: {
            "script": statistics.median(it[what]["script"] for it in rounds),
            "product": statistics.median(it[what]["product"] for it in rounds),
            "ratio": statistics.median(it[what]["product"] / it[what]["script"] for it in rounds),
        }
        for what in rounds[0]
    }
    if options.json:
        print(json.dumps(table))
        return 0
    print(f"{'what':<18} {'script':>10} {'product':>10} {'ratio':>7}")
    for what, row in table.items():
        print(f"{what:<18} {row['script']:>10.2f} {row['product']:>10.2f} {row['ratio']:>7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
