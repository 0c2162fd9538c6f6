"""Owns what a resync says of a reader's log as a whole: another terminal, a log cleared or tampered with."""

from collections.abc import Iterator, Sequence

from central.resync.conflicts import Census, Word

_TOLD: dict[Word, str] = {
    "log-tampered": "missing in the middle of the log, which loses none by itself",
    "log-cleared": "cleared from the log",
    "log-overwritten": "overwritten by newer ones, since the log is full",
    "terminal-replaced": "of another terminal",
    "log-untold": "not held, by a terminal that does not tell what its log holds as a whole",
    "outbox-pruned": "pruned from the outbox, the only memory of such a reader",
}


def notices(census: Census, serial_before: str | None, words: Sequence[str]) -> Iterator[str]:
    """Sentences for a person, the gravest first; `words` are those of all verdicts."""
    if census.serial and serial_before and census.serial != serial_before:
        yield (
            f"terminal {census.serial} stands there now; the latest punches came from {serial_before}: "
            "was it replaced?"
        )
    for word, told in _TOLD.items():
        if count := words.count(word):
            yield f"{count} punches of the ledger are {told}"
    if count := words.count("clock-moved"):
        yield f"{count} punches stand in the log under another time: its clock or its zone was moved"
