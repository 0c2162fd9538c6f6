"""Brings what a terminal uploads into the outbox, and remembers how far the terminal has got."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from edge.readers.reader import Desk
from edge.readers.zkteco_push.attlog import Odd, punch_of, read_lines
from edge.readers.zkteco_push.protocol import BUSY, STAMPED, Answer, Upload
from edge.readers.zkteco_push.resending import Resending
from wire.facts import EdgeEvent, Fact
from wire.punch import Punch

_CHUNK = 300
"""Facts of one commit: small enough that other readers get their turn."""
_ODD_TOLD = 100
"""Odd lines of one body that are told with their text; the rest is counted."""
_ODD_REMEMBERED = 1000
_STAMP = "stamp:"
_RECHECKED = "rechecked"


class Uploads:
    """The uploads of one terminal. The memo belongs to its serial: another terminal begins anew."""

    def __init__(self, name: str, serial: str, desk: Desk) -> None:
        self._name = name
        self._serial = serial
        self._desk = desk
        memo = desk.recall()
        self._memo = {**memo, "serial": serial} if memo.get("serial") == serial else {"serial": serial}
        self._odd: set[str] = set()

    @property
    def stamps(self) -> Mapping[str, str]:
        """How far the terminal has got, by table."""
        return {
            name.removeprefix(_STAMP): stamp for name, stamp in self._memo.items() if name.startswith(_STAMP)
        }

    @property
    def rechecked(self) -> datetime | None:
        """Up to when the log was asked for again."""
        told = self._memo.get(_RECHECKED)
        return None if told is None else datetime.fromisoformat(told)

    def recheck_done(self, upto: datetime) -> None:
        """Note that the log was asked for again up to an instant."""
        self._keep([], {_RECHECKED: upto.isoformat()})

    def log(self, upload: Upload, offset_s: float | None, resending: Resending | None) -> tuple[Answer, int]:
        """Commit an attendance log, some records at a time; returns the answer, and how many lines are odd.

        The stamp is kept with the last of them, so that it never covers a record that is not stored.
        BUSY if the daemon stops in the middle.
        """
        moment = self._desk.moment()
        facts: list[Fact] = []
        wanted: list[Punch] = []
        lines = odd = 0
        for line in read_lines(upload.body):
            lines += 1
            if isinstance(line, Odd):
                odd += 1
                facts += self._odd_event(line, moment.utc, odd)
            else:
                asked = resending is not None and resending.wants(line.pin, line.wall)
                again = asked and resending is not None and resending.again
                punch = punch_of(
                    line,
                    serial=self._serial,
                    reader=self._name,
                    moment=moment,
                    how="reread" if again else "push",
                    offset_s=offset_s,
                )
                facts.append(punch)
                wanted += [msgspec.structs.replace(punch, how="reread")] if asked else []
            if len(facts) >= _CHUNK:
                self._desk.emit(facts)
                facts = []
                if self._desk.wait(0):
                    return BUSY, odd
        if odd > _ODD_TOLD:
            facts.append(self._event("records_odd", moment.utc, told=_ODD_TOLD, lines=odd))
        self._keep(facts, self._stamp(upload))
        if resending is not None and wanted:
            resending.stored(wanted, self._desk.moment().uptime_s)
        return Answer(200, f"OK: {lines}\n"), odd

    def other(self, upload: Upload) -> Answer:
        """Take any other table. Users are counted; their names, photos and templates are not kept."""
        lines = [line for line in upload.body.split(b"\n") if line.strip()]
        users = sum(1 for line in lines if line.startswith(b"USER PIN="))
        if users:
            self._desk.count("users_seen", users)
        if upload.table not in STAMPED:
            self._desk.count("tables_unused")
        self._keep([], self._stamp(upload))
        return Answer(200, f"OK: {len(lines)}\n")

    def _stamp(self, upload: Upload) -> dict[str, str]:
        known = upload.table in STAMPED and upload.stamp is not None
        return {f"{_STAMP}{upload.table}": upload.stamp} if known and upload.stamp else {}

    def _keep(self, facts: list[Fact], changes: Mapping[str, str]) -> None:
        memo = {**self._memo, **changes}
        if facts or memo != self._memo:
            self._desk.emit(facts, memo)
        self._memo = memo

    def _odd_event(self, odd: Odd, at: datetime, number: int) -> list[Fact]:
        """The event of an odd line, unless this session told it, or too many others of the same body."""
        if number > _ODD_TOLD or odd.text in self._odd:
            return []
        if len(self._odd) < _ODD_REMEMBERED:
            self._odd.add(odd.text)
        return [self._event("record_odd", at, why=odd.why, text=odd.text)]

    def _event(self, word: str, at: datetime, **fields: str | int) -> EdgeEvent:
        return EdgeEvent(event=word, at=at, reader=self._name, fields={"serial": self._serial, **fields})
