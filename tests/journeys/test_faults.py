"""The main job through the faults of real sites, with every part a real process."""

import random

import pytest

from demo.stage import SERIAL, TERMINAL
from tests.journeys.site import Site, days_ago
from tests.waiting import until


def test_a_day_of_punches_reaches_the_ledger_exactly_once(site: Site) -> None:
    """The log of the terminal, live punches and cards: all are there, none twice, and the outbox is empty."""
    for _ in range(10):
        site.punches(3, TERMINAL)
        site.punches(1, SERIAL)
    site.settles()
    site.outbox_settles()
    assert site.doubled_days() == 0


def test_the_broker_is_down_for_a_while(site: Site) -> None:
    """Killed without persistence and started again, it costs nothing but time."""
    site.settles()
    site.broker.kill()
    site.punches(40)
    site.punches(3, SERIAL)
    site.broker.start()
    site.settles()


def test_the_network_is_cut_and_returns(site: Site) -> None:
    """What is punched behind a cut cable arrives when the cable is mended."""
    site.settles()
    site.network.cut()
    site.punches(30)
    site.network.restore()
    site.settles()


def test_central_hangs_until_the_brokers_queue_overflows(site: Site) -> None:
    """A frozen central is still online to the broker, whose default queue is cut; the edge sends again."""
    site.settles()
    site.freeze(site.central)
    site.punches(1300)
    site.freeze(site.central, thaw=True)
    site.settles(within_s=300)


def test_central_is_killed_with_more_punches_than_the_queue_holds(site: Site) -> None:
    """Without central the edge holds back; with it again, everything comes once."""
    site.central.kill()
    site.punches(1300)
    site.central.start()
    site.settles(within_s=300)


@pytest.mark.parametrize("seed", range(3))
def test_the_edge_is_killed_in_the_middle_of_append_and_drain(site: Site, seed: int) -> None:
    """SIGKILL at any instant, again and again: what the devices hold is in the ledger once."""
    dice = random.Random(seed)  # noqa: S311 - a schedule
    for _ in range(5):
        until(lambda: site.edge.runs)
        site.punches(dice.randrange(1, 25))
        site.edge.kill()
        site.edge.start()
    site.settles()
    site.outbox_settles()


def test_a_terminal_is_away_and_comes_back_with_a_longer_log(site: Site) -> None:
    """What was punched while a terminal was off the network is read from its log, and the board knew."""
    site.settles()
    terminal = site.devices[TERMINAL]
    terminal.say({"do": "down"})
    site.punches(25)
    words = {"no-answer", "port-refused", "connection-lost"}
    until(lambda: site.board().get(TERMINAL, {}).get("reason") in words)
    terminal.say({"do": "up"})
    site.settles(within_s=300)


def test_a_resync_heals_a_ledger_from_which_punches_were_removed(site: Site) -> None:
    """Deleted rows come back from the terminal, and the answer says how many."""
    site.punches(20)
    site.settles()
    with site.database() as db:
        rows = db.execute(
            "SELECT badge_raw, count(*) FROM punches WHERE kind = 'terminal' GROUP BY 1 LIMIT 5"
        ).fetchall()
        badges = [badge for badge, _ in rows]
        db.executemany("DELETE FROM punch_rows WHERE badge_raw = ?", [(badge,) for badge in badges])
    employees = [f"E{int(badge):04d}" for badge in badges]
    answer = site.resynced(*employees, first=days_ago(60), last=days_ago(-1))
    (front_gate,) = [it for it in answer["readers"] if it["reader"] == TERMINAL]
    assert front_gate["added"] == sum(count for _, count in rows)
    assert front_gate["only_on_device"] == front_gate["only_in_ledger"] == 0
    site.settles()


def test_central_is_restored_from_an_old_backup(site: Site) -> None:
    """What the backup does not hold is asked for again, card punches too, though no device remembers them."""
    site.settles()
    copy = site.back_up()
    site.punches(30)
    site.punches(5, SERIAL)
    site.settles()
    site.central.kill()
    site.restore(copy)
    site.central.start()
    site.settles(within_s=300)


def test_the_outbox_file_is_lost(site: Site) -> None:
    """A new card in the Pi: the terminal is read again in full, and nothing is doubled."""
    site.settles()
    site.edge.kill()
    for part in site.folder.glob("outbox.db*"):
        part.unlink()
    site.edge.start()
    site.punches(10)
    site.settles()
    assert site.doubled_days() == 0


def test_a_stopped_edge_says_goodbye_within_two_seconds(site: Site) -> None:
    """SIGTERM ends the edge in time with everything in flight safe, and the board shows it offline."""
    site.settles()
    site.punches(10)
    site.edge.stop()
    assert site.edge.exit_code in (0, None)
    until(lambda: not site.board().get(TERMINAL, {"online": True})["online"])
    site.edge.start()
    site.settles()
