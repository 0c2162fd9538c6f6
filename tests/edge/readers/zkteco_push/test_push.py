"""Promises of terminals that push, kept against a simulated terminal over real sockets."""

import threading
from collections import Counter
from typing import Any

import pytest

from tests.edge.readers.zkteco_push.making import (
    SERIAL,
    PushDesk,
    Site,
    days,
    get,
    post,
    raw,
    rows,
    seen,
)
from tests.waiting import until


def test_a_new_terminal_sends_its_whole_log_and_then_each_punch(site: Site) -> None:
    """Nothing that the log holds is left out, and what people do next comes as they do it."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=950)
    until(lambda: there.settled)
    there.punch("007")
    until(lambda: there.settled)
    assert seen(desk.punches) == rows(there)
    last = desk.punches[-1]
    assert (last.badge.raw, last.badge.form, last.how, last.device) == ("007", "user-id", "push", SERIAL)
    assert desk.counts["users_seen"] == 10
    assert {"device": SERIAL} in desk.oks
    until(lambda: {"records": 951} in desk.oks)


def test_ok_comes_only_after_the_commit(site: Site) -> None:
    """While nothing can be stored the terminal hears no OK, keeps its records, and sends them again."""
    desk = PushDesk()
    desk.refusing = True
    session = site.session(desk, recheck_h=0)
    there = site.terminal(log=120)
    until(lambda: there.refusals)
    assert session.fault().reason == "outbox-failed"
    assert there.sent == 0
    assert desk.facts == []
    desk.refusing = False
    site.session(desk)
    until(lambda: there.settled)
    assert seen(desk.punches) == rows(there)


def test_a_stamp_never_covers_what_is_not_stored(site: Site) -> None:
    """The memo moves in the commit of the last record of an upload, and in no earlier one."""
    desk = PushDesk()
    stamps: list[tuple[int, str | None]] = []
    emit = desk.emit

    def watched(facts: Any, memo: Any = None) -> int:
        fresh = emit(facts, memo)
        stamps.append((len(desk.punches), desk.memo.get("stamp:ATTLOG")))
        return fresh

    desk.emit = watched  # type: ignore[method-assign]
    site.session(desk)
    there = site.terminal(log=1000, batch=1000)
    until(lambda: there.settled)
    assert all(stamp is None or stored == 1000 for stored, stamp in stamps)
    assert desk.memo["stamp:ATTLOG"] == "1000"
    assert max(desk.emitted) <= 300


@pytest.mark.parametrize("mishap", ["lose-answer", "twice", "cut"])
def test_repeats_are_one_punch_each(site: Site, mishap: str) -> None:
    """Lost answers, doubled uploads and broken connections change nothing in what central gets."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=[*days(3), *days(3)[:4]], batch=5)
    there.fault(mishap, 3)
    until(lambda: there.settled)
    for _ in range(4):
        there.punch()
    until(lambda: there.settled)
    assert set(seen(desk.punches)) == set(rows(there))
    assert len({punch.punch_id for punch in desk.punches}) == len(desk.punches)
    first_five = Counter((row.pin, row.wall) for row in there.log[:5])
    assert all(seen(desk.punches)[who] >= count for who, count in first_five.items())


def test_after_a_restart_a_terminal_goes_on_from_its_stamp(site: Site) -> None:
    """What is stored is not sent again, neither after the daemon's restart nor after the terminal's."""
    desk = PushDesk()
    first = site.session(desk)
    there = site.terminal(log=200)
    until(lambda: there.settled)
    first.stop()
    there.punch()
    again = PushDesk()
    again.memo = dict(desk.memo)
    site.session(again)
    there.fault("restart")
    until(lambda: there.settled and again.punches)
    assert seen(again.punches) == seen([]) + Counter([(there.log[-1].pin, there.log[-1].wall)])


