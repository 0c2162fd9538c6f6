"""Plays the demo: punches, keys and cuts for a while, then silence, and the account of every punch."""

import time
from collections.abc import Callable

from demo import account, keys
from demo.account import Account
from demo.programs import Program, ProgramError
from demo.screen import Scene, Screen
from demo.stage import KEYBOARD, LOG, SERIAL, TERMINAL, Stage

EVERY_S = {TERMINAL: 1.0, SERIAL: 1.7, KEYBOARD: 2.3}
"""How often somebody punches at each device. No card comes back within the readers' 3 s."""
START_S = 60.0
SETTLE_S = 60.0
ASK_EVERY_S = 1.0
_TURN_S = 0.1


class Play:
    """One run over a built stage. `began` is the monotonic time at which the demo was started."""

    def __init__(self, stage: Stage, screen: Screen, began: float) -> None:
        self._stage = stage
        self._screen = screen
        self._began = began
        self._over = False
        self._punched = 0
        self._ask_at = 0.0
        self._due = dict.fromkeys(EVERY_S, 0.0)
        self._resync: Program | None = None
        self._news = "starting"
        self.startup_s: float | None = None

    def run(self, seconds: float | None) -> None:
        """Punch until the time is over, or for ever, or until `q` is pressed."""
        if self._until(self._ready, START_S):
            self.startup_s = time.monotonic() - self._began
            self._news = f"ready after {self.startup_s:.1f} s"
        end = None if seconds is None else time.monotonic() + seconds
        while not self._over and (end is None or time.monotonic() < end):
            self._punch_where_due()
            self._turn()

    def settle(self) -> None:
        """Put everything back up and wait, at most `SETTLE_S`, until the ledger has caught up."""
        self._news = "no more punches; waiting for the last receipt"
        self._over = False
        self._stage.network.restore()
        if not self._stage.central.runs:
            self._stage.central.start()
        self._until(lambda: (self._ledger() or 0) >= self._held(), SETTLE_S)

    def accounts(self) -> tuple[Account, ...]:
        """Compare every device with the ledger, punch by punch."""
        return account.compare_all(self._stage.held(), self._stage.ledger())

    def _ready(self) -> bool:
        return (self._ledger() or 0) >= LOG and len(self._stage.eyes.board) > len(self._stage.devices)

    def _until(self, reached: Callable[[], bool], within_s: float) -> bool:
        """Turn until it is reached, `q` is pressed, or the time is over; tell whether it was reached."""
        deadline = time.monotonic() + within_s
        while not reached():
            if self._over or time.monotonic() >= deadline:
                return False
            self._turn()
        return True

    def _turn(self) -> None:
        """Show, listen to the keys, and look after the programs."""
        if time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + ASK_EVERY_S
            self._stage.eyes.ask()
        self._screen.show(self._scene())
        self._key(keys.pressed(_TURN_S))
        if self._resync is not None and not self._resync.runs:
            self._news, self._resync = self._resync.last_words(len(self._stage.devices) + 1), None
        if self._stage.edge.exit_code is not None:
            raise ProgramError(f"the edge ended by itself: {self._stage.edge.last_words()}")
        if self._stage.central.exit_code is not None:
            raise ProgramError(f"central ended by itself: {self._stage.central.last_words()}")

    def _punch_where_due(self) -> None:
        for name in self._stage.devices:
            if time.monotonic() >= self._due[name]:
                self._due[name] = time.monotonic() + EVERY_S[name]
                self._punch(name)

    def _punch(self, name: str) -> None:
        self._punched += self._stage.punch(name)

    def _key(self, key: str) -> None:
        stage = self._stage
        if key == "n":
            if stage.network.is_cut:
                stage.network.restore()
                self._news = "the network is back"
            else:
                stage.network.cut()
                self._news = "the network is cut; punches wait in the branch's outbox"
        elif key == "k":
            if stage.central.runs:
                stage.central.kill()
                self._news = "central was killed with SIGKILL; k starts it again"
            else:
                stage.central.start()
                self._news = "central starts again"
        elif key == "p":
            for name in stage.devices:
                self._punch(name)
            self._news = "somebody punched at every reader"
        elif key == "r" and self._resync is None:
            self._resync = stage.resync()
            self._news = "resync: every device is read again for today"
        elif key == "q":
            self._over = True

    def _scene(self) -> Scene:
        eyes = self._stage.eyes
        return Scene(
            board=eyes.board,
            by_reader={} if eyes.summary is None else eyes.summary.by_reader,
            held=self._held(),
            ledger=self._ledger(),
            present=None if eyes.summary is None else eyes.summary.present,
            network=not self._stage.network.is_cut,
            central=eyes.central_is_there,
            running_s=time.monotonic() - self._began,
            news=self._news,
            without=self._stage.without,
        )

    def _held(self) -> int:
        return LOG + self._punched

    def _ledger(self) -> int | None:
        return None if self._stage.eyes.summary is None else self._stage.eyes.summary.punches
