"""Owns the thread that serves people: takes requests, and has each answered by whom it concerns.

Resyncs have a thread of their own: what they do takes longer than others want to wait.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from central.access import roles
from central.access.changing import ChangeRefused
from central.access.scope import Sight
from central.ledger import audit, orders
from central.ledger.database import Ledger, LedgerError
from central.ledger.people import People
from central.ledger.staff import Staff
from central.post import Delivery, Landed, Readers, Respond
from central.requests.answering import Answering
from central.requests.asking import Asking, Refusal, Unclear, read_request
from central.requests.clock_desk import ClockDesk, Heartbeats
from central.requests.enrolment_desk import EnrolmentDesk
from central.requests.logins import Logins
from central.requests.replies import Replies
from central.requests.resyncs.building import Surroundings, resync_desk
from central.requests.saved import with_saved
from central.requests.sights import Sights
from central.resync.daily import DailyOptions
from central.rules.plan import Options
from central.users import Users
from central.workdays.interpretation import Sites
from central.zones import Zones
from ground.journal import Journal
from wire.clocks import ClockRequest
from wire.enrolment import EnrolmentRequest
from wire.resync import ResyncRequest, ResyncsRequest
from wire.topics import Topics

TICK_S = 1.0
LOOK_AGAIN_S = 2.0
"""Open orders are looked at so often even without news: for the deadline, and after the ledger was away."""
ACCOUNTS_AGAIN_S = 30.0
"""The broker's accounts are compared with the users so often, whoever had his hands on them in between."""

NEVER = DailyOptions(daily="")

journal = Journal("requests")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Connected:
    """The bus is connected, for the first time or again."""


@dataclass(frozen=True, slots=True)
class _Returned:
    """An edge is there again."""

    edge: str