def test_a_terminal_that_forgot_its_stamps_sends_everything_and_adds_nothing(site: Site) -> None:
    """A whole log that comes a second time is quiet."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=150)
    until(lambda: there.settled)
    uploads = len(desk.emitted)
    there.fault("stamps-lost")
    until(lambda: there.settled and len(desk.emitted) > uploads)
    assert seen(desk.punches) == rows(there)


def test_the_memo_of_another_terminal_is_not_taken_over(site: Site) -> None:
    """A terminal that replaces another under the same name is asked for everything."""
    desk = PushDesk()
    desk.memo = {"serial": "OLD", "stamp:ATTLOG": "5000"}
    site.session(desk, recheck_h=0)
    there = site.terminal(log=30)
    until(lambda: there.settled)
    assert len(desk.punches) == 30
    assert desk.memo["serial"] == SERIAL


def test_a_terminal_that_is_not_configured_is_refused(site: Site) -> None:
    """Nobody brings punches in under a serial that no reader has."""
    desk = PushDesk()
    site.session(desk)
    stranger = site.terminal(serial="STRANGER", log=5)
    until(lambda: any("403" in refusal for refusal in stranger.refusals))
    assert stranger.sent == 0
    assert desk.facts == []


def test_two_terminals_push_to_one_port_and_do_not_disturb_each_other(site: Site) -> None:
    """Each reader gets its own terminal's punches; one that stops leaves the other served."""
    desks = PushDesk(), PushDesk()
    first = site.session(desks[0], "gate", serial="A1")
    site.session(desks[1], "dock", serial="B2")
    left, right = site.terminal(serial="A1", log=120), site.terminal(serial="B2", log=80, seed=2)
    until(lambda: left.settled and right.settled)
    assert (seen(desks[0].punches), seen(desks[1].punches)) == (rows(left), rows(right))
    assert {punch.reader for punch in desks[1].punches} == {"dock"}
    assert first.stop() < 1.0
    left.punch()
    right.punch()
    until(lambda: right.settled)
    assert not left.settled
    again = PushDesk()
    site.session(again, "gate", serial="A1")
    until(lambda: left.settled)
    assert seen(again.punches) == Counter([(left.log[-1].pin, left.log[-1].wall)])


def test_a_session_ends_within_a_second_and_gives_the_port_back(site: Site) -> None:
    """The daemon's stop is never held up, not even in the middle of an upload."""
    desk = PushDesk()
    session = site.session(desk)
    there = site.terminal(log=40_000, batch=20_000)
    until(lambda: desk.punches)
    assert session.stop() < 1.0
    assert there.sent < 40_000
    assert not [thread for thread in threading.enumerate() if thread.name == f"push:{site.port}"]
    site.session(PushDesk(), serial="X")


def test_odd_lines_are_told_and_spoil_nothing(site: Site) -> None:
    """A line that is no record reaches central as an event with its text, once; the rest is punches."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal(log=3)
    there.fault("odd-line")
    there.punch("9")
    until(lambda: there.settled)
    there.fault("stamps-lost")
    until(lambda: desk.counts.get("records_odd", 0) >= 2)
    assert len(desk.punches) == 4
    (event,) = desk.events("record_odd")
    assert event.fields["serial"] == SERIAL
    assert str(event.fields["text"]).startswith("7\\t2026-02-31 09:00:00")
    assert ("records-odd", "1 lines of an upload are no records") in desk.doubts


def test_a_flood_of_odd_lines_is_bounded(site: Site) -> None:
    """Hostile bytes fill no outbox: a hundred lines are told, all are counted."""
    desk = PushDesk()
    site.session(desk)
    until(lambda: raw(site.port, get(f"/iclock/ping?SN={SERIAL}")).endswith(b"OK\n"))
    flood = b"".join(b"%d\n" % n for n in range(5000))
    answer = raw(site.port, post(f"/iclock/cdata?SN={SERIAL}&table=ATTLOG&Stamp=1", flood))
    assert answer.endswith(b"OK: 5000\n")
    assert len(desk.events("record_odd")) == 100
    (summary,) = desk.events("records_odd")
    assert summary.fields["lines"] == 5000


def test_tables_without_use_are_taken_and_forgotten(site: Site) -> None:
    """Names, photos and templates stop at the branch, and the terminal does not offer them for ever."""
    desk = PushDesk()
    site.session(desk)
    until(lambda: raw(site.port, get(f"/iclock/ping?SN={SERIAL}")).endswith(b"OK\n"))
    users = b"USER PIN=7\tName=Asha Rao\tPri=0\nOPLOG 4\t7\t2026-05-11 09:00:00\t0\t0\t0\t0\n"
    for target, body, said in (
        ("cdata?SN={}&table=OPERLOG&Stamp=3", users, b"OK: 2\n"),
        ("cdata?SN={}&table=BIODATA&Stamp=4", b"BIODATA Pin=7\tTmp=xx\n", b"OK: 1\n"),
        ("cdata?SN={}&table=options", b"~DeviceName=K40,MAC=00", b"OK: 1\n"),
        ("fdata?SN={}&table=ATTPHOTO", b"\xff\xd8\xff", b"OK\n"),
    ):
        assert raw(site.port, post(f"/iclock/{target.format(SERIAL)}", body)).endswith(said)
    assert desk.facts == []
    assert "Asha" not in str(desk.memo)
    assert (desk.memo["stamp:OPERLOG"], desk.counts["users_seen"]) == ("3", 1)
