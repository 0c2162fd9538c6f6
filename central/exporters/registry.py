"""Finds kinds of exporters by their entry points, and loads only those that are configured."""

import difflib
from importlib.metadata import EntryPoint, entry_points

from central.exporters.exporter import Exporter

GROUP = "punchwire.exporters"


class KindMissing(LookupError):
    """No installed package offers this kind of exporter, or it cannot be loaded; the text says what to do."""


def kinds() -> dict[str, EntryPoint]:
    """Every installed kind of exporter by its name."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def exporter_class(kind: str) -> type[Exporter]:
    """Load the class of a kind. Raises KindMissing with the near matches or the missing package."""
    known = kinds()
    if kind not in known:
        near = difflib.get_close_matches(kind, known, 1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; installed: {', '.join(sorted(known))}"
        raise KindMissing(f'no kind of exporter "{kind}"{hint}')
    try:
        loaded: type[Exporter] = known[kind].load()
    except ImportError as error:
        raise KindMissing(
            f'the exporter "{kind}" needs a package that is not installed ({error.name or error})'
        ) from error
    return loaded
