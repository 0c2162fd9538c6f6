"""What can happen to a site. Each fault is a block: it begins, people go on punching inside, it ends."""

import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ground.mqtt import BrokerOptions, new_client
from tests.torture.arena import Arena
from tests.torture.branch import EDGE
from tests.torture.faultline import FAIR, Faultline, Weather
from tests.waiting import until

Dice = random.Random
Deed = Callable[[Arena, Dice], Iterator[None]]
PEACE_S = 90.0
"""How long a fault that takes the only copy of something away waits until there is a second one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by name; `alone` means that nothing else may happen meanwhile."""

    name: str
    begin: Callable[[Arena, Dice], AbstractContextManager[None]]
    alone: bool = False


FAULTS: dict[str, Fault] = {}


def fault(name: str, *, alone: bool = False) -> Callable[[Deed], Deed]:
    """Enter a fault into the list."""

    def enter(deed: Deed) -> Deed:
        FAULTS[name] = Fault(name, contextmanager(deed), alone)
        return deed

    return enter


# programs end at any instant


@fault("edge-killed")
def edge_killed(arena: Arena, dice: Dice) -> Iterator[None]:
    time.sleep(dice.random() * 0.2)
    arena.branch.unit.kill()
    yield
    arena.branch.unit.start()


@fault("worker-killed")
def worker_killed(arena: Arena, _dice: Dice) -> Iterator[None]:
    for child in arena.branch.unit.children():
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    yield


@fault("central-killed")
def central_killed(arena: Arena, dice: Dice) -> Iterator[None]:
    time.sleep(dice.random() * 0.2)
    arena.disturb()
    arena.central.kill()
    yield
    arena.central.start()
    arena.disturb()


@fault("duty-killed")
def duty_killed(arena: Arena, dice: Dice) -> Iterator[None]:
    """One process of central ends, or the one that started the others."""
    arena.disturb()
    pids = [pid for pid in (*arena.central.children(), arena.central.program.pid) if pid is not None]
    if pids:
        with suppress(ProcessLookupError):
            os.kill(dice.choice(pids), signal.SIGKILL)
    yield
    arena.disturb()


@fault("broker-killed")
def broker_killed(arena: Arena, _dice: Dice) -> Iterator[None]:
    arena.disturb()
    arena.broker.kill()
    yield
    arena.broker.start()
    arena.disturb()


@fault("all-killed", alone=True)
def all_killed(arena: Arena, _dice: Dice) -> Iterator[None]:
    arena.disturb()
    arena.broker.kill()
    arena.central.kill()
    arena.branch.unit.kill()
    yield
    arena.branch.unit.start()
    arena.broker.start()
    arena.central.start()
    arena.disturb()


@fault("edge-frozen")
def edge_frozen(arena: Arena, _dice: Dice) -> Iterator[None]:
    arena.branch.unit.signal(signal.SIGSTOP)
    yield
    arena.branch.unit.signal(signal.SIGCONT)


@fault("overflow")
def overflow(arena: Arena, dice: Dice) -> Iterator[None]:
    """A frozen central is still online to the broker, whose queue for it is cut."""
    arena.disturb()
    arena.central.signal(signal.SIGSTOP)
    for _ in range(dice.randrange(5, 40)):
        arena.punch(1)
        time.sleep(0.01)
    yield
    arena.central.signal(signal.SIGCONT)
    arena.disturb()


# the network


def _line(arena: Arena, dice: Dice) -> Faultline:
    arena.disturb()
    return dice.choice([arena.uplink, arena.uplink, arena.backbone])


@fault("cut")
def cut(arena: Arena, dice: Dice) -> Iterator[None]:
    line = _line(arena, dice)
    line.cut()
    yield
    line.restore()
    arena.disturb()


@fault("half-open")
def half_open(arena: Arena, dice: Dice) -> Iterator[None]:
    """Nothing arrives and nobody is told; then it goes on, or the connections are found dead."""
    line, dead = _line(arena, dice), dice.random() < 0.5
    line.stall()
    yield
    if dead:
        line.reset()
    line.restore()
    arena.disturb()


