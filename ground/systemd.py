"""Tells systemd how a daemon is: ready, alive, stopping; silent where systemd did not start us."""

import os
from collections.abc import Callable

Notify = Callable[[str], None]


def notifier() -> Notify:
    """The way to tell systemd a state such as READY=1; does nothing without systemd, or systemd-python."""
    if "NOTIFY_SOCKET" not in os.environ:
        return _nobody
    try:
        from systemd.daemon import notify  # noqa: PLC0415 - only where systemd runs us
    except ImportError:
        return _nobody
    tell: Notify = notify
    return tell


def _nobody(_state: str) -> None:
    pass
