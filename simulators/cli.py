"""The command `punchwire-simulate`: devices that do not exist, each speaking its real protocol."""

import argparse
import signal
from collections.abc import Sequence

from simulators import keyboard_reader, serial_reader
from simulators.push_terminal import program as push_terminal
from simulators.terminal import program as terminal

KINDS = (terminal, push_terminal, serial_reader, keyboard_reader)
"""Each module offers `add(kinds)`: its sub-command, with a function `run(options) -> exit code`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the device that the arguments ask for. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="punchwire-simulate", description="Devices that do not exist, each speaking its real protocol."
    )
    kinds = parser.add_subparsers(title="devices", dest="kind", required=True, metavar="DEVICE")
    for kind in KINDS:
        kind.add(kinds)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return int(options.run(options))


if __name__ == "__main__":
    raise SystemExit(main())
