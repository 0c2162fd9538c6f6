"""The verb `check-config`: tells every mistake of central.toml."""

import argparse

from central import config


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    told = "tell every mistake in the configuration"
    subparsers.add_parser("check-config", help=told, description=told).set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the configuration; its mistakes end the program with status 78."""
    settings = config.load(options.config)
    pilots = f", pilots: {', '.join(sorted(settings.pilots.edges))}" if settings.pilots.edges else ""
    told = f"{len(settings.branches)} branches{pilots}, database {settings.central.database}"
    print(f"{options.config}: good; {told}")
    return 0
