"""Examines the edge itself: its configuration, state folder, disk, outbox and clock."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edge.bedside import settled_in
from edge.buffer.inspection import marks
from edge.buffer.store import OutboxError, OutboxOutdated, Store
from edge.config import Config, load_sound_parts
from edge.findings import Finding, alarm, good, note, warning
from edge.kernel import disk_free_bytes
from edge.readers.reader import Moment
from edge.readers.registry import reader_class
from edge.signature import check
from ground.kinds import KindMissing, PackageMissing
from ground.settings import SettingsError, read_toml

_MB = 1_000_000


def signed(path: Path) -> Iterator[Finding]:
    """Whether edge.toml is signed, where it has to be."""
    tried = f"the signature of {path}"
    try:
        if check(path):
            yield good(tried, "it is by the key in config.pub")
    except SettingsError as error:
        yield alarm(tried, "config-unsigned", str(error))


def settings(path: Path) -> tuple[Config | None, list[Finding]]:
    """As much of edge.toml as holds together, and a finding for each mistake in it."""
    tried = f"reading {path}"
    try:
        config, mistakes = load_sound_parts(path)
    except SettingsError as error:
        return None, [alarm(tried, "settings-wrong", line) for line in error.mistakes]
    if not mistakes and config is not None:
        return config, [good(tried, f"edge {config.edge.id}, {len(config.readers)} readers")]
    driverless = _driverless(path)
    words = ["driver-missing" if line.split(":")[0] in driverless else "settings-wrong" for line in mistakes]
    return config, [alarm(tried, word, line) for word, line in zip(words, mistakes, strict=True)]


def _driverless(path: Path) -> set[str]:
    """The places of readers whose kind is known and cannot be loaded."""
    rows = read_toml(path).get("reader", [])
    found: set[str] = set()
    for at, row in enumerate(rows if isinstance(rows, list) else [], 1):
        try:
            reader_class(row["kind"])
        except PackageMissing:
            found.add(f"reader[{at}].kind")
        except (KindMissing, KeyError, TypeError):
            continue
    return found


def examined(config: Config, moment: Moment) -> Iterator[Finding]:
    """What every reader and the uplink need."""
    yield from _folder(config.edge.state_dir)
    yield from _disk(config)
    yield from _outbox(config.outbox_path)
    yield clock(moment)


def _folder(folder: Path) -> Iterator[Finding]:
    tried = f"writing to {folder}"
    place = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"punchwire")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield alarm(tried, "state-unwritable", f"{place}: {error.strerror}")
        return
    yield good(tried, "it can be written" if place == folder else f"it will be made in {place}")


def _disk(config: Config) -> Iterator[Finding]:
    folder = config.edge.state_dir
    tried, floor = "free space", config.outbox.min_free_mb
    free = disk_free_bytes(next(place for place in (folder, *folder.parents) if place.exists())) // _MB
    told = f"{free} MB are free, {floor} MB are wanted"
    yield good(tried, told) if free >= floor else alarm(tried, "disk-full", told)


def _outbox(path: Path) -> Iterator[Finding]:
    tried = f"outbox {path}"
    if not path.exists():
        yield note(tried, "there is none yet; the first start makes it")
        return
    try:
        store = Store(path)
        try:
            ((verdict,),) = store.read("PRAGMA quick_check(1)")
        finally:
            store.close()
        seen = marks(path, settled_in(path.parent)) if verdict == "ok" else None
    except OutboxOutdated as error:
        yield alarm(tried, "outbox-outdated", str(error))
        return
    except (OutboxError, sqlite3.Error) as error:
        yield alarm(tried, "outbox-corrupt", str(error))
        return
    if seen is None:
        yield alarm(tried, "outbox-corrupt", " ".join(str(verdict).split()))
        return
    yield good(tried, f"sound; {seen['kept']} facts kept, {seen['backlog']} wait for a receipt")
    if seen["aside"]:
        yield note(tried, f"{seen['aside']} facts were set aside because they could not travel")


def clock(moment: Moment) -> Finding:
    """What the kernel says of the Pi's clock."""
    tried, told = "the Pi's clock", f"{moment.utc:%Y-%m-%d %H:%M:%S} UTC"
    if moment.trust == "synced":
        return good(tried, f"{told}, synchronised")
    if moment.trust == "holdover":
        return note(tried, f"{told}, synchronised earlier in this boot and not now")
    return warning(tried, "clock-unsynced", f"{told}, not synchronised since the start")
