"""Promises about copies of a ledger: examined, made beside a writer, put in place while nobody works."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from central.cli import main
from central.ledger import landing
from central.ledger.custody import InUse, Unsound, back_up, back_up_daily, examine, restore
from central.ledger.database import Damaged, Ledger, database_url
from central.ledger.lease import FileLease
from central.streams import Parcel
from tests.central.conftest import NOW
from tests.central.facts import terminal_punch


def land(ledger: Ledger, *numbers: int) -> None:
    facts = [(number, terminal_punch(number)) for number in numbers]
    with ledger.write() as connection:
        landing.land(connection, [Parcel("pune-01", "o", numbers[0], numbers[-1], 0, facts)], NOW)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A ledger with three punches, its log of changes not yet merged."""
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(place: Path) -> Ledger:
    made = Ledger(str(place))
    made.migrate(NOW)
    land(made, 1, 2, 3)
    return made


def spoil(path: Path) -> None:
    """Put noise over everything but the first page."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def test_a_copy_is_made_beside_a_central_that_writes(ledger: Ledger, place: Path, tmp_path: Path) -> None:
    """It holds what was committed when it was made, what is only in the log of changes too."""
    copy = tmp_path / "far" / "copy.db"
    with ledger.write() as connection:
        connection.exec_driver_sql("UPDATE punch_rows SET raw = 'changed'")
        assert back_up(database_url(str(place)), copy) == 3
    land(ledger, 4)
    ledger.close()
    assert examine(copy) == 3
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT DISTINCT raw FROM punches").fetchall() == [("00ff",)]


def test_a_copy_that_is_there_stays_until_the_new_one_is_whole(place: Path, tmp_path: Path) -> None:
    """A backup of a damaged ledger is refused, and the last good one is not lost for it."""
    good = Ledger(str(place))
    good.migrate(NOW)
    land(good, 1, 2)
    copy = tmp_path / "copy.db"
    back_up(good.url, copy)
    good.close()
    spoil(place)
    with pytest.raises((Unsound, Damaged)):
        back_up(database_url(str(place)), copy)
    assert examine(copy) == 2


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_ledger_is_not_put_in_its_place(
    ledger: Ledger, place: Path, tmp_path: Path, content: bytes
) -> None:
    """The file is named, and the ledger stays as it is."""
    ledger.close()
    wrong = tmp_path / "wrong.db"
    wrong.write_bytes(content)
    with pytest.raises(Unsound, match=r"wrong\.db"):
        restore(database_url(str(place)), wrong, ["days"])
    assert examine(place) == 3


def test_a_copy_is_put_in_place_and_the_other_is_kept(ledger: Ledger, place: Path, tmp_path: Path) -> None:
    """Also where the ledger is damaged beyond opening."""
    copy = tmp_path / "copy.db"
    back_up(ledger.url, copy)
    land(ledger, 4, 5)
    ledger.close()
    place.write_bytes(b"noise" * 10_000)
    count, kept = restore(database_url(str(place)), copy, ["days"])
    assert count == examine(place) == 3
    assert kept is not None
    assert kept.read_bytes().startswith(b"noise")


def test_daily_copies_are_named_by_the_date_and_only_the_newest_stay(ledger: Ledger, tmp_path: Path) -> None:
    """A year of nights fills no disk; a second copy on one day takes the place of the first."""
    folder = tmp_path / "backup"
    for day in (20, 21, 22, 22, 23):
        copy, count = back_up_daily(ledger.url, folder, date(2026, 11, day), 3)
        assert copy.name == f"ledger-2026-11-{day}.db"
        assert examine(copy) == count == 3
    (folder / "ledger-of-the-audit.db").write_text("somebody's own")
    back_up_daily(ledger.url, folder, date(2026, 12, 1), 3)
    assert sorted(path.name for path in folder.iterdir()) == [
        "ledger-2026-11-22.db",
        "ledger-2026-11-23.db",
        "ledger-2026-12-01.db",
        "ledger-of-the-audit.db",
    ]


def test_nothing_is_put_in_place_while_a_central_works(ledger: Ledger, place: Path, tmp_path: Path) -> None:
    """Whoever forgot to stop it is told."""
    copy = tmp_path / "copy.db"
    back_up(ledger.url, copy)
    land(ledger, 4)
    lease = FileLease(ledger.url, "days")
    assert lease.take()
    with pytest.raises(InUse, match="stop punchwire-central first"):
        restore(ledger.url, copy, ["desk", "days"])
    lease.close()
    ledger.close()
    assert examine(place) == 4


def test_a_damaged_ledger_is_told_in_one_line_with_the_remedy(
    ledger: Ledger, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every verb that meets it ends with 65, and a restored copy works."""
    copy, config = tmp_path / "copy.db", tmp_path / "central.toml"
    back_up(ledger.url, copy)
    ledger.close()
    spoil(place)
    config.write_text(
        f'[central]\ntimezone = "Asia/Kolkata"\ndatabase = "{place}"\n[broker]\nhost = "127.0.0.1"\n'
    )
    assert main(["quarantine", "--config", str(config)]) == 65
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"the ledger {place} is damaged" in told
    assert "punchwire-central restore FILE" in told
    assert main(["restore", str(copy), "--json", "--config", str(config)]) == 0
    assert '"punches": 3' in capsys.readouterr().out
    assert main(["quarantine", "--config", str(config)]) == 0
    assert main(["backup", str(copy), "--config", str(config)]) == 0
    assert "3 punches; the copy was examined and is whole" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["backup", str(tmp_path), "--daily", "0", "--config", str(config)])
    assert "'0' is not a whole number from 1 on" in capsys.readouterr().err
    assert main(["backup", str(tmp_path), "--daily", "2", "--json", "--config", str(config)]) == 0
    assert f'"{tmp_path}/ledger-2' in capsys.readouterr().out