@fault("slow")
def slow(arena: Arena, dice: Dice) -> Iterator[None]:
    yield from _under(arena, dice, Weather(delay_s=0.05 + 0.4 * dice.random()))


@fault("doubled")
def doubled(arena: Arena, dice: Dice) -> Iterator[None]:
    yield from _under(arena, dice, Weather(double=0.5))


@fault("reordered")
def reordered(arena: Arena, dice: Dice) -> Iterator[None]:
    yield from _under(arena, dice, Weather(swap=0.5, delay_s=0.02 * dice.randrange(2)))


@fault("lost")
def lost(arena: Arena, dice: Dice) -> Iterator[None]:
    """Messages that were acknowledged and never arrive."""
    yield from _under(arena, dice, Weather(lose=0.3 + 0.7 * dice.random()))


def _under(arena: Arena, dice: Dice, weather: Weather) -> Iterator[None]:
    line = _line(arena, dice)
    line.weather = weather
    yield
    line.weather = FAIR
    arena.disturb()


# what clients and brokers say again


@fault("receipts-repeated")
def receipts_repeated(arena: Arena, dice: Dice) -> Iterator[None]:
    """Receipts that were true once come again, and stay at the broker."""
    for _ in range(3):
        arena.witness.say_old_receipt(dice.randrange(20), retain=dice.random() < 0.5)
    yield


@fault("facts-replayed")
def facts_replayed(arena: Arena, dice: Dice) -> Iterator[None]:
    arena.witness.say_old_facts([dice.randrange(30) for _ in range(5)])
    yield


@fault("clone")
def clone(arena: Arena, dice: Dice) -> Iterator[None]:
    """Somebody logs in with the edge's id, again and again, and throws it off."""
    options = BrokerOptions(
        host="127.0.0.1", port=arena.broker.port, user=EDGE, password_file=arena.broker.password_file(EDGE)
    )
    for _ in range(dice.randrange(1, 4)):
        client = new_client(options, EDGE)
        with suppress(OSError):
            client.connect(options.host, options.port)
            client.loop_start()
            time.sleep(0.05 + 0.3 * dice.random())
        client.disconnect()
        client.loop_stop()
    yield


@fault("twin", alone=True)
def twin(arena: Arena, dice: Dice) -> Iterator[None]:
    """The card of the Pi was copied into a second Pi, and both are at work."""
    other = arena.twin()
    other.unit.start()
    until(lambda: other.standing() is not None, 30)
    for _ in range(3):
        other.card()
        arena.branch.card()
        time.sleep(0.5 * dice.random())
    yield
    arena.branch.unit.stop()
    until(lambda: other.waits() == 0, PEACE_S, every_s=0.2)
    other.unit.stop()
    arena.branch.unit.start()


# clocks


@fault("clock-stepped")
def clock_stepped(arena: Arena, dice: Dice) -> Iterator[None]:
    """The Pi's clock and the terminal's jump, and stay where they are."""
    off_s = dice.choice([-120 * 86_400.0, -3600.0, -90.0, 45.0, 7200.0, 400 * 86_400.0])
    arena.branch.control(off_s=off_s, synced=dice.random() < 0.5)
    arena.terminal.state.drift += timedelta(seconds=dice.choice([-86_400 * 40, -3600, -5, 60, 3600]))
    yield
    if dice.random() < 0.7:
        arena.branch.control(off_s=0.0, synced=True)


# disks


@fault("disk-full-edge")
def disk_full_at_the_edge(arena: Arena, dice: Dice) -> Iterator[None]:
    arena.branch.keep_copy()  # a disk that is full keeps nothing that is settled
    arena.branch.disk.fill()
    yield
    time.sleep(dice.random())
    arena.branch.disk.free()


@fault("disk-full-central")
def disk_full_at_central(arena: Arena, dice: Dice) -> Iterator[None]:
    arena.disk.fill()
    yield
    time.sleep(dice.random())
    arena.disk.free()


@fault("ledger-restored", alone=True)
def ledger_restored(arena: Arena, dice: Dice) -> Iterator[None]:
    copy = arena.back_up()
    yield
    time.sleep(dice.random())
    arena.disturb()
    arena.central.kill()
    arena.restore(copy)
    arena.central.start()
    arena.disturb()


