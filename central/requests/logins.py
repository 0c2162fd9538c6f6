"""Owns what the broker says of refused logins: gathered from its log, told once a minute at the most."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

EVERY = timedelta(minutes=1)
"""Whoever tries passwords all day must not fill the audit."""
_REFUSED = re.compile(r"Client (?P<client>.*) disconnected, not authori[sz]ed\.?$")
_CAME = re.compile(r"New connection from (?P<address>.*) on port \d+\.?$")
_MOST = 20


@dataclass(frozen=True, slots=True)
class Refused:
    """Logins that the broker refused: how often since the last telling, and from where, as far as it said."""

    times: int
    clients: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass(slots=True)
class Logins:
    """The refusals that were heard of and not told yet."""

    _times: int = 0
    _clients: set[str] = field(default_factory=set)
    _addresses: set[str] = field(default_factory=set)
    _came: str = ""
    _told_at: datetime | None = None

    def hear(self, line: str) -> None:
        """Take a line of the broker's log. The address is that of the connection that came last before."""
        if came := _CAME.search(line):
            self._came = came["address"].rpartition(":")[0]
        elif refused := _REFUSED.search(line):
            self._times += 1
            if len(self._addresses) < _MOST and self._came:
                self._addresses.add(self._came)
            if len(self._clients) < _MOST and refused["client"] != "<unknown>":
                self._clients.add(refused["client"])

    def due(self, now: datetime) -> Refused | None:
        """What is to be told now, if it is time."""
        early = self._told_at is not None and now < self._told_at + EVERY
        if not self._times or early:
            return None
        found = Refused(self._times, tuple(sorted(self._clients)), tuple(sorted(self._addresses)))
        self._times, self._told_at = 0, now
        self._clients.clear()
        self._addresses.clear()
        return found
