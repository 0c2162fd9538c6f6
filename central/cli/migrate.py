"""The verb `migrate`: makes the ledger's tables, or brings them up to date."""

import argparse
import json
from datetime import UTC, datetime

from central import config
from central.cli.options import ledger_of


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    told = "make the ledger, or bring it to today's schema"
    parser = subparsers.add_parser("migrate", help=told, description=told)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Apply what is missing and name it."""
    with ledger_of(config.load(options.config), migrated=False) as ledger:
        applied = ledger.migrate(datetime.now(UTC))
        unknown = ledger.unknown_steps()
    if options.json:
        print(json.dumps({"applied": applied, "unknown": unknown}))
        return 0
    print("\n".join(f"applied {name}" for name in applied) or "nothing to do: the ledger is up to date")
    for name in unknown:
        print(f"{name} was applied by a newer central")
    return 0
