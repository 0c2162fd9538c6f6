"""Examines a reader by a session of its own code, at a desk that stores nothing."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from edge.census import Census
from edge.errors import Lost, ReaderFault
from edge.findings import Finding, alarm, fault, good, note, warning
from edge.readers.examination import Circumstances
from edge.readers.reader import Desk, Moment, Reader
from wire.facts import EdgeEvent, Fact
from wire.order import AccountOrder, ClockOrder, EnrolOrder, RereadOrder
from wire.punch import Punch

OPEN_WITHIN_S = 30.0
_STOP_WITHIN_S = 2.0
_OPENING = "opening the device"


class _Enough(Lost):
    """The reader has shown that it reads. It must not believe that anything was stored."""

    def __init__(self) -> None:
        super().__init__("fault", "the doctor stores nothing")


class TrialDesk(Desk):
    """Remembers what the reader tells; the first fact ends the session."""

    def __init__(self, circumstances: Circumstances) -> None:
        self.opened = threading.Event()
        self.shown = threading.Event()
        self.stopping = threading.Event()
        self.answered = False
        self.device = ""
        self.doubts: dict[str, str] = {}
        self.facts: list[Fact] = []
        self.rejected = 0
        self._circumstances = circumstances

    def wait(self, seconds: float) -> bool:
        """Sleep, or stop."""
        return self.stopping.wait(max(seconds, 0.0))

    def moment(self) -> Moment:
        """The Pi's time."""
        return self._circumstances.moment()

    def emit(self, facts: Sequence[Fact], memo: Mapping[str, str] | None = None) -> int:
        """Refuse, and end the session. Nothing at all is soon stored."""
        del memo
        if not facts:
            return 0
        self.facts += facts
        self.shown.set()
        raise _Enough

    def offer(self, facts: Sequence[Fact]) -> bool:
        """The same."""
        return bool(self.emit(facts))

    def local_id(self, at: datetime) -> str:
        """An id that goes nowhere."""
        del at
        return "doctor"

    def recall(self) -> dict[str, str]:
        """What the reader remembered when it last worked."""
        return dict(self._circumstances.memo)

    def orders(self) -> list[RereadOrder]:
        """There are none."""
        return []

    def clock_orders(self) -> list[ClockOrder]:
        """There are none."""
        return []

    def enrol_orders(self) -> list[EnrolOrder]:
        """There are none."""
        return []

    def account_orders(self) -> list[AccountOrder]:
        """There are none."""
        return []

    def census(self, census: Census, order: AccountOrder | None = None) -> None:
        """Nobody wants it."""
        del census, order

    def uncounted(self, order: AccountOrder, reason: str, evidence: str) -> None:
        """Nobody asked."""
        del order, reason, evidence

    def resend(self, order: RereadOrder) -> list[str]:
        """There is nothing to send."""
        del order
        return []

    def kept(self, order: RereadOrder) -> Iterator[Punch]:
        """There is nothing to tell."""
        del order
        return iter(())

    def taken(self, order: RereadOrder, device: frozenset[bytes]) -> Iterator[bytes]:
        """There is nothing."""
        del order, device
        return iter(())

    def ok(self, **seen: Any) -> None:
        """Note the device."""
        self.answered = True
        self.device = str(seen.get("device") or self.device)
        self.opened.set()

    def doubt(self, reason: str, evidence: str) -> None:
        """Note a trouble, or forget those that are over."""
        if reason:
            self.doubts[reason] = evidence
            self.shown.set()
        else:
            self.doubts.clear()

    def count(self, what: str, by: int = 1) -> None:
        """Count readings that were no card."""
        self.rejected += by if what == "frames_rejected" else 0


class Trial:
    """One session in a thread of its own."""

    def __init__(self, reader: Reader, circumstances: Circumstances) -> None:
        self._reader = reader
        self._listen_s = circumstances.listen_s
        self._desk = TrialDesk(circumstances)
        self._fault: ReaderFault | None = None

    def findings(self) -> Iterator[Finding]:
        """Whether the device opens, then what it shows within the time to listen."""
        desk = self._desk
        thread = threading.Thread(target=self._run, name="trial", daemon=True)
        thread.start()
        if not desk.opened.wait(OPEN_WITHIN_S):
            yield alarm(_OPENING, "fault", f"the session neither opened nor ended in {OPEN_WITHIN_S:.0f} s")
            return
        if self._fault is not None and not desk.answered:
            yield fault(_OPENING, self._fault)
            return
        yield good(_OPENING, desk.device or "it is open")
        desk.shown.wait(self._listen_s)
        desk.stopping.set()
        thread.join(_STOP_WITHIN_S)
        yield from self._shown()

    def _run(self) -> None:
        try:
            self._reader.session(self._desk)
        except _Enough:
            pass
        except ReaderFault as error:
            self._fault = error
        except Exception as error:  # noqa: BLE001 - any kind's fault is a finding
            self._fault = Lost("fault", f"{type(error).__name__}: {error}")
        finally:
            self._desk.shown.set()
            self._desk.opened.set()

    def _shown(self) -> Iterator[Finding]:
        desk, tried = self._desk, f"listening for {self._listen_s:g} s"
        unread = [fact for fact in desk.facts if isinstance(fact, EdgeEvent)]
        if self._fault is not None:
            yield fault(tried, self._fault)
        for reason, evidence in desk.doubts.items():
            yield warning(tried, reason, evidence)
        if any(isinstance(fact, Punch) for fact in desk.facts):
            yield good(tried, "a punch was read (and is not recorded)")
        elif unread:
            yield warning(tried, "garbage", str(unread[0].fields.get("why") or unread[0].event))
        elif desk.rejected and not desk.doubts:
            yield warning(tried, "garbage", f"{desk.rejected} readings were no card")
        elif self._fault is None and not desk.doubts:
            yield note(tried, "nothing was presented (--listen 60 waits longer)")
