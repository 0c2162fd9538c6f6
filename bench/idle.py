"""Measures an edge at rest: memory, processor and flash, with one reader of each kind.

    python -m bench.idle [--seconds N] [--tls] [--json]

The site is the demo's (real broker, central, terminal and serial simulators), with a push port that no
terminal visits and a keyboard reader whose device is not plugged, as where the kernel offers none. Memory is
the resident size of the daemon and of its terminal child, and once more both with what they share counted
once; processor is user and system time of the daemon and its children. Flash is what the daemon sent to the
disk once it had nothing more to do of its start; its log is left out.
"""

import argparse
import compileall
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

import edge
import ground
import wire
from demo.eyes import Eyes
from demo.stage import PERSON
from ground.mqtt import BrokerOptions
from simulators.mosquitto import free_port
from tests.edge.doctor.authority import Authority
from tests.journeys.site import Site
from tests.waiting import until

KEYBOARD = (
    '\n[[reader]]\nname = "door"\nkind = "usb-rfid"\ndevice = "/dev/input/by-id/none"\nnotation = "10D"\n'
)
PUSH = """
[[reader]]
name = "hall"
kind = "zkteco-push"
serial = "IDLE1"
address = "127.0.0.1"
port = {port}
"""
REST_S = 70.0
"""The account of a day that is over is written a minute after the start."""
TICKS = os.sysconf("SC_CLK_TCK")


class IdleSite(Site):
    """A site whose edge says nothing in its log, so that all it writes is its outbox; with TLS if wanted."""

    def __init__(self, folder: Path, *, tls: bool) -> None:
        self._ca: Path | None = None
        super().__init__(folder, log=300)
        if tls:
            authority = Authority(folder / "authority")
            pem, key = authority.certificate("broker")
            self._ca = authority.pem
            self.broker.extra = f"cafile {self._ca}\ncertfile {pem}\nkeyfile {key}\n"
            self.eyes = Eyes(self._options(PERSON))

    def _write(self, name: str, head: str, user: str, port: int, sections: list[str] | None = None) -> None:
        super()._write(name, head, user, port, sections)
        path = self.folder / name
        told = path.read_text().replace("[edge]\n", '[edge]\nlog_level = "error"\n')
        if self._ca is not None:
            told = told.replace("[broker]\n", f'[broker]\nca = "{self._ca}"\n')
        path.write_text(told)

    def _options(self, user: str) -> BrokerOptions:
        return msgspec.structs.replace(super()._options(user), ca=self._ca)


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()] + [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        if task.name != str(pid)
        for child in (task / "children").read_text().split()
    ]


def family(pid: int) -> list[int]:
    """A process, and all that came of it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def resident_mb(pid: int) -> float:
    """Resident size, in MB of 10^6 bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def shared_mb(pid: int) -> float:
    """Resident size, each page divided by the processes that share it."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")) / 1e6


def wakeups(pid: int) -> int:
    """How often threads of a process have gone to sleep so far."""
    told = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int(text.split("\nvoluntary_ctxt_switches:")[1].split()[0]) for text in told)


def busy_s(pid: int) -> float:
    """Processor seconds so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def written(pid: int) -> int:
    """Bytes sent to the disk so far."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def rested(pid: int) -> None:
    """Wait until a process writes nothing any more: what it had to do when it began is done."""
    wrote = -1
    while (now := written(pid)) > wrote:
        wrote = now
        time.sleep(REST_S)


def measure(seconds: float, *, tls: bool) -> dict[str, float]:
    """Let a site settle, then watch its edge for a while; its modules are compiled, as installers do it."""
    for package in (edge, ground, wire):
        compileall.compile_dir(package.__path__[0], quiet=1)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        site = IdleSite(Path(folder).absolute(), tls=tls)
        site.add_reader(KEYBOARD + PUSH.format(port=free_port()), under="/usr/bin/env")
        try:
            site.build()
            until(lambda: site.ledger_count() >= 300)
            process = site.edge._process  # noqa: SLF001 - the bench looks from outside
            assert process is not None
            rested(process.pid)
            everybody = [process.pid, *children(process.pid)]
            busy, bytes_before, began = sum(map(busy_s, everybody)), written(process.pid), time.monotonic()
            woken = sum(map(wakeups, everybody))
            time.sleep(seconds)
            took = time.monotonic() - began
            return {
                "daemon resident MB": resident_mb(process.pid),
                "terminal child resident MB": sum(map(resident_mb, everybody[1:])),
                "both, shared pages once MB": sum(map(shared_mb, everybody)),
                "wakeups a second": (sum(map(wakeups, everybody)) - woken) / took,
                "percent of one core": 100 * (sum(map(busy_s, everybody)) - busy) / took,
                "flash MB a day": (written(process.pid) - bytes_before) / took * 86400 / 1e6,
            }
        finally:
            site.clear()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.seconds, tls=options.tls)
    if options.json:
        print(json.dumps(figures))
        return 0
    for what, figure in figures.items():
        print(f"{what:<28} {figure:>8.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
