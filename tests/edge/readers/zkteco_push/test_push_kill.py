"""The promise that holds when the power goes: what a terminal was told is stored is stored."""

import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from edge.buffer.outbox import Outbox
from simulators.push_terminal import PushTerminal
from tests.edge.readers.zkteco_push.making import free_port, rows, seen, terminal
from tests.waiting import until
from wire.codec import decode_fact
from wire.punch import Punch


def stored(path: Path) -> list[Punch]:
    """The punches in an outbox file that nobody has open."""
    outbox = Outbox(path)
    facts = [decode_fact(row.body) for row in outbox.waiting(0, 100_000, 10**9)]
    outbox.close()
    return [fact for fact in facts if isinstance(fact, Punch)]


def more_sent(there: PushTerminal, than: int) -> bool:
    """Whether the terminal heard OK again."""
    return there.sent > than


def test_power_cuts_at_any_instant_lose_nothing_that_was_answered(tmp_path: Path) -> None:
    """After each kill every row that the terminal heard OK for is in the file; in the end each row once."""
    path, port, dice = tmp_path / "outbox.db", free_port(), random.Random(4)  # noqa: S311
    command = [sys.executable, "-m", "tests.edge.readers.zkteco_push.branch", str(path), str(port)]
    with terminal(port, log=6000, batch=20) as there:
        for _ in range(4):
            with subprocess.Popen(command, stdin=subprocess.PIPE) as branch:
                there.punch()
                until(partial(more_sent, there, there.sent))
                time.sleep(dice.uniform(0.0, 0.2))
                branch.kill()
            answered = there.sent
            assert set(seen(stored(path))) >= {(row.pin, row.wall) for row in there.log[:answered]}
        with subprocess.Popen(command, stdin=subprocess.PIPE) as branch:
            until(lambda: there.settled, within_s=60)
            branch.kill()
    assert set(seen(stored(path))) == set(rows(there))
    assert len({punch.punch_id for punch in stored(path)}) == len(stored(path))
