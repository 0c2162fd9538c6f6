"""The verbs `backup` and `restore`: a copy of the ledger made while central works, and put in its place."""

import argparse
import json
from datetime import datetime
from pathlib import Path

from central import config
from central.cli.options import a_count
from central.crew import PATIENCE_S
from central.ledger import custody
from central.ledger.database import database_url


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs to the program."""
    for name, run, told in (
        ("backup", _back_up, "copy the ledger to a file while central works, and examine the copy"),
        ("restore", _restore, "put a copy into the place of the ledger, while central does not work"),
    ):
        parser = subparsers.add_parser(name, help=told, description=told)
        parser.add_argument("file", type=Path, metavar="FILE", help="the copy")
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.set_defaults(run=run)
        if name == "backup":
            parser.add_argument(
                "--daily",
                type=a_count,
                metavar="N",
                help="FILE is a folder: name the copy by the date, and keep the newest N",
            )


def _back_up(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    url, copy = database_url(settings.central.database), options.file
    if options.daily is None:
        count = custody.back_up(url, copy)
    else:
        today = datetime.now().astimezone().date()
        copy, count = custody.back_up_daily(url, copy, today, options.daily)
    if options.json:
        print(json.dumps({"file": str(copy), "punches": count}))
    else:
        print(f"{copy}: {count} punches; the copy was examined and is whole")
    return 0


def _restore(options: argparse.Namespace) -> int:
    settings = config.load(options.config)
    count, kept = custody.restore(database_url(settings.central.database), options.file, PATIENCE_S)
    if options.json:
        told = {"file": str(options.file), "punches": count, "kept_as": None if kept is None else str(kept)}
        print(json.dumps(told))
        return 0
    print(f"{options.file} is the ledger now: {count} punches")
    if kept is not None:
        print(f"the ledger that was there is kept as {kept}")
    print("start punchwire-central; the branches send again what is newer")
    return 0
