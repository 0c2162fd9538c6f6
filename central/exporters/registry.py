"""Owns which kinds of exporter there are: those that installed packages offer."""

from central.exporters.exporter import Exporter
from ground.kinds import Kinds

EXPORTERS: Kinds[Exporter] = Kinds("punchwire.exporters", sort="exporter", section="export")
