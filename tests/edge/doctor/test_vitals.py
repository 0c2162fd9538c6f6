"""Promises of the words for what a running daemon says of itself."""

from datetime import UTC, datetime
from typing import Any

import pytest

from edge.bedside import Standing
from edge.doctor.vitals import of_edge, of_reader, of_uplink
from wire.vitals import Birth, Heartbeat, ReaderVital

AT = datetime(2026, 5, 11, 3, 30, tzinfo=UTC)


def standing(trouble: str = "", *, online: bool = True, **vital: Any) -> Standing:
    told = {"reader": "gate", "state": "ok", "since": AT, **vital}
    return Standing(
        birth=Birth(
            edge="pune-01",
            version="1",
            config_hash="h",
            boot_id="b",
            outbox_id="o",
            next_seq=1,
            settled=0,
            at=AT,
        ),
        heartbeat=Heartbeat(
            at=AT,
            session="",
            uptime_s=1,
            trust="synced",
            backlog=7,
            reason=trouble,
            evidence="e",
            readers=(ReaderVital(**told),),
        ),
        online=online,
    )


@pytest.mark.parametrize(
    ("vital", "level", "reason"),
    [
        ({}, "good", ""),
        ({"state": "starting", "reason": "starting"}, "note", ""),
        ({"state": "parked", "reason": "wrong-comm-key"}, "alarm", "wrong-comm-key"),
        ({"state": "lost", "reason": "unplugged"}, "alarm", "unplugged"),
        ({"reason": "clock-off"}, "warning", "clock-off"),
        ({"reason": "log-filling", "records": 85, "capacity": 100}, "warning", "log-filling"),
        ({"reason": "log-full", "records": 95, "capacity": 100}, "alarm", "log-full"),
    ],
)
def test_each_state_of_a_reader_has_its_level(vital: dict[str, Any], level: str, reason: str) -> None:
    """A reader that works is good, one in doubt a warning, one that does not work an alarm."""
    finding = of_reader(standing(**vital), "gate")
    assert (finding.level, finding.reason) == (level, reason)


def test_trouble_of_the_edge_as_a_whole_is_told() -> None:
    """What the heartbeat says of the edge, and an older file, are findings."""
    assert [it.reason for it in of_edge(standing("no-receipts"), "h")] == ["", "no-receipts"]
    assert [it.reason for it in of_edge(standing(), "other")] == ["", "restart-needed"]


@pytest.mark.parametrize(("online", "level"), [(True, "good"), (False, "note")])
def test_the_connection_of_the_daemon_is_told(online: bool, level: str) -> None:
    """Whether the daemon has its broker is said with what waits."""
    finding = of_uplink(standing(online=online))
    assert finding.level == level
    assert "7 facts wait" in finding.answered
