"""The command `punchwire-central`: one verb a file, each with `add` for its flags and `run` for its work."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from central.cli import (
    audit_verify,
    backup,
    check_config,
    edge,
    explain,
    exports,
    migrate,
    people,
    quarantine,
    review,
    run,
    shifts,
    sign_config,
    take,
    user,
)
from central.config import DEFAULT_PATH
from central.ledger.database import Damaged, LedgerError
from ground.settings import SettingsError

FAILED = 1
EX_DATAERR = 65
EX_CONFIG = 78
_VERBS = (
    run,
    check_config,
    migrate,
    people,
    shifts,
    take,
    quarantine,
    review,
    explain,
    user,
    edge,
    sign_config,
    audit_verify,
    exports,
    backup,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    0 done, 1 failed or refused, 2 usage, 65 the ledger is damaged, 78 mistakes in the configuration.
    """
    options = _parser().parse_args(argv)
    try:
        code: int = options.run(options)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "cryptography":
            raise
        print("certificates need the package cryptography; install punchwire[pki]", file=sys.stderr)
        return FAILED
    except Damaged as error:
        print(f"the ledger {error}", file=sys.stderr)
        return EX_DATAERR
    except LedgerError as error:
        print(f"the ledger cannot be used: {error}", file=sys.stderr)
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="punchwire-central",
        description="Keeps the ledger of all punches: takes them in, confirms them, and judges every reader.",
    )
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, help="central.toml (default: %(default)s)"
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for verb in _VERBS:
        verb.add(verbs)
    for sub in verbs.choices.values():
        sub.add_argument("--config", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser
