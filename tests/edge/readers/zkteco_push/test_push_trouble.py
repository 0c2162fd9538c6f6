"""Promises for when things go wrong: silence, mistakes, a crowd at one port."""

import socket
import threading
import time

import pytest

from edge.errors import Misconfigured, Unreachable
from tests.edge.readers.zkteco_push.making import (
    MAY,
    SERIAL,
    PushDesk,
    Site,
    get,
    order,
    post,
    raw,
    reader,
)
from tests.waiting import until


def heard_nothing(desk: PushDesk) -> bool:
    """Whether a visit that had begun is over."""
    before = len(desk.oks)
    time.sleep(0.5)
    return len(desk.oks) == before


def test_a_terminal_that_falls_silent_is_lost_and_its_orders_are_answered(site: Site) -> None:
    """The board shows it, and nobody waits for a report that cannot come."""
    desk = PushDesk()
    session = site.session(desk, silent_s=2.0, order_s=60.0)
    there = site.terminal(log=1)
    until(lambda: there.settled)
    there.fault("silent")
    until(lambda: heard_nothing(desk))
    desk.waiting_orders.append(order(MAY, MAY))
    fault = session.fault()
    assert fault.reason == "no-answer"
    assert SERIAL in fault.evidence
    (report,) = desk.reports
    assert (report.outcome, report.reason) == ("failed", "no-answer")


def test_a_serial_that_another_reader_has_is_a_mistake_in_the_configuration(site: Site) -> None:
    """Two readers never share a terminal unnoticed."""
    site.session()
    until(lambda: raw(site.port, get(f"/iclock/ping?SN={SERIAL}")).endswith(b"OK\n"))
    with pytest.raises(Misconfigured, match=SERIAL):
        reader(site.port, "twin").session(PushDesk())


def test_a_port_that_another_program_has_is_tried_again(site: Site) -> None:
    """The reader waits for it, and says which port."""
    with socket.create_server(("127.0.0.1", site.port)), pytest.raises(Unreachable) as fault:
        reader(site.port).session(PushDesk())
    assert fault.value.reason == "port-taken"
    assert str(site.port) in fault.value.evidence


def test_an_address_that_is_not_the_pis_own_needs_a_person(site: Site) -> None:
    """A typing mistake in the address parks this reader alone."""
    with pytest.raises(Misconfigured, match="no such host"):
        reader(site.port, address="no such host").session(PushDesk())


def test_many_requests_at_once_from_one_terminal_do_not_starve_another(site: Site) -> None:
    """A terminal gone wild gets 503; its neighbour goes on punching."""
    stuck = PushDesk()
    gate = threading.Event()
    emit = stuck.emit
    stuck.emit = lambda facts, memo=None: emit(facts, memo) if gate.wait(30) else 0  # type: ignore[method-assign]
    calm = PushDesk()
    site.session(stuck, "wild", serial="W1")
    site.session(calm, "calm", serial="C2")
    body = b"7\t2026-05-11 09:00:00\t0\t1\n"
    answers: list[bytes] = []
    wild = [
        threading.Thread(
            target=lambda: answers.append(raw(site.port, post("/iclock/cdata?SN=W1&table=ATTLOG", body), 40))
        )
        for _ in range(6)
    ]
    until(lambda: raw(site.port, get("/iclock/ping?SN=W1")).endswith(b"OK\n"))
    for thread in wild:
        thread.start()
    until(lambda: sum(b" 503 " in answer for answer in answers) >= 3)
    there = site.terminal(serial="C2", log=50)
    until(lambda: there.settled)
    gate.set()
    for thread in wild:
        thread.join(40)
    assert sum(answer.endswith(b"OK: 1\n") for answer in answers) >= 1
    assert len(stuck.punches) == 1


def test_a_punch_is_in_the_outbox_within_moments(site: Site) -> None:
    """Nothing polls between the terminal's request and the commit."""
    desk = PushDesk()
    site.session(desk)
    there = site.terminal()
    until(lambda: there.settled)
    took = []
    for _ in range(5):
        began = time.monotonic()
        there.punch()
        until(lambda: len(desk.punches) == len(there.log), every_s=0.001)
        took.append(time.monotonic() - began)
    assert min(took) < 0.2
