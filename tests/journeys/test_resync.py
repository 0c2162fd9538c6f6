"""Resyncs of a whole site: tried, applied, taken back, and hurt on the way."""

import json
import os
import random
import sqlite3
import subprocess
import time
from contextlib import closing
from typing import Any

import pytest

from demo.stage import EDGE, TERMINAL
from tests.journeys.site import Site, days_ago
from tests.waiting import until

SPAN = (f"--from={days_ago(60)}", f"--to={days_ago(-1)}")
_DAYS = "SELECT employee_id, day, status, result FROM workdays WHERE status <> 'removed' ORDER BY 1, 2"


def _ask(site: Site, *words: str) -> Any:
    """Run `punchwire resync`, again while central is away, as it says; returns its JSON.

    The resync may find something left over.
    """
    program = site._program("asked", "punchwire", "resync", *site._account(), "--json", *words)  # noqa: SLF001
    for _ in range(10):
        done = subprocess.run(program._command, capture_output=True, text=True, timeout=240, check=False)  # noqa: SLF001
        if done.returncode != os.EX_UNAVAILABLE:
            break
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def _settled_days(site: Site) -> list[tuple[Any, ...]]:
    """The workdays once central has nothing left to compute."""

    def rests() -> bool:
        with site.database() as db:
            return int(db.execute("SELECT count(*) FROM day_marks").fetchone()[0]) == 0

    until(rests, within_s=120, every_s=0.2)
    with site.database() as db:
        return [tuple(row) for row in db.execute(_DAYS)]


def _lose(site: Site, people: int) -> tuple[list[str], int]:
    """Let the ledger be as if it never got the terminal's punches of some people; who, and how many."""
    with site.database() as db:
        rows = db.execute(
            "SELECT badge_raw, count(*) FROM punches WHERE kind = 'terminal'"
            " GROUP BY 1 ORDER BY 2 DESC LIMIT ?",
            (people,),
        ).fetchall()
        employees = [f"E{int(badge):04d}" for badge, _ in rows]
        db.executemany("DELETE FROM punch_rows WHERE badge_raw = ?", [(badge,) for badge, _ in rows])
        for table in ("workdays", "coverage", "uses"):
            db.executemany(f"DELETE FROM {table} WHERE employee_id = ?", [(one,) for one in employees])  # noqa: S608
        db.executemany(
            "INSERT INTO day_marks (bulk, employee_id) VALUES (1, ?)", [(one,) for one in employees]
        )
    return employees, sum(count for _, count in rows)


def test_what_was_tried_is_done_and_taken_back(site: Site) -> None:
    """The dry run lands nothing, the apply lands what it promised, the undo gives the days back."""
    site.settles()
    employees, lost = _lose(site, 5)
    before, held = _settled_days(site), site.ledger_count()
    chosen = [f"--employee={one}" for one in employees]
    tried = _ask(site, *SPAN, *chosen, "--dry-run")
    (gate,) = [it for it in tried["readers"] if it["reader"] == TERMINAL]
    assert (gate["to_add"], gate["added"], gate["matched"]) == (lost, 0, 0)
    assert (site.ledger_count(), _settled_days(site)) == (held, before)
    done = _ask(site, *SPAN, *chosen, "--reason=a journey", "--request-id=j-1")
    (gate,) = [it for it in done["readers"] if it["reader"] == TERMINAL]
    assert (gate["to_add"], gate["added"]) == (0, lost)
    assert done["days"] == tried["days"]
    proof = _ask(site, "show", "j-1", "--what=proof")
    assert {(row["device"] == row["edge"] == row["ledger"], row["equal"]) for row in proof} == {(True, "yes")}
    assert _settled_days(site) != before
    assert _ask(site, "undo", "j-1")["state"] == "undone"
    assert _settled_days(site) == before
    assert site.ledger_count() == held + lost
    site.settles()


def test_what_the_edge_alone_lacks_is_shown(site: Site) -> None:
    """Rows that its outbox lost stand in the proof of that day, between a device and a ledger that agree."""
    site.settles()
    site.edge.stop()
    with closing(sqlite3.connect(site.folder / "outbox.db")) as outbox, outbox:
        outbox.execute("DELETE FROM facts WHERE owner = ?", (TERMINAL,))
    site.edge.start()
    told = _ask(site, *SPAN, f"--reader={TERMINAL}", "--dry-run", "--request-id=j-1")
    (gate,) = told["readers"]
    assert (gate["state"], gate["to_add"], gate["matched"]) == ("reconciled", 0, gate["read"])
    rows = _ask(site, "show", "j-1", "--what=proof")
    assert sum(row["device"] for row in rows) == gate["read"]
    assert [row for row in rows if row["device"] != row["ledger"]] == []
    assert {(row["edge"], row["equal"]) for row in rows} == {(0, "no")}


