"""The verb `edge`: certificates for edges and the broker. What its words do is in `certificates`."""

import argparse
import re
from pathlib import Path

import msgspec

from central.cli.options import a_count
from wire.punch import EdgeId

_EDGE_DAYS, _BROKER_DAYS = 730, 3650
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,64}")


def add(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the program."""
    says = "issue, renew, revoke and list the certificates by which edges log in at the broker"
    parser = subparsers.add_parser("edge", help=says, description=says)
    behind = argparse.ArgumentParser(add_help=False)
    behind.add_argument("--config", type=Path, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    words = parser.add_subparsers(dest="do", required=True, metavar="WHAT")

    def word(name: str, told: str) -> argparse.ArgumentParser:
        return words.add_parser(name, help=told, description=told, parents=[behind])

    word("authority", "make the authority whose certificates the broker and all edges trust")
    broker = word("broker", "issue the broker's own certificate")
    broker.add_argument(
        "--host",
        action="append",
        required=True,
        type=_host,
        help="a name or address by which edges reach the broker; may be repeated",
    )
    enrol = word("enrol", "issue an edge's first certificate")
    renew = word("renew", "issue a further certificate; the one before is good until its own end")
    revoke = word("revoke", "take back every certificate of an edge")
    for sub, days in ((broker, _BROKER_DAYS), (enrol, _EDGE_DAYS), (renew, _EDGE_DAYS)):
        sub.add_argument("--days", type=a_count, default=days, help="how long it is good (%(default)s)")
        sub.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="where the files go")
    for sub in (enrol, renew):
        sub.add_argument(
            "--request", type=Path, metavar="FILE", help="a signing request, if the edge made its key itself"
        )
        sub.add_argument("name", type=_name, metavar="NAME", help="the edge's id")
    revoke.add_argument("name", type=_host, metavar="NAME", help="the edge's id, or the broker's first host")
    listing = word("list", "list every certificate, how long it is good, and when its edge was last heard of")
    listing.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do what is asked."""
    from central.cli import certificates  # noqa: PLC0415 - the daemon does not carry its library

    return certificates.run(options)


def _name(text: str) -> str:
    try:
        return msgspec.convert(text, EdgeId)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is no id of an edge: 1 to 32 of a-z, 0-9 and -") from None


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name or address of a host")
    return text
