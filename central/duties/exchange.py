"""The root of the process that deals with other systems: sends to them, and takes the list of people."""

from central.config import Config
from central.ledger.database import Ledger
from central.ledger.people import People
from central.outflow.pages import Pages
from central.outflow.sender import Sender
from central.post import Landed
from central.reimport import Reimport

_STOP_S = 1.0


class ExchangeDuty:
    """The exporters, fed, and the people, imported by schedule. Constructed without effects."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        pages = Pages(ledger, People(ledger), config.zones, config.pilots)
        self._parts: list[Sender | Reimport] = [Sender(plan, pages, ledger) for plan in config.exports]
        if config.people is not None:
            self._parts.append(Reimport(config.people, ledger, config.edges, config.zones.organization))

    def start(self) -> None:
        """Begin."""
        for part in self._parts:
            part.start()

    def landed(self, landed: Landed) -> None:
        """Exporters look at the ledger by themselves."""

    def stop(self) -> None:
        """Finish what is at hand if that is soon enough; it is done again otherwise."""
        for part in self._parts:
            part.stop(_STOP_S)

    @property
    def alive(self) -> bool:
        """Whether all threads live."""
        return all(part.alive for part in self._parts)
