"""Promises of the pieces of a resync: no transaction computes so many workdays that others wait for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from central.ledger.database import Ledger
from tests.central.days.works import OFFICE, person
from tests.central.resyncs.company import GATE, Company, punch
from wire.facts import Span

MAY = Span(first=date(2026, 5, 1), last=date(2026, 5, 17))


@pytest.mark.parametrize(
    ("how", "table"),
    [
        ({"span": Span(first=MAY.first, last=MAY.first)}, "resync_days"),
        ({"span": Span(first=MAY.first, last=MAY.first), "reason": "a test"}, "workdays"),
        ({"span": MAY, "mode": "recompute"}, "resync_people WHERE tried = 1"),
        ({"span": MAY, "mode": "recompute", "reason": "a test"}, "resync_people WHERE tried = 1"),
    ],
    ids=["tried", "landed", "computing tried", "computed"],
)
def test_few_punches_that_bring_many_workdays_go_in_pieces(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], table: str
) -> None:
    """One punch long ago begins a person's days anew, all of them up to those that are known."""
    company = Company(ledger, tmp_path, [person(number) for number in range(1, 7)])
    company.at("2026-05-18 08:00")
    company.settings(OFFICE)
    company.hold(*(punch("2026-05-11 09:00", str(number)) for number in range(1, 7)))
    company.settle()
    company.hold(*(punch("2026-05-01 09:00", str(number)) for number in range(1, 7)), ledger=False)
    monkeypatch.setattr("central.resync.measuring.DAYS", 20)
    plain, counts = ledger.write, list[int]()

    @contextmanager
    def watched() -> Iterator[Connection]:
        with plain() as connection:
            yield connection
        with ledger.read() as connection:
            counts.append(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608

    monkeypatch.setattr(ledger, "write", watched)
    told = company.resync(**how)
    assert told.state == "reconciled"
    most = 1 if "tried" in table else 20
    assert counts[-1] - counts[0] >= 6
    assert max(behind - before for before, behind in pairwise(counts)) <= most


def test_nothing_is_landed_of_a_part_that_a_kill_left_half_compared(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits until it is compared to its end, though another part comes first; so each figure is right."""
    door = ("surat-02", "door")
    company = Company(ledger, tmp_path, [person(1)], GATE, door)
    company.at("2026-05-18 08:00")
    company.settings(OFFICE)
    company.hold(punch("2026-05-11 09:00"), ledger=False)
    company.hold(punch("2026-05-12 09:00", reader=door, serial="S2"), reader=door, ledger=False)
    company.away = {"pune-01"}
    job = company.ask(reason="a test")
    with monkeypatch.context() as patched:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        patched.setattr("central.ledger.resyncs.proofs.keep_device", die)
        with pytest.raises(KeyboardInterrupt):
            company.run(job)
    company.restart()
    (gate,) = [order for edge, order in company.orders if edge == "pune-01"]
    company.land(*company.told("pune-01", gate))
    monkeypatch.setattr("central.requests.resyncs.following._LONG_S", -1.0)
    assert company.run(company.stored()).ended_at is not None
    assert [(one.reader, one.added, one.matched) for one in company.progress().readers] == [
        ("gate", 1, 0),
        ("door", 1, 0),
    ]