@pytest.mark.parametrize("seed", range(3))
def test_central_and_the_edge_are_killed_in_the_middle(site: Site, seed: int) -> None:
    """Wherever both die, and die again, the resync ends, and ledger and terminal hold the same."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    site.settles()
    employees, lost = _lose(site, 40)
    chosen = [f"--employee={one}" for one in employees]
    words = ("resync", *site._account(), *SPAN, *chosen, "--reason=a journey", "--request-id=j-1")  # noqa: SLF001
    asked = site._program("asked", "punchwire", *words, "--json", "--timeout=180")  # noqa: SLF001
    asked.start()
    until(lambda: _state(site, "j-1") != "")
    for _ in range(4):
        time.sleep(dice.random())
        victim = dice.choice([site.central, site.edge])
        victim.kill()
        victim.start()
    until(lambda: _state(site, "j-1") in ("reconciled", "unreachable"), within_s=180, every_s=0.5)
    asked.stop()
    again = _ask(site, *SPAN, *chosen, "--reason=what a dead edge left", "--request-id=j-2")
    (gate,) = [it for it in again["readers"] if it["reader"] == TERMINAL]
    assert (gate["state"], gate["to_add"], gate["only_in_ledger"]) == ("reconciled", 0, 0)
    assert gate["matched"] + gate["added"] == lost
    site.settles()
    assert site.doubled_days() == 0


def test_central_is_killed_while_a_resync_is_undone(site: Site) -> None:
    """Each life does some more of it; who waits hears the end, and the days are what they were."""
    site.settles()
    employees, lost = _lose(site, 40)
    before, held = _settled_days(site), site.ledger_count()
    chosen = [f"--employee={one}" for one in employees]
    done = _ask(site, *SPAN, *chosen, "--reason=a journey", "--request-id=j-1")
    (gate,) = [it for it in done["readers"] if it["reader"] == TERMINAL]
    assert gate["added"] == lost
    account = site._account()  # noqa: SLF001
    asked = site._program("asked", "punchwire", "resync", "undo", "j-1", *account, "--timeout=180")  # noqa: SLF001
    asked.start()
    seen = set[str]()
    while asked.runs:
        step = _undoing(site)
        if step and step not in seen and len(seen) < 3:
            seen.add(step)
            site.central.kill()
            site.central.start()
        time.sleep(0.02)
    assert seen
    assert "j-1 is undone" in asked.log.read_text(encoding="utf-8")
    assert _settled_days(site) == before
    assert site.ledger_count() == held + lost


def _undoing(site: Site) -> str:
    """At which step the undoing of the only resync is, "" before and behind it."""
    with site.database() as db:
        (undoing, undone) = db.execute("SELECT undoing, undone_at_us FROM resync_jobs").fetchone()
    return "" if undoing is None or undone is not None else str(json.loads(undoing)["step"])


def _state(site: Site, name: str) -> str:
    """Where the parts of a resync stand, by the ledger's own tables: its state, or "" while there is none."""
    query = (
        "SELECT j.ended_at_us, group_concat(DISTINCT p.state) FROM resync_jobs j"
        " LEFT JOIN resync_parts p ON p.job_id = j.job_id WHERE j.request_id = ? GROUP BY j.job_id"
    )
    with site.database() as db:
        found = db.execute(query, (name,)).fetchone()
    if found is None:
        return ""
    ended, states = found
    return "running" if ended is None else ("reconciled" if states == "reconciled" else "unreachable")


def test_an_offline_edge_is_waited_for_and_given_up_in_time(site: Site) -> None:
    """It expires with its name in the answer; one that returns in time is done as if it had been there."""
    site.settles()
    employees, lost = _lose(site, 3)
    chosen = [f"--employee={one}" for one in employees]
    site.edge.stop()
    given_up = _ask(site, *SPAN, *chosen, "--reason=a journey", "--timeout=3")
    assert given_up["state"] == "expired"
    assert {(it["edge"], it["state"], it["reason"]) for it in given_up["readers"]} == {
        (EDGE, "expired", "expired")
    }
    words = ("resync", *site._account(), *SPAN, *chosen, "--reason=a journey", "--request-id=j-2")  # noqa: SLF001
    asked = site._program("asked", "punchwire", *words, "--timeout=180")  # noqa: SLF001
    asked.start()
    until(lambda: "waiting for pune-01" in asked.log.read_text(encoding="utf-8"))
    site.edge.start()
    until(lambda: not asked.runs, within_s=180, every_s=0.2)
    (gate,) = [it for it in _ask(site, *SPAN, *chosen, "--dry-run")["readers"] if it["reader"] == TERMINAL]
    assert (gate["matched"], gate["to_add"]) == (lost, 0)
