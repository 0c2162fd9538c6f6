"""Log events with fields: to journald where systemd runs us, else readable lines on standard error."""

import logging
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class Journal:
    """Writes events for one part of a daemon.

    An event is a stable word; its fields are upper-cased for journald. Never give it a password, a
    key or a template; badge numbers at debug only.
    """

    def __init__(self, part: str) -> None:
        self._log = logging.getLogger(f"punchwire.{part}")
        self._part = part

    def debug(self, event: str, **fields: object) -> None:
        """Tell what only a developer wants to know, and every repeat of a known trouble."""
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        """Tell one finished unit of work, or a recovery."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Tell the first failure of its kind."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Tell what needs a person."""
        self._write(logging.ERROR, event, fields)

    def _write(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        if self._log.isEnabledFor(level):
            self._log.log(level, event, extra={"part": self._part, "fields": dict(fields)})


class _Line(logging.Formatter):
    """`2026-05-11T08:00:00Z info uplink batch_settled upto=500`."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = " ".join(f"{name}={_shown(value)}" for name, value in getattr(record, "fields", {}).items())
        part = getattr(record, "part", record.name)
        return f"{at} {record.levelname.lower()} {part} {record.getMessage()} {fields}".rstrip()


class _ToJournald(logging.Handler):
    """Sends each event to journald with its fields in upper case."""

    def __init__(self) -> None:
        super().__init__()
        from systemd.journal import send  # noqa: PLC0415 - only where systemd runs us

        self._send = send
        self._program = Path(sys.argv[0]).name

    def emit(self, record: logging.LogRecord) -> None:
        fields = {name.upper(): str(value) for name, value in getattr(record, "fields", {}).items()}
        told = " ".join(f"{name.lower()}={value}" for name, value in fields.items())
        self._send(
            f"{record.getMessage()} {told}".rstrip(),
            PRIORITY=_PRIORITY.get(record.levelno, 6),
            EVENT=record.getMessage(),
            PART=getattr(record, "part", record.name),
            SYSLOG_IDENTIFIER=self._program,
            **fields,
        )


def _shown(value: object) -> str:
    text = str(value)
    return repr(text) if " " in text or not text else text


def open_journal(level: str = "info") -> None:
    """Send the events of this process to journald, or to standard error where there is none."""
    root = logging.getLogger("punchwire")
    root.setLevel(level.upper())
    root.propagate = False
    handler: logging.Handler | None = None
    if os.environ.get("JOURNAL_STREAM"):
        try:
            handler = _ToJournald()
        except ImportError:
            handler = None
    if handler is None:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Line())
    root.handlers[:] = [handler]
