"""Waits until a site has settled, and then compares its books: devices, outboxes, ledger, workdays, logs."""

import json
import time
from collections import Counter
from itertools import islice

from tests.torture.arena import Arena

SETTLES_S = 120.0
"""The window's patience doubles from 10 s on; nothing else takes nearly as long."""
_GOODBYES = 3
_FAULT_WORDS = (
    "Traceback",
    "reader_fault",
    "intake_fault",
    "days_fault",
    "day_failed",
    "request_fault",
    "intake_died",
)


def heal(arena: Arena) -> None:
    """The end of all faults; nothing is started that systemd would not start."""
    arena.uplink.restore()
    arena.backbone.restore()
    arena.terminal.heal()
    arena.terminal.start()


def settled(arena: Arena, within_s: float = SETTLES_S) -> list[str]:
    """What is wrong with the books once everything had time to settle; empty if nothing is."""
    deadline = time.monotonic() + within_s
    while True:
        open_ = open_matters(arena)
        if not open_ or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    return open_ or wrongs(arena)


def open_matters(arena: Arena) -> list[str]:
    """What may still be under way: told as it is now."""
    found = differences("terminal", arena.held(), arena.landed())
    accepted = {
        known: card for branch in (arena.branch, *arena.twins) for known, card in branch.accepted().items()
    }
    missing = accepted.items() - arena.landed_cards().items()  # what is settled may have left the outbox
    if missing:
        found.append(f"cards: {len(missing)} missing in the ledger, such as {min(missing)}")
    if (waits := arena.branch.waits()) != 0:
        found.append(
            f"outbox: {'the edge says nothing' if waits is None else f'{waits} facts wait for a receipt'}"
        )
    for ((marks, unsent),) in [
        arena.rows("SELECT (SELECT count(*) FROM day_marks), (SELECT count(*) FROM workdays WHERE unsent)")
    ]:
        if marks or unsent:
            found.append(f"workdays: {marks} are marked, {unsent} not yet published")
    return found


def differences(what: str, there: Counter[tuple[str, str]], here: Counter[tuple[str, str]]) -> list[str]:
    """Two multisets compared in a line for each way in which they differ."""
    told = []
    for word, found in (("missing in the ledger", there - here), ("only in the ledger", here - there)):
        if found:
            told.append(f"{what}: {found.total()} {word}, such as {next(iter(found))}")
    return told


def wrongs(arena: Arena) -> list[str]:
    """What must not be, whatever happened."""
    found = list(arena.witness.wrong[:3])
    presented = Counter(card for branch in (arena.branch, *arena.twins) for card in branch.presented)
    invented = Counter(arena.landed_cards().values()) - presented
    if invented:
        found.append(f"cards: {invented.total()} in the ledger that nobody presented")
    found += doubled_events(arena)
    unexplained = [
        topic
        for at, topic in arena.witness.repeated_days
        if not any(at - 60 < then <= at + 1 for then in arena.disturbed)
    ]
    if unexplained:
        found.append(f"workdays: {unexplained[0]} was published twice with nothing new in it")
    kept = {payload for (payload,) in arena.rows("SELECT payload FROM quarantine")}
    future = arena.witness.future_facts()
    if future - kept:
        found.append(f"quarantine: {len(future - kept)} facts of an unknown kind are not in it")
    if kept - future and not arena.witness.interrupted:
        found.append(f"quarantine: {min(kept - future)!r} should have been read")
    for unit in (arena.branch.unit, arena.central, *(twin.unit for twin in arena.twins)):
        said = unit.said()
        lines = (line for line in said.splitlines() if any(word in line for word in _FAULT_WORDS))
        found += [f"{unit.name}: {line}" for line in islice(lines, 2)]
    return found


def doubled_events(arena: Arena) -> list[str]:
    """A punch that counts in more than one workday."""
    counted: Counter[str] = Counter()
    for (result,) in arena.rows("SELECT result FROM workdays"):
        day = json.loads(result)
        ids = {one.get("punch") for one in (*day.get("clockings", ()), *day.get("dropped", ()))} - {None}
        counted.update(ids)
    doubled = [known for known, times in counted.items() if times > 1]
    return [f"workdays: punch {doubled[0]} counts in {counted[doubled[0]]} workdays"] if doubled else []


def ended_well(arena: Arena) -> list[str]:
    """Stop edge and central as systemd would; what is wrong with how they ended.

    An edge that said something as it was stopped is started once more to have it confirmed.
    """
    for _ in range(_GOODBYES):
        codes = {unit.name: unit.stop() for unit in (arena.branch.unit, arena.central)}
        marks = arena.branch.marks()
        waits = marks["newest"] - marks["settled"]
        if any(codes.values()) or not waits:
            break
        arena.branch.unit.start()
        arena.central.start()
        arena.disturb()
        settled(arena)
    found = [f"{name} ended with {code}" for name, code in codes.items() if code != 0]
    return [*found, f"outbox: its file says that {waits} facts wait"] if waits else found
