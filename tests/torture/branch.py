"""A branch: the edge with its state folder and its clock, its card reader, and the way to its terminal."""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from edge.bedside import Away, Standing, visit
from edge.buffer.rows import Row
from simulators.card_program import deck
from simulators.serial_reader import SerialReaderSimulator
from tests.torture.disk import Disk
from tests.torture.units import Unit, copy_database, remove_database
from wire.codec import WireError, decode_fact
from wire.punch import Punch

EDGE, TERMINAL, CARDS = "pune-01", "front-gate", "canteen"
KEEPALIVE_S = 6
_PROGRAM = Path(__file__).with_name("edge_program.py")
_REST_S = 0.02
_CONFIG = """
[edge]
id = "{edge}"
state_dir = "{state}"

[outbox]
min_free_mb = 1

[broker]
host = "127.0.0.1"
port = {port}
user = "{edge}"
password_file = "{password_file}"

[[reader]]
name = "{terminal_name}"
kind = "zkteco"
address = "127.0.0.1"
port = {terminal}
poll_s = 1

[[reader]]
name = "{cards_name}"
kind = "serial-rfid"
device = "{device}"
format = "rdm6300"
"""


class Branch:
    """One Pi with what is plugged into it."""

    def __init__(self, folder: Path, name: str = "edge", seed: int = 1) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.outbox = self.state / "outbox.db"
        self.presented: list[str] = []
        """All cards that were held to the reader."""
        self.offered: list[str] = []
        """Those during which somebody listened from the beginning."""
        self.reader = SerialReaderSimulator(link=folder / "reader")
        self.unit = Unit(
            name,
            (sys.executable, str(_PROGRAM), str(folder / "control.json"), "--config", self._config, "run"),
            folder / "edge.log",
            before=("punchwire-edge", "--config", self._config, "migrate"),
        )
        self.disk = Disk(self.state, 4, self.unit.limit_files)
        self._deck = iter(deck(seed, 400))
        self._control: dict[str, object] = {"synced": True, "off_s": 0.0, "version": "same"}
        self._copies = 0
        self.control(keepalive_s=KEEPALIVE_S)

    @property
    def _config(self) -> str:
        return str(self.folder / "edge.toml")

    def settle_in(self, port: int, password_file: Path, terminal: int) -> None:
        """Plug the reader in and write the configuration: the ways to the broker and to the terminal."""
        self.reader.replug()
        (self.folder / "edge.toml").write_text(
            _CONFIG.format(
                edge=EDGE,
                state=self.state,
                port=port,
                password_file=password_file,
                terminal_name=TERMINAL,
                terminal=terminal,
                cards_name=CARDS,
                device=self.reader.device,
            ),
            encoding="utf-8",
        )

    def leave(self) -> None:
        """Stop everything."""
        self.unit.kill()
        self.reader.unplug()
        self.disk.unmount()

    def control(self, **settings: object) -> None:
        """Set the Pi's clock, or the version that the next start will be."""
        self._control |= settings
        fresh = self.folder / "control.new"
        fresh.write_text(json.dumps(self._control), encoding="utf-8")
        fresh.replace(self.folder / "control.json")

    def card(self) -> str | None:
        """Present a card that was never presented before; None if nobody listened."""
        card = next(self._deck)
        self.presented.append(card)
        if not self.reader.present(card, _REST_S):
            return None
        self.offered.append(card)
        return card

    def standing(self) -> Standing | None:
        """What the running daemon says of itself, None while it says nothing."""
        try:
            return visit(self.state, 5.0)
        except (Away, TimeoutError):
            return None

    def waits(self) -> int | None:
        """Facts without a receipt, None while the daemon says nothing."""
        standing = self.standing()
        return None if standing is None else standing.birth.next_seq - 1 - standing.birth.settled

    def marks(self) -> dict[str, int]:
        """The marks in the file."""
        with closing(sqlite3.connect(self.outbox)) as db:
            ((settled,),) = db.execute("SELECT settled FROM stream")
            ((newest,),) = db.execute("SELECT coalesce(max(seq + count - 1), 0) FROM facts")
        return {"settled": settled, "newest": newest}

    def keep_copy(self) -> Path:
        """Copy the outbox, for the books and for those who boot from it."""
        self._copies += 1
        copy = self.folder / f"copy-{self._copies}.db"
        copy_database(self.outbox, copy)
        return copy

    def lose_outbox(self) -> None:
        """A new card in the Pi."""
        remove_database(self.outbox)

    def accepted(self) -> dict[str, str]:
        """Every card punch that an outbox of this branch ever took: its id and its card."""
        found: dict[str, str] = {}
        for path in (self.outbox, *self.folder.glob("copy-*.db")):
            found |= _cards_in(path)
        return found


def _cards_in(path: Path) -> dict[str, str]:
    """The card punches of one file, as far as it can be read."""
    found: dict[str, str] = {}
    try:
        with closing(sqlite3.connect(path)) as db:
            for row in db.execute("SELECT seq, count, body FROM facts WHERE owner = ?", [CARDS]):
                for waiting in Row(*row).facts():
                    fact = decode_fact(waiting.body)
                    if isinstance(fact, Punch):
                        found[fact.punch_id] = fact.badge.raw
    except (sqlite3.Error, WireError):
        pass
    return found