class Requests:
    """Serves people. `take`, `landed`, `connected` and `returned` only take a note, on any thread.

    It wants the messages below `admin/+/+`, and the broker's log. `readers` gives the readers of each edge
    that is known, `heartbeats` what edges said last, `sites` roles and branches, `users` decides who may do
    what, `options` are those of the rules, `daily` those of the resyncs that nobody asks for.
    """

    def __init__(
        self,
        topics: Topics,
        publish: Respond,
        ledger: Ledger,
        people: People,
        zones: Zones,
        readers: Readers,
        *,
        heartbeats: Heartbeats = dict,
        sites: Sites | None = None,
        users: Users | None = None,
        options: Options | None = None,
        daily: DailyOptions = NEVER,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._topics = topics
        self._publish = publish
        self._ledger = ledger
        self._users = users or Users(ledger, people)
        self._sights = Sights(people)
        options = options or Options(zone=str(zones.organization))
        sites, staff = sites or Sites(zones), Staff(ledger)
        self._answering = Answering(ledger, zones, sites, self._users, options, staff, readers)
        self._replies = Replies(topics, publish, ledger, clock)
        self._resyncs = resync_desk(
            Surroundings(topics, publish, ledger, people, staff, sites, readers, options, daily, clock),
            self._replies,
        )
        self._clocks = ClockDesk(topics, publish, ledger, zones, readers, heartbeats, self._replies, clock)
        self._enrolment = EnrolmentDesk(topics, publish, ledger, sites, readers, self._replies, clock)
        self._clock = clock
        self._notes: SimpleQueue[Delivery | Landed | _Connected | _Returned | None] = SimpleQueue()
        self._ledger = ledger
        self._logins = Logins()
        self._look_again = self._accounts_again = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="requests", daemon=True)

    def take(self, delivery: Delivery) -> None:
        """Note a message of a person."""
        self._notes.put(delivery)

    def landed(self, landed: Landed) -> None:
        """Note that edges told something of orders."""
        if landed.orders:
            self._notes.put(landed)

    def connected(self) -> None:
        """Note that the bus is connected; orders that could not be handed over before go out now."""
        self._notes.put(_Connected())

    def returned(self, edge: str) -> None:
        """Note that an edge is there: its open orders are given again."""
        self._notes.put(_Returned(edge))

    def start(self) -> None:
        """Begin to serve."""
        self._resyncs.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for the thread. Open resyncs go on when central is back."""
        self._stop.set()
        self._notes.put(None)
        if self._thread.is_alive():
            self._thread.join()
        self._resyncs.stop()

    @property
    def alive(self) -> bool:
        """Whether its threads still do their work."""
        return self._thread.is_alive() and self._resyncs.alive

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                note = self._notes.get(timeout=TICK_S)
            except Empty:
                note = None
            with suppress(LedgerError):
                self._serve(note)
                self._tell_refused_logins()
                if time.monotonic() >= self._look_again:
                    self._look_again = time.monotonic() + LOOK_AGAIN_S
                    self._clocks.follow(None)
                    self._enrolment.follow(None)
                if time.monotonic() >= self._accounts_again:
                    self._accounts_again = time.monotonic() + ACCOUNTS_AGAIN_S
                    self._users.write_accounts()

    def _serve(self, note: Delivery | Landed | _Connected | _Returned | None) -> None:
        match note:
            case Delivery(levels=("admin", user, verb), payload=payload) if payload:
                self._request(user, verb, note)
            case Delivery(levels=("broker", "log"), payload=payload):
                self._logins.hear(payload.decode(errors="replace"))
            case Landed(orders=order_ids):
                self._resyncs.landed(order_ids)
                self._clocks.follow(order_ids)
                self._enrolment.follow(order_ids)
            case _Connected():
                self._resyncs.connected()
            case _Returned(edge):
                self._repeat_orders(edge)
            case _:
                pass

    def _tell_refused_logins(self) -> None:
        refused = self._logins.due(self._clock())
        if refused is not None:
            detail = {"outcome": "refused", **asdict(refused)}
            journal.warning("logins_refused", times=refused.times, addresses=",".join(refused.addresses))
            with self._ledger.write() as connection:
                audit.record(connection, self._clock(), "broker", "login", "", detail)

    def _repeat_orders(self, edge: str) -> None:
        """Give an edge that is there again what it has still to carry out."""
        with self._ledger.read() as connection:
            waiting = orders.open_orders(connection, edge, self._clock())
        for order in waiting:
            self._publish(self._topics.orders(edge), order)

    def _request(self, user: str, verb: str, delivery: Delivery) -> None:
        asked = read_request(user, verb, delivery.payload)
        if (named := asked.request_id) is not None:
            self._replies.wanted_at(user, named, delivery.response, delivery.correlation)
        if isinstance(asked, Unclear):
            self._replies.refused(user, verb, asked.request_id, asked.reason)
            return
        request_id = asked.request_id
        decision = roles.decide(user, self._users.find(user), verb)
        if isinstance(decision, roles.Denied):
            self._replies.refused(user, verb, request_id, decision.reason)
            return
        try:
            sight = self._sights.of(decision.scope)
            self._carry_out(with_saved(self._ledger, asked, sight), sight)
        except (Refusal, ChangeRefused) as refusal:
            self._replies.refused(user, verb, request_id, str(refusal))
        except LedgerError:
            self._replies.send(user, request_id, "failed", reason="the ledger is away; ask again in a minute")
            raise
        except Exception as error:  # noqa: BLE001 - one odd request must not silence the desk for all others
            journal.error("request_failed", user=user, verb=verb, request=request_id, error=repr(error))
            self._replies.send(
                user, request_id, "failed", reason=f"central could not carry it out: {error!r}"
            )

    def _carry_out(self, asked: Asking, sight: Sight) -> None:
        match asked.request:
            case ResyncRequest() | ResyncsRequest():
                self._resyncs.take(asked, sight)
            case ClockRequest() as request:
                self._clocks.serve(asked, request)
            case EnrolmentRequest() as request:
                self._enrolment.serve(asked, request, sight.directory)
            case _:
                self._replies.done(asked, *self._answering.answer(asked, sight, self._clock()))
