"""How a kind of reader has its device examined for `punchwire-edge doctor`.

A class of readers may have a method `examine`. Of one that has none, the doctor opens a session and
looks what becomes of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from edge.findings import Finding
from edge.readers.reader import Moment


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an examination may know: the Pi's time, the reader's memo, how long to wait for a punch."""

    moment: Callable[[], Moment]
    memo: Mapping[str, str]
    listen_s: float


class Examinable(Protocol):
    """A reader that can examine its device. The daemon does not run meanwhile: the device is free."""

    def examine(self, circumstances: Circumstances) -> Iterator[Finding]:
        """Give findings as they are made, each in seconds.

        The device is left as it was; nothing is acknowledged, since nothing is stored. Raises nothing on
        purpose but ReaderFault, which is a finding, too.
        """
