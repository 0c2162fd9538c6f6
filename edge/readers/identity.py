"""Makes punch ids from device facts alone, so that every way of reading gives the same id.

A punch id is 16 bytes, written as 32 hex digits: 6 of milliseconds since 1970, so that a ledger keyed by it
grows at its end, and 10 of BLAKE2b over the facts.
"""

from datetime import UTC, datetime
from hashlib import blake2b

_SEPARATOR = b"\x1f"
_LATEST_MS = (1 << 48) - 1


def _punch_id(at: datetime, *facts: str) -> str:
    milliseconds = min(max(int(at.timestamp() * 1000), 0), _LATEST_MS)
    digest = blake2b(_SEPARATOR.join(fact.encode() for fact in facts), digest_size=10)
    return milliseconds.to_bytes(6, "big").hex() + digest.hexdigest()


def terminal_punch_id(serial: str, user_id: str, wall: datetime, occurrence: int = 1) -> str:
    """The id of a record of a terminal's log.

    `wall` is the terminal's own naive time, read as if it were UTC: the id needs an order, not a zone.
    `occurrence` numbers equal records (same user, same second) of one log from 1.
    """
    second = wall.replace(microsecond=0, tzinfo=UTC)
    return _punch_id(second, "terminal", serial, user_id, second.strftime("%Y%m%d%H%M%S"), str(occurrence))


def memoryless_punch_id(life: str, local_count: int, at: datetime) -> str:
    """The id of a punch from a reader without memory: a life of the daemon and a count make it unique."""
    return _punch_id(at, "local", life, str(local_count))
