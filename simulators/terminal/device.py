"""The terminal as a whole: people punch at it, one client reads it, and things happen to it."""

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Self

from simulators.terminal.faults import AT_ONCE, Faults, check
from simulators.terminal.frames import Command, Frame
from simulators.terminal.history import FINGER, invent_log, invent_users
from simulators.terminal.listener import Listener, Transport
from simulators.terminal.records import USUAL_EVENT, Record, User, encode_event
from simulators.terminal.session import Session
from simulators.terminal.slot import SecondClient, Slot
from simulators.terminal.state import State

_ATTENDANCE = 1
_FIRST_SESSION = 7000
_OTHER_CODE = 7


def local_wall() -> datetime:
    """The wall clock of the machine's own zone, naive as terminals have it."""
    return datetime.now().astimezone().replace(tzinfo=None)


class Terminal:
    """A simulated terminal; the constructor opens nothing.

    `users` is how many to invent, or the users themselves; `log` likewise. `layout` is a key of
    `records.RECORDS`, `user_size` 72 or 28, `capacity` how many records fit. `event_size` is the size
    of a live event (None: what goes with the layout). `comm_key` 0 asks for none. `port` 0 takes a free
    one, and keeps it. `second_client` says what becomes of a second client. `now` gives the true wall
    clock of the place.
    """

    def __init__(
        self,
        *,
        serial: str = "CJ7F194760042",
        users: int | Sequence[User] = 10,
        log: int | Sequence[Record] = 0,
        layout: str = "40",
        user_size: int = 72,
        capacity: int = 200_000,
        event_size: int | None = None,
        comm_key: int = 0,
        address: str = "127.0.0.1",
        port: int = 0,
        transport: Transport = "both",
        second_client: SecondClient = "refuse",
        seed: int = 1,
        now: Callable[[], datetime] = local_wall,
    ) -> None:
        people = invent_users(users) if isinstance(users, int) else list(users)
        past = invent_log(people, log, now().replace(microsecond=0), seed) if isinstance(log, int) else log
        self.state = State(serial, people, past, layout, user_size, capacity, now)
        self.faults = Faults()
        self.address = address
        self.port = port
        self.event_size = event_size if event_size is not None else USUAL_EVENT[layout]
        self._transport = transport
        self._comm_key = comm_key
        self._slot = Slot(second_client)
        self._numbers = itertools.count(_FIRST_SESSION + seed)
        self._listener: Listener | None = None
        self._lock = threading.RLock()
        self._turns = itertools.count()
        self._deeds: dict[str, Callable[[], object]] = {
            "odd-record": lambda: self.state.append_impossible(self._next_user()),
            "clock-reset": self.state.reset_clock,
            "serial-changed": self._change_serial,
            "firmware-changed": self.state.update_firmware,
            "disabled": self.state.disable,
            "log-cleared": self.state.clear_log,
            "log-rolled": self._roll_log,
            "record-removed": self.state.remove_record,
            "restart": self.restart,
        }

    def start(self) -> None:
        """Come onto the network. Raises OSError if the port is taken."""
        with self._lock:
            if self._listener is None:
                listener = Listener(self.serial, self.faults, self._slot, self._open_session, self.restart)
                self._listener = listener
                self.port = listener.start(self.address, self.port, self._transport)

    def stop(self) -> None:
        """Vanish from the network, as with the power cut; the memory stays for the next `start`."""
        with self._lock:
            listener, self._listener = self._listener, None
            if listener is not None:
                listener.stop()

    def restart(self) -> None:
        """Start again, as after a power cut: sessions end, and the terminal is enabled."""
        with self._lock:
            if self._listener is not None:
                self.stop()
                self.state.disabled = False
                self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _open_session(self, piece: int) -> Session:
        number = next(self._numbers) & 0xFFFF
        return Session(number, self.state, self.faults, self._comm_key, piece, self.punch)

    @property
    def serial(self) -> str:
        """The serial number."""
        return self.state.serial

    @property
    def users(self) -> list[User]:
        """The users by slot."""
        with self.state.lock:
            return [self.state.users[uid] for uid in sorted(self.state.users)]

    @property
    def log(self) -> list[Record]:
        """The records, oldest first."""
        with self.state.lock:
            return list(self.state.log)

    @property
    def clients(self) -> int:
        """How many sessions there are: 0 or 1."""
        return self._slot.taken

    @property
    def connections(self) -> int:
        """How many connections over TCP there were."""
        return self._slot.knocked

    @property
    def listeners(self) -> int:
        """How many of them asked for live events."""
        return self._slot.listening

    def punch(
        self,
        user_id: str | None = None,
        *,
        status: int = FINGER,
        punch: int = 0,
        at: datetime | None = None,
    ) -> Record | None:
        """Somebody punches (the users in turn, unless named); None while the terminal is disabled.

        Raises LookupError for a user that the terminal does not know.
        """
        user = self._next_user() if user_id is None else self.state.find(user_id)
        if user is None:
            raise LookupError(f'the terminal has no user "{user_id}"' if user_id else "nobody is enrolled")
        record = self.state.punch(user, status, punch, at)
        if record is not None and not self.faults.take("deaf-events"):
            self._announce(record)
        return record

    def _next_user(self) -> User | None:
        users = self.users
        return users[next(self._turns) % len(users)] if users else None

    def _announce(self, record: Record) -> None:
        if self.faults.on("live-codes"):
            record = Record(record.uid, record.user_id, record.stamp, record.status, _OTHER_CODE)
        self._slot.push(Frame(Command.EVENT, _ATTENDANCE, 0, encode_event(record, self.event_size)))

    def fault(self, name: str, times: int | None = None, **figures: float) -> None:
        """Let a fault happen: at once, or from now on (`times`: for so many occasions).

        Raises ValueError for a name that `faults.NAMES` does not have.
        """
        check(name)
        if name in AT_ONCE:
            self._deeds[name]()
            return
        self.faults.set(name, times, **figures)
        if name == "refuse":
            self.stop()

    def _change_serial(self) -> None:
        self.state.serial = f"X{self.serial}"[:24]

    def _roll_log(self) -> None:
        self.state.capacity = len(self.log)
        for _ in range(max(len(self.log) // 10, 1)):
            self.punch()

    def heal(self, name: str | None = None) -> None:
        """End one lasting fault, or all of them."""
        refused = self.faults.on("refuse") is not None
        self.faults.clear(name)
        if refused and self.faults.on("refuse") is None:
            self.start()
