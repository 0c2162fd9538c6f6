"""Promises of the turns: the intake comes first, and nobody waits for ever."""

import threading
import time
from contextlib import AbstractContextManager

import pytest

from central.ledger.turns import CALM_S, Turns
from tests.waiting import until


class Writer:
    """Somebody who wants to write, on a thread of its own, and keeps the turn until told."""

    def __init__(self, name: str, turn: AbstractContextManager[None], order: list[str]) -> None:
        self._turn = turn
        self._name = name
        self._order = order
        self.finish = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with self._turn:
            self._order.append(self._name)
            self.finish.wait(30)


def test_intake_passes_everybody_who_is_not_overdue() -> None:
    """While the intake works, others wait, and its next transaction goes before theirs."""
    turns, order = Turns(), list[str]()
    with turns.first():
        other = Writer("other", turns.other(patience_s=30), order)
        intake = Writer("intake", turns.first(), order)
        time.sleep(0.05)
        assert order == []
    until(lambda: order == ["intake"])
    intake.finish.set()
    until(lambda: order == ["intake", "other"])
    other.finish.set()


def test_others_wait_until_the_intake_has_been_quiet_for_a_moment() -> None:
    """Between two transactions of a drain nobody slips in."""
    turns = Turns()
    with turns.first():
        pass
    began = time.monotonic()
    with turns.other(patience_s=30):
        waited_s = time.monotonic() - began
    assert waited_s >= CALM_S * 0.9


def test_busy_intake_lets_an_overdue_writer_in() -> None:
    """However busy the intake is, others get their turn within their patience and one transaction."""
    turns, order, stop = Turns(), list[str](), threading.Event()

    def drain() -> None:
        while not stop.is_set():
            with turns.first():
                time.sleep(0.002)

    intake = threading.Thread(target=drain, daemon=True)
    intake.start()
    for turn in range(3):
        other = Writer(str(turn), turns.other(patience_s=0.05), order)
        other.finish.set()
        other.thread.join(30)
    stop.set()
    intake.join(30)
    assert order == ["0", "1", "2"]


def test_writers_that_fail_give_their_turn_back() -> None:
    """An exception in a transaction stops nobody else."""
    turns = Turns()
    for turn in (turns.first, lambda: turns.other(0.01)):
        with pytest.raises(ZeroDivisionError), turn():
            _ = 1 / 0
    with turns.first():
        pass
