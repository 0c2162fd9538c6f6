"""Where the uplink is measured: a broker of its own, with TLS or without, and the product's central."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.idle import busy_s, family
from ground.mqtt import BrokerOptions
from simulators.mosquitto import Mosquitto
from tests.edge.doctor.authority import Authority

REST_S = 0.5
EDGE = "pune-01"


def rested(pid: int) -> None:
    """Wait until a process and its children do next to nothing: starting up is not what is measured."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        before = sum(map(busy_s, family(pid)))
        time.sleep(REST_S)
        if sum(map(busy_s, family(pid))) - before < REST_S / 20:
            return
    raise TimeoutError("central does not come to rest")


class Place:
    """A folder with a broker; `options` is how a user connects to it. Built idle.

    The ledger is a file in the folder unless `database` names another place.
    """

    def __init__(
        self, folder: Path, *, tls: bool, edges: Sequence[str] = (EDGE,), database: str | None = None
    ) -> None:
        self._database = database
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._ca: Path | None = None
        extra = ""
        if tls:
            authority = Authority(folder / "authority")
            pem, key = authority.certificate("broker")
            self._ca = authority.pem
            extra = f"cafile {authority.pem}\ncertfile {pem}\nkeyfile {key}\n"
        self.broker = Mosquitto(folder / "broker", dict.fromkeys(("central", *edges), "secret"), extra=extra)

    def options(self, user: str) -> BrokerOptions:
        """How a user of this broker connects."""
        return BrokerOptions(
            host="127.0.0.1",
            port=self.broker.port,
            user=user,
            password_file=self.broker.password_file(user),
            ca=self._ca,
        )

    @contextmanager
    def running_broker(self) -> Iterator[None]:
        """The broker, empty at first and gone afterwards."""
        self.broker.start()
        try:
            yield
        finally:
            self.broker.stop()

    @contextmanager
    def running_central(self, share: str = "") -> Iterator[int]:
        """The product's central as a process; its id. `share` is its name where there are several."""
        options = self.options("central")
        config = self.folder / f"central{share}.toml"
        lines = [
            "[central]",
            'timezone = "Asia/Kolkata"',
            f'database = "{self._database or self.ledger}"',
            *([f'share = "{share}"'] if share else []),
            'log_level = "warning"',
            "[broker]",
            f'host = "{options.host}"',
            f"port = {options.port}",
            f'user = "{options.user}"',
            f'password_file = "{options.password_file}"',
            *([f'ca = "{options.ca}"'] if options.ca else []),
        ]
        config.write_text("\n".join(lines) + "\n")
        command = [str(Path(sys.executable).with_name("punchwire-central")), "--config", str(config), "run"]
        process = subprocess.Popen(command)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)

    @property
    def ledger(self) -> Path:
        """Central's database, where it is a file."""
        return self.folder / "ledger.db"
