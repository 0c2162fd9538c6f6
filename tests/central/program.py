"""The real punchwire-central as a process of its own, for tests that kill it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from simulators.mosquitto import Mosquitto

CONFIG = """
[central]
timezone = "Asia/Kolkata"
database = "{database}"
log_level = "debug"
{share}
[broker]
host = "127.0.0.1"
port = {port}
user = "central"
password_file = "{password_file}"
"""


class Program:
    """One central, started and stopped as a test wants. What it logs goes to `log`.

    `share` is its name where there are several.
    """

    def __init__(self, folder: Path, broker: Mosquitto, database: str, share: str = "") -> None:
        self.log = folder / f"central{share}.log"
        self.config = folder / f"central{share}.toml"
        self.config.write_text(
            CONFIG.format(
                database=database,
                port=broker.port,
                password_file=broker.password_file("central"),
                share=f'share = "{share}"' if share else "",
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **environment: str) -> None:
        """Start it; returns at once."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "central.cli", "run", "--config", str(self.config)],
                stderr=log,
                stdout=log,
                env={**os.environ, **environment},
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """End it as systemd would; returns its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """Its exit code, None while it runs."""
        return None if self._process is None else self._process.poll()

    def said(self, word: str) -> bool:
        """Whether the log has a line with this word."""
        return self.log.exists() and word in self.log.read_text()
