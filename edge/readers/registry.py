"""Owns which kinds of reader there are: those that installed packages offer."""

from edge.readers.reader import Reader
from ground.kinds import Kinds

READERS: Kinds[Reader] = Kinds(
    "punchwire.readers", sort="reader", section="reader", remedy="; install punchwire[{kind}]"
)
kinds, reader_class = READERS.offered, READERS.load
