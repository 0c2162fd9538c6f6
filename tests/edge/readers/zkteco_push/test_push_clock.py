"""Promises of the clocks of terminals that push: set by a trusted Pi alone, measured by live punches."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from edge.readers.zkteco_push.commands import CHECK
from tests.edge.readers.zkteco_push.making import SERIAL, PushDesk, Site, get, raw
from tests.waiting import until


def test_the_terminal_takes_its_time_from_a_trusted_pi(site: Site) -> None:
    """A terminal whose battery died is right again after its first answer, in its own zone."""
    site.session(zone="Asia/Kathmandu")
    there = site.terminal()
    there.fault("clock-reset")
    until(lambda: there.settled and there.clock().year > 2020)
    until(lambda: there.zone == timedelta(hours=5, minutes=45))
    local = datetime.now(UTC).replace(tzinfo=None) + there.zone
    assert abs(there.clock() - local) < timedelta(seconds=60)


def test_a_zone_in_minutes_is_a_profile(site: Site) -> None:
    """Firmware that counts minutes gets minutes."""
    site.session(zone="Asia/Kolkata", zone_unit="minutes")
    there = site.terminal(zone=timedelta(), zone_unit="minutes")
    until(lambda: there.zone == timedelta(minutes=330))


@pytest.mark.parametrize("reason", ["unset", "by option"])
def test_a_pi_without_the_time_gives_none(site: Site, reason: str) -> None:
    """A Pi that booted months behind never spoils a terminal's clock; nor does one that was told not to."""
    desk = PushDesk()
    desk.trust = "unset" if reason == "unset" else "synced"
    site.session(desk, set_clock=reason == "unset")
    there = site.terminal(log=5)
    there.drift = timedelta(hours=-3)
    until(lambda: there.settled)
    assert there.drift == timedelta(hours=-3)
    assert b"date:" not in raw(site.port, get(f"/iclock/cdata?SN={SERIAL}&options=all")).lower()


def test_a_zone_that_changed_is_told_again(site: Site) -> None:
    """After a clock change the terminal is asked to look at its options again."""
    desk = PushDesk()
    moment = desk.moment
    winter = datetime(2026, 1, 15, 12, tzinfo=UTC)
    summer = datetime(2026, 7, 15, 12, tzinfo=UTC)
    now = [winter]
    desk.moment = lambda: replace(moment(), utc=now[0])  # type: ignore[method-assign]
    site.session(desk, zone="Europe/Berlin", recheck_h=0)
    there = site.terminal()
    until(lambda: there.zone == timedelta(hours=1))
    now[0] = summer
    until(lambda: (CHECK, 0) in there.commands)
    until(lambda: there.zone == timedelta(hours=2))


def test_a_wrong_clock_is_noticed_at_the_next_live_punch(site: Site) -> None:
    """The offset travels with the punch, and the clock is an event and a doubt."""
    desk = PushDesk()
    site.session(desk, set_clock=False)
    there = site.terminal(users=3, zone=timedelta(hours=5, minutes=30))
    until(lambda: there.settled)
    for _ in range(130):  # steps well below a gap of 8 s: ten minutes of contact
        before = len(desk.oks)
        desk.later_s += 5.0
        until(partial(_heard, desk, before))
    there.drift = timedelta(seconds=-200)
    there.punch()
    until(lambda: there.settled)
    offset = desk.punches[-1].clock.offset_s
    assert offset is not None
    assert abs(offset - (19_800 - 200)) < 30
    until(lambda: any(reason == "clock-off" for reason, _ in desk.doubts))
    assert len(desk.events("clock_off")) == 1
    assert any(told.get("clock_offset_s") == offset for told in desk.oks)


def _heard(desk: PushDesk, before: int) -> bool:
    return len(desk.oks) > before + 1
