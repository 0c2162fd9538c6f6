"""Finds reader kinds by their entry points, and loads only the kinds that are configured."""

import difflib
from importlib.metadata import EntryPoint, entry_points

from edge.readers.reader import Reader

GROUP = "punchwire.readers"


class KindMissing(LookupError):
    """No installed package offers this kind of reader, or it cannot be loaded; the text says what to do."""


def kinds() -> dict[str, EntryPoint]:
    """Every installed kind of reader by its name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def reader_class(kind: str) -> type[Reader]:
    """Load the class of a kind. Raises KindMissing with the near matches or the missing driver."""
    known = kinds()
    if kind not in known:
        near = difflib.get_close_matches(kind, known, 1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; installed: {', '.join(sorted(known))}"
        raise KindMissing(f'no reader kind "{kind}"{hint}')
    try:
        loaded: type[Reader] = known[kind].load()
    except ImportError as error:
        raise KindMissing(
            f'reader kind "{kind}" needs a driver that is not installed ({error.name or error}); '
            f"install punchwire[{kind}]"
        ) from error
    return loaded
