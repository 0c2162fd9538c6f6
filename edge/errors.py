"""What can go wrong with a reader, named after what the caller can do about it.

ReaderFault
├── Unreachable      it was not there: the back-off series goes on
├── Lost             it was there and went away: a fresh back-off series
└── Misconfigured    a human must act: this reader alone is parked
"""


class ReaderFault(Exception):
    """A reader's session ended. `reason` is a word of `wire.reasons`, `evidence` is what was seen."""

    def __init__(self, reason: str, evidence: str) -> None:
        super().__init__(f"{reason}: {evidence}")
        self.reason = reason
        self.evidence = evidence


class Unreachable(ReaderFault):
    """The device could not be opened. Trying again later may help."""


class Lost(ReaderFault):
    """The device was open and working, then failed. Trying again at once may help."""


class Misconfigured(ReaderFault):
    """Trying again cannot help until a person changes something."""
