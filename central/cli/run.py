"""The verb `run`: central at work, until it is told to stop."""

import argparse
import signal

from central import config
from ground.journal import open_journal
from ground.systemd import notifier


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    told = "take in punches until stopped"
    subparsers.add_parser("run", help=told, description=told).set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the service."""
    settings = config.load(options.config)
    open_journal(settings.central.log_level)
    # numpy starts threads as it is imported; a signal must find none that would die of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    from central.service import Service  # noqa: PLC0415 - the other verbs start without it

    return Service(settings, options.config).run(notifier())
