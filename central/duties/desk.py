"""The root of the process that keeps board and accounts and serves people: builds and wires up the parts."""

from central.accounting.keeper import Accounting
from central.bus import Bus, Wanted
from central.config import Config
from central.forgetting import Forgetting
from central.ledger.database import Ledger
from central.ledger.people import People
from central.post import Delivery, Landed
from central.requests.desk import Requests
from central.users import users_of
from central.watch.watcher import Watch
from wire.topics import BROKER_LOG, Topics


class DeskDuty:
    """The board, the accounts, and the people's desk. Constructed without effects."""

    def __init__(self, config: Config, ledger: Ledger) -> None:
        topics = Topics(config.broker.prefix)
        wanted = (
            Wanted(topics.status("+")),
            Wanted(topics.birth("+")),
            Wanted(topics.heartbeat("+"), qos=0),
            Wanted(topics.request("+", "+")),
            Wanted(BROKER_LOG, qos=0),
            # What an earlier central left on the board.
            Wanted(topics.whole_board, others=True),
        )
        self._bus = Bus(
            config.broker, wanted, self._route, self._connected, share=config.central.share, name="desk"
        )
        people = People(ledger)
        self._watch = Watch(
            topics,
            self._bus.publish,
            ledger,
            returned=self._returned,
            edges=config.edges,
            pilots=config.pilots.edges,
        )
        self._requests = Requests(
            topics,
            self._bus.publish,
            ledger,
            people,
            config.zones,
            self._watch.readers,
            heartbeats=self._watch.heartbeats,
            sites=config.sites,
            users=users_of(config, ledger, people),
            options=config.options,
            daily=config.daily,
        )
        self._accounting = Accounting(
            topics,
            self._bus.publish,
            ledger,
            tell=self._watch.differing,
            every_s=config.account.every_s,
        )
        days = config.retention.diagnostics_days
        self._forgetting = None if days is None else Forgetting(ledger, days)

    def start(self) -> None:
        """Begin."""
        self._watch.start()
        self._requests.start()
        self._accounting.start()
        if self._forgetting is not None:
            self._forgetting.start()
        self._bus.start()

    def landed(self, landed: Landed) -> None:
        """Take note of what the intake stored."""
        self._watch.landed(landed)
        self._requests.landed(landed)

    def stop(self) -> None:
        """Answer what is being answered; open resyncs go on when central is back."""
        if self._forgetting is not None:
            self._forgetting.stop()
        self._accounting.stop()
        self._requests.stop()
        self._watch.stop()
        self._bus.stop()

    @property
    def alive(self) -> bool:
        """Whether all threads live."""
        forgets = self._forgetting is None or self._forgetting.alive
        return all(
            (self._watch.alive, self._requests.alive, self._accounting.alive, self._bus.alive, forgets)
        )

    def _route(self, delivery: Delivery) -> None:
        if delivery.levels[0] in ("admin", "broker"):
            self._requests.take(delivery)
        else:
            self._watch.take(delivery)

    def _connected(self) -> None:
        self._watch.connected()
        self._requests.connected()

    def _returned(self, edge: str) -> None:
        self._requests.returned(edge)
