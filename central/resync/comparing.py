"""Owns the comparison: what a reader holds against what the ledger holds, one verdict for each punch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Literal

from central.resync.conflicts import Census, NotOnDevice, OtherCodes, OtherTime, Reassigned, rule
from wire.punch import How

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time has no zone
_NEAR_S = 4
"""Within so many seconds two moments may be one; `conflicts` decides by the measurements themselves."""

What = Literal["matched", "to-add", "to-change", "in-conflict", "only-on-device", "only-in-ledger"]
"""`to-add` and `to-change` become `added` and `changed` once that is done (`ledger.resyncs.verdicts`)."""


@dataclass(frozen=True, slots=True)
class Version:
    """A punch as one side has it. `badge` is the text as read, `owner` whose it is, None for nobody.

    `wall` is what a device with a clock printed; `offset_s` its clock minus UTC as measured at the reading.
    `withdrawn` says of the ledger's that a person took it back: it counts nowhere. `handed_on` is since when
    somebody else holds the badge.
    """

    punch_id: str
    owner: str | None
    badge: str
    wall: datetime | None
    codes: tuple[int | None, int | None]
    how: How
    serial: str | None = None
    offset_s: float | None = None
    withdrawn: bool = False
    handed_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one punch. `word` and `why` explain what is no match and no addition.

    `beside` is the ledger's punch of which this one is another version.
    """

    what: What
    punch: Version
    word: str = ""
    why: str = ""
    beside: str | None = None


def compare(
    found: Mapping[str, Version], held: Mapping[str, Version], census: Census, *, restores: bool
) -> Iterator[Verdict]:
    """A verdict for each punch that the reader or the ledger holds, ids to versions.

    `held` is the ledger's part of what was asked, and whatever else of the ledger has an id that was found.
    `restores` says that what a person took back is to be added again; otherwise it stays out.
    """
    missing: list[Version] = []
    for punch_id, version in found.items():
        ours = held.get(punch_id)
        if ours is None or (ours.withdrawn and restores):
            missing.append(version)
        elif ours.withdrawn:
            yield Verdict("only-on-device", version, "withdrawn", "an undone resync took it back")
        elif ours.codes == version.codes:
            yield Verdict("matched", ours)
        else:
            yield _other_codes(version, ours)
    alone = [version for punch_id, version in held.items() if punch_id not in found and not version.withdrawn]
    yield from _alone(missing, alone, census)


def _other_codes(device: Version, ours: Version) -> Verdict:
    ruling = rule(OtherCodes(ours.how, device.how))
    if ruling is None or ruling.counts == "ledger":
        word, why = ("", "") if ruling is None else (ruling.word, ruling.why)
        return Verdict("in-conflict", device, word, why, beside=ours.punch_id)
    return Verdict("to-change", device, ruling.word, ruling.why, beside=ours.punch_id)


def _alone(missing: Iterable[Version], alone: Sequence[Version], census: Census) -> Iterator[Verdict]:
    """Those on one side alone, once those are paired that are the same event under another time."""
    by_moment: dict[tuple[str, str | None, int], list[Version]] = {}
    for ours in alone:
        if (moment := _moment(ours)) is not None:
            by_moment.setdefault((ours.badge, ours.serial, moment), []).append(ours)
    paired: set[str] = set()
    for version in missing:
        moved = next(_moved(version, by_moment, paired), None)
        yield moved or _missing(version)
    for ours in alone:
        if ours.punch_id not in paired:
            ruling = rule(NotOnDevice(ours.serial, ours.wall, census))
            word, why = ("", "") if ruling is None else (ruling.word, ruling.why)
            yield Verdict("only-in-ledger", ours, word, why)


def _missing(device: Version) -> Verdict:
    """What the ledger is to take in, for whom it counts by who held the badge then."""
    if device.handed_on is None or device.wall is None:
        return Verdict("to-add", device)
    ruling = rule(Reassigned(device.wall, device.handed_on))
    return Verdict("to-add", device) if ruling is None else Verdict("to-add", device, ruling.word, ruling.why)


def _moved(
    device: Version, by_moment: Mapping[tuple[str, str | None, int], Sequence[Version]], paired: set[str]
) -> Iterator[Verdict]:
    """The ledger's punch of the same moment, if the clock was moved since it was read."""
    moment = _moment(device)
    if moment is None or device.wall is None:
        return
    around = range(moment - _NEAR_S, moment + _NEAR_S + 1)
    for ours in chain.from_iterable(
        by_moment.get((device.badge, device.serial, near), ()) for near in around
    ):
        if ours.wall is None or ours.punch_id in paired:
            continue
        ruling = rule(OtherTime(ours.wall, device.wall, ours.offset_s, device.offset_s))
        if ruling is not None:
            paired.add(ours.punch_id)
            yield Verdict("only-on-device", device, ruling.word, ruling.why, beside=ours.punch_id)
            return


def _moment(version: Version) -> int | None:
    """When it was by the measured clock, in whole seconds; None where nobody measured."""
    if version.wall is None or version.offset_s is None:
        return None
    return round((version.wall - _EPOCH).total_seconds() - version.offset_s)
