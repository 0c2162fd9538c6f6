"""Tells early that a certificate ends: by its dates in a file, beside the Pi's clock."""

from datetime import timedelta
from pathlib import Path

from edge.certificate import NotACertificate, Validity, of_pem
from edge.readers.reader import Moment

EARLY = timedelta(days=30)
"""So long before its end a certificate is told of: a branch may have to be visited."""


def dates_of(path: Path | None) -> Validity | None:
    """When the certificate in a file begins and ends; None if there is none that can be read."""
    try:
        return None if path is None else of_pem(path.read_text(encoding="ascii", errors="replace"))
    except (OSError, NotACertificate):
        return None


def ending(what: object, dates: Validity | None, moment: Moment) -> str:
    """What to say of a certificate that ends within `EARLY`, "" of any other.

    A clock that nobody ever set says nothing of it.
    """
    if dates is None or moment.trust == "unset" or dates.ends - moment.utc > EARLY:
        return ""
    days = (dates.ends - moment.utc).days
    return f"{what} ends on {dates.ends:%Y-%m-%d}, in {days} days" if days >= 0 else f"{what} is over"