@fault("ledger-corrupt", alone=True)
def ledger_corrupt(arena: Arena, dice: Dice) -> Iterator[None]:
    """Pages of the ledger are noise; sooner or later central says so, and a backup is put in its place."""
    copy = arena.back_up()
    yield
    arena.disturb()
    arena.central.kill()
    damage(arena.ledger, dice)
    arena.central.start()
    time.sleep(1 + dice.random())
    arena.central.kill()
    arena.restore(copy)
    arena.central.start()
    arena.disturb()


@fault("outbox-lost", alone=True)
def outbox_lost(arena: Arena, _dice: Dice) -> Iterator[None]:
    _at_peace(arena)
    arena.branch.keep_copy()
    arena.branch.lose_outbox()
    yield
    arena.branch.unit.start()


@fault("outbox-rolled-back", alone=True)
def outbox_rolled_back(arena: Arena, dice: Dice) -> Iterator[None]:
    """The card lost its last writes, which it had confirmed."""
    image = arena.branch.keep_copy()
    yield
    _at_peace(arena)
    arena.branch.keep_copy()
    arena.branch.lose_outbox()
    shutil.copy(image, arena.branch.outbox)
    if dice.random() < 0.5:
        arena.uplink.cut()
    arena.branch.unit.start()
    until(lambda: arena.branch.standing() is not None, 30)
    for _ in range(dice.randrange(6)):
        arena.branch.card()
        arena.punch(1)
    arena.uplink.restore()


@fault("outbox-corrupt", alone=True)
def outbox_corrupt(arena: Arena, dice: Dice) -> Iterator[None]:
    _at_peace(arena)
    arena.branch.keep_copy()
    damage(arena.branch.outbox, dice)
    yield
    arena.branch.unit.start()


def damage(path: Path, dice: Dice, pages: int = 2) -> None:
    """Fill some pages of a database with noise; the first page stays, most of the time."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = db.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        count = path.stat().st_size // size
        for _ in range(pages):
            file.seek(size * (dice.randrange(1, count) if dice.random() < 0.9 else 0))
            file.write(dice.randbytes(size))


def _at_peace(arena: Arena) -> None:
    """Stop the edge once central holds everything that it accepted, what it stored as it stopped included."""
    asked = "SELECT 1 FROM orders WHERE closed_at_us IS NULL"
    while True:
        until(lambda: arena.branch.waits() == 0 and not arena.rows(asked), PEACE_S, every_s=0.1)
        arena.branch.unit.stop()
        marks = arena.branch.marks()
        if marks["settled"] == marks["newest"]:
            break
        arena.branch.unit.start()
    accepted = arena.branch.accepted()
    until(lambda: accepted.keys() <= arena.landed_cards().keys(), PEACE_S, every_s=0.1)


# versions and devices


@fault("edge-newer", alone=True)
def edge_newer(arena: Arena, _dice: Dice) -> Iterator[None]:
    yield from _as_version(arena, "newer")


@fault("edge-older", alone=True)
def edge_older(arena: Arena, _dice: Dice) -> Iterator[None]:
    yield from _as_version(arena, "older")


def _as_version(arena: Arena, version: str) -> Iterator[None]:
    arena.branch.unit.stop()
    arena.branch.control(version=version)
    arena.branch.unit.start()
    until(lambda: arena.branch.standing() is not None, 30)
    arena.branch.card()
    yield
    arena.branch.unit.stop()
    arena.branch.control(version="same")
    arena.branch.unit.start()


@fault("terminal-away")
def terminal_away(arena: Arena, _dice: Dice) -> Iterator[None]:
    arena.terminal.stop()
    yield
    arena.terminal.start()


@fault("terminal-faulty")
def terminal_faulty(arena: Arena, dice: Dice) -> Iterator[None]:
    name = dice.choice(
        ["close-in-bulk", "drip", "shred", "deaf-events", "glue-events", "sizes-split", "empty-log"]
    )
    arena.terminal.fault(name, times=dice.randrange(1, 3))
    yield
    arena.terminal.heal()
