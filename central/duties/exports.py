"""The root of the process that sends to other programs: builds a sender for each exporter."""

from central.config import Config
from central.ledger.database import Ledger
from central.ledger.people import People
from central.outflow.pages import Pages
from central.outflow.sender import Sender
from central.post import Landed

_STOP_S = 1.0


class ExportsDuty:
    """The exporters, fed. Constructed without effects."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        pages = Pages(ledger, People(ledger), config.zones)
        self._senders = [Sender(plan, pages, ledger) for plan in config.exports]

    def start(self) -> None:
        """Begin to send."""
        for sender in self._senders:
            sender.start()

    def landed(self, landed: Landed) -> None:
        """Exporters look at the ledger by themselves."""

    def stop(self) -> None:
        """Finish the batches at hand if that is soon enough; they are sent again otherwise."""
        for sender in self._senders:
            sender.stop(_STOP_S)

    @property
    def alive(self) -> bool:
        """Whether all threads live."""
        return all(sender.alive for sender in self._senders)
