"""Finds reader kinds by their entry points, and loads only the kinds that are configured."""

import importlib

from edge.readers.reader import Reader
from ground.installed import offered

GROUP = "punchwire.readers"


class KindMissing(LookupError):
    """No installed package offers this kind of reader, or it cannot be loaded; the text says what to do."""


def kinds() -> dict[str, str]:
    """Every installed kind of reader: where its class is, by its name."""
    return offered(GROUP)


def reader_class(kind: str) -> type[Reader]:
    """Load the class of a kind. Raises KindMissing with the near matches or the missing driver."""
    known = kinds()
    if kind not in known:
        raise KindMissing(f'no reader kind "{kind}"{_hint(kind, known)}')
    module, _, name = known[kind].partition(":")
    try:
        loaded: type[Reader] = getattr(importlib.import_module(module), name)
    except ImportError as error:
        raise KindMissing(
            f'reader kind "{kind}" needs a driver that is not installed ({error.name or error}); '
            f"install punchwire[{kind}]"
        ) from error
    return loaded


def _hint(kind: str, known: dict[str, str]) -> str:
    import difflib  # noqa: PLC0415 - only for mistakes

    near = difflib.get_close_matches(kind, known, 1)
    return f'; did you mean "{near[0]}"?' if near else f"; installed: {', '.join(sorted(known))}"
