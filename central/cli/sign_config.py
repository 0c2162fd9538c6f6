"""The verb `sign-config`: signs an edge's configuration, for edges that take no other."""

import argparse
import sys
from pathlib import Path

REFUSED = 1


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    told = "sign an edge.toml, for edges that have a config.pub beside theirs"
    parser = subparsers.add_parser("sign-config", help=told, description=told)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="the edge.toml; FILE.sig is written beside it"
    )
    parser.add_argument("--key", type=Path, required=True, metavar="KEY", help="the private key")
    parser.add_argument(
        "--new", action="store_true", help="make the key first, and its public half beside it"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Sign it; status 1 if that cannot be done."""
    from central.authority import config_key  # noqa: PLC0415 - the daemon does not carry its library
    from central.authority.folder import AuthorityError  # noqa: PLC0415

    try:
        if options.new:
            print(f"{config_key.make(options.key)}: put it beside each edge.toml, as config.pub")
        print(config_key.sign(options.file, options.key))
    except AuthorityError as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0
