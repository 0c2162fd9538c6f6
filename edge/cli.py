"""The command `punchwire-edge`: run, check-config, migrate, status, outbox, feedback, doctor, probe."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.config import DEFAULT_PATH, Config, load
from edge.signature import check
from ground.alone import NotAlone, alone
from ground.journal import open_journal
from ground.settings import SettingsError

EX_CONFIG = 78
EX_UNAVAILABLE = 69


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0 done, 1 failed, 2 usage, 69 not there, 78 configuration."""
    options = _parser().parse_args(argv)
    if options.verb in (_doctor, _probe):
        return int(options.verb(options))
    try:
        if options.verb in (_run, _check):
            check(options.config)
        config = load(options.config)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    code: int = options.verb(config, options)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="punchwire-edge",
        description="Reads the punch devices of one branch and carries every punch to central.",
    )
    parser.add_argument("--config", type=Path, default=DEFAULT_PATH, help="edge.toml (default: %(default)s)")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    for name, verb, told in (
        ("run", _run, "read the devices until stopped"),
        ("check-config", _check, "tell every mistake in the configuration"),
        ("migrate", _migrate, "make the outbox, or bring it to today's schema"),
        ("status", _status, "show the outbox's marks"),
        ("feedback", _feedback, "a line and a bell for each punch that the daemon has stored"),
        ("outbox", _outbox, "list the facts that wait for a receipt; export writes them into a file"),
    ):
        sub = verbs.add_parser(name, help=told, description=told)
        sub.set_defaults(verb=verb)
        if verb in (_status, _outbox, _feedback):
            sub.add_argument("--json", action="store_true", help="print JSON")
        if verb is _feedback:
            sub.add_argument("--run", metavar="COMMAND", default="", help="run this for each punch")
        if verb is _outbox:
            sub.add_argument(
                "--limit", type=_positive, default=20, help="facts to list (default: %(default)s)"
            )
            _add_export(sub)
    _add_doctor(verbs.add_parser("doctor", help="examine readers, uplink and this machine"))
    _add_probe(verbs.add_parser("probe", help="find a card reader's section from cards with known numbers"))
    return parser


def _add_export(outbox: argparse.ArgumentParser) -> None:
    told = "write what waits into a file for punchwire-central take; safe beside the running daemon"
    sub = outbox.add_subparsers(metavar="export").add_parser("export", help=told, description=told)
    sub.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file, as on a USB stick")
    sub.add_argument("--all", action="store_true", help="everything that is kept, settled or not")
    sub.set_defaults(verb=_export)


def _add_doctor(sub: argparse.ArgumentParser) -> None:
    sub.description = "Tries every part of this edge; tells what answered, and what to do."
    sub.epilog = "Exit code: 0 all is good, 1 something is wrong. Safe beside the running daemon."
    sub.add_argument("--reader", metavar="NAME", help="examine one reader alone")
    sub.add_argument("--listen", type=float, default=3.0, metavar="S", help="wait so long for a card (3)")
    sub.add_argument("--json", action="store_true", help="print one JSON object")
    sub.set_defaults(verb=_doctor)


def _add_probe(sub: argparse.ArgumentParser) -> None:
    sub.description = "Finds the section for a card reader from cards whose printed numbers are known."
    sub.epilog = (
        "Stop the daemon first: it holds the readers. Exit code: 0 found, 1 not certain, 69 no reader."
    )
    sub.add_argument("--device", metavar="PATH", help="the reader; may be left out if only one is plugged in")
    sub.add_argument(
        "--card",
        action="append",
        metavar="NUMBERS",
        help="all that is printed on a card, as 0009334109/142,27997; once for each card, in their order",
    )
    sub.add_argument("--baud", type=int, default=9600, help="of a serial reader (%(default)s)")
    sub.add_argument("--wait", type=float, default=60.0, metavar="S", help="for each card (%(default)g)")
    sub.set_defaults(verb=_probe)


def _run(config: Config, _options: argparse.Namespace) -> int:
    from edge.buffer.store import OutboxError  # noqa: PLC0415 - the other verbs start without the daemon
    from edge.daemon import STOP_SIGNALS, Daemon  # noqa: PLC0415
    from ground.systemd import notifier  # noqa: PLC0415

    open_journal(config.edge.log_level)
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        with alone(config.edge.state_dir):
            return Daemon(config).run(notifier())
    except NotAlone as error:
        print(f"{error}; stop the other edge first (sudo systemctl stop punchwire-edge)", file=sys.stderr)
        return 1
    except OutboxError as error:
        print(f"{config.outbox_path}: {error}; check the card and the folder's owner", file=sys.stderr)
        return 1


def _check(config: Config, options: argparse.Namespace) -> int:
    readers = ", ".join(it.name for it in config.readers) or "none"
    print(f"{options.config}: good; edge {config.edge.id}, readers: {readers}")
    return 0


def _migrate(config: Config, _options: argparse.Namespace) -> int:
    from edge.buffer.migrations import prepare_told  # noqa: PLC0415 - loads sqlite-utils

    return prepare_told(config.outbox_path)


def _status(config: Config, options: argparse.Namespace) -> int:
    from edge.bedside import settled_in  # noqa: PLC0415 - only verbs that look visit the daemon
    from edge.buffer.inspection import NothingThere, marks  # noqa: PLC0415 - loads sqlite-utils

    try:
        seen = marks(config.outbox_path, settled_in(config.edge.state_dir))
    except NothingThere as error:
        print(error, file=sys.stderr)
        return EX_UNAVAILABLE
    if options.json:
        print(_json({"edge": config.edge.id, **seen}))
        return 0
    print(f"edge      {config.edge.id}")
    for name, value in seen.items():
        print(f"{name:<9} {value}")
    return 0


def _outbox(config: Config, options: argparse.Namespace) -> int:
    from edge.bedside import settled_in  # noqa: PLC0415 - only verbs that look visit the daemon
    from edge.buffer.inspection import NothingThere, unsettled  # noqa: PLC0415 - loads sqlite-utils

    try:
        rows = unsettled(config.outbox_path, options.limit, settled_in(config.edge.state_dir))
    except NothingThere as error:
        print(error, file=sys.stderr)
        return EX_UNAVAILABLE
    for row in rows:
        if options.json:
            print(_json(row))
        else:
            print(f"{row['seq']:>10}  {row['at']}  {row['owner']:<16}  {row['fact']}")
    if not rows and not options.json:
        print("nothing waits: central has confirmed every fact")
    return 0


def _export(config: Config, options: argparse.Namespace) -> int:
    from edge import carrying  # noqa: PLC0415 - the daemon does not carry it

    return carrying.run(config, options.to, everything=options.all)


def _feedback(config: Config, options: argparse.Namespace) -> int:
    from edge import listening  # noqa: PLC0415 - the daemon does not carry it

    if config.feedback is None:
        print(
            f"{options.config}: no [feedback] names a socket; add one and restart the edge", file=sys.stderr
        )
        return EX_CONFIG
    return listening.run(config.feedback.socket, options.run, as_json=options.json)


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


def _json(told: object) -> str:
    import json  # noqa: PLC0415 - the daemon does not carry it

    return json.dumps(told)


def _doctor(options: argparse.Namespace) -> int:
    from edge.doctor import command  # noqa: PLC0415 - the daemon does not carry it

    return command.run(options.config, only=options.reader, listen_s=options.listen, as_json=options.json)


def _probe(options: argparse.Namespace) -> int:
    from edge import probing  # noqa: PLC0415 - the daemon does not carry it

    return probing.run(options)


if __name__ == "__main__":
    sys.exit(main())
