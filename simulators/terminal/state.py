"""What a terminal remembers: users, log, clock, options, and whether it is disabled. No network."""

import struct
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from simulators.terminal.records import IMPOSSIBLE, RECORDS, Record, User, pack_time

_SIZES = struct.Struct("<23i")
_BATTERY_DEAD = datetime(2000, 1, 1)  # noqa: DTZ001 - terminals know no zone


class State:
    """The memory of one terminal. Safe from any thread; it outlives sessions and restarts.

    `now` gives the true wall clock of the place; the terminal's own is that plus `drift`.
    """

    def __init__(
        self,
        serial: str,
        users: Sequence[User],
        log: Sequence[Record],
        layout: str,
        user_size: int,
        capacity: int,
        now: Callable[[], datetime],
    ) -> None:
        self.serial = serial
        self.users = {user.uid: user for user in users}
        self.fingers = set(self.users)
        """The slots whose users have put a finger on the terminal."""
        self.log = list(log)
        self.layout = layout
        self.user_size = user_size
        self.capacity = capacity
        self.disabled = False
        self.drift = timedelta()
        self.options: dict[str, str] = {
            "~Platform": "ZMM220_TFT",
            "~DeviceName": "Simulator",
            "MAC": "00:17:61:00:00:01",
            "~ZKFPVersion": "10",
            "~PIN2Width": "14",
            "IPAddress": "127.0.0.1",
            "NetMask": "255.0.0.0",
            "GATEIPAddress": "0.0.0.0",  # noqa: S104 - an answer, nothing is bound to it
        }
        self.firmware = "Ver 6.60 Apr 28 2017"
        self.heard: Counter[int] = Counter()
        """How often each command was heard of, for whoever wonders what a client does."""
        self.lock = threading.RLock()
        self._now = now

    def clock(self) -> datetime:
        """The terminal's wall clock, whole seconds."""
        return (self._now() + self.drift).replace(microsecond=0)

    def set_clock(self, wall: datetime) -> None:
        """Set the wall clock."""
        self.drift = wall - self._now()

    def reset_clock(self) -> None:
        """Lose the time as with a dead battery."""
        self.set_clock(_BATTERY_DEAD)

    def update_firmware(self) -> None:
        """Run another firmware."""
        self.firmware += "b"

    def disable(self) -> None:
        """Let nobody punch until somebody enables the terminal, or it starts again."""
        self.disabled = True

    def add(self, user: User) -> None:
        """Write a user into its slot."""
        with self.lock:
            self.users[user.uid] = user

    def forget(self, uid: int) -> User | None:
        """Delete the user of a slot, and their finger with them; None if nobody was there."""
        with self.lock:
            self.fingers.discard(uid)
            return self.users.pop(uid, None)

    def find(self, user_id: str) -> User | None:
        """The user with this id."""
        with self.lock:
            return next((user for user in self.users.values() if user.user_id == user_id), None)

    def punch(self, user: User, status: int, punch: int, at: datetime | None = None) -> Record | None:
        """Log a punch; None while the terminal is disabled. A full log loses its oldest record."""
        with self.lock:
            if self.disabled:
                return None
            record = Record(user.uid, user.user_id, pack_time(at or self.clock()), status, punch)
            self.append(record)
            return record

    def append(self, record: Record) -> None:
        """Write a record behind the others, whatever it says."""
        with self.lock:
            self.log.append(record)
            del self.log[: max(len(self.log) - self.capacity, 0)]

    def append_impossible(self, user: User | None) -> None:
        """Write a record of 31 February."""
        uid, user_id = (1, "1") if user is None else (user.uid, user.user_id)
        self.append(Record(uid, user_id, IMPOSSIBLE))

    def clear_log(self) -> None:
        """Forget every record."""
        with self.lock:
            self.log.clear()

    def remove_record(self) -> None:
        """Forget one record in the middle, if there is one with neighbours."""
        with self.lock:
            if len(self.log) > 2:  # noqa: PLR2004 - one on each side
                del self.log[len(self.log) // 2]

    def sizes(self) -> bytes:
        """The answer to the question for the sizes: 92 bytes."""
        with self.lock:
            fields = [0] * 23
            fields[4], fields[6], fields[8] = len(self.users), len(self.fingers), len(self.log)
            fields[14], fields[15], fields[16] = 10_000, 10_000, self.capacity
            fields[17], fields[18] = 10_000 - len(self.users), 10_000 - len(self.fingers)
            fields[19] = self.capacity - len(self.log)
            fields[22] = 3_000
            return _SIZES.pack(*fields)

    def log_bytes(self) -> bytes:
        """The log as a dataset: the number of bytes, then the records."""
        encode = RECORDS[self.layout]
        with self.lock:
            return _dataset(b"".join(map(encode, self.log)))

    def user_bytes(self) -> bytes:
        """The users as a dataset."""
        with self.lock:
            return _dataset(b"".join(user.encode(self.user_size) for user in self.users.values()))

    def option(self, name: str) -> str | None:
        """The text of an option."""
        return self.serial if name == "~SerialNumber" else self.options.get(name)


def _dataset(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body
