"""The way back: people of the directory onto a terminal, by order, over the whole site."""

import csv
from pathlib import Path
from typing import Any

import pytest

from demo.programs import ProgramError
from demo.stage import EDGE, TERMINAL
from tests.edge.readers.zkteco_push.making import SERIAL, free_port, terminal
from tests.journeys.site import Site
from tests.waiting import until


def people(site: Site, *rows: tuple[str, str, str]) -> None:
    """Import people more: employee id, name, user id at this branch."""
    path = site.folder / "more.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("employee_id", "name", "user_ids"))
        writer.writerows((one, name, f"{EDGE}:{user}") for one, name, user in rows)
    config = str(site.folder / "central.toml")
    site._program("more", "punchwire-central", "--config", config, "import", "--apply", str(path)).run()  # noqa: SLF001


def enrolment(site: Site, *words: str) -> dict[str, Any]:
    """What `punchwire enrolment` says. Raises ProgramError if the two differ in the end."""
    told: dict[str, Any] = site.ask("enrolment", *words, "--edge", EDGE, "--reader", TERMINAL)
    return told


def on_terminal(site: Site) -> dict[str, str]:
    """Who is on the terminal: names by user id."""
    users = site.devices[TERMINAL].say({"do": "users"})["users"]
    return {user["user_id"]: user["name"] for user in users}


def test_people_of_the_directory_come_onto_the_terminal_and_punch(site: Site) -> None:
    """Missing people are told, written, read back; what is told of them afterwards is theirs."""
    site.settles()
    before = on_terminal(site)
    people(site, ("N1", "Nadia New", "9001"), ("N2", "Nikhil New", "9002"))
    with pytest.raises(ProgramError, match="enrolment failed"):
        enrolment(site, "diff")
    pushed = enrolment(site, "push")
    assert pushed["state"] == "done"
    assert pushed["figures"]["written"] >= 2
    after = on_terminal(site)
    assert {user: after[user] for user in ("9001", "9002")} == {"9001": "Nadia New", "9002": "Nikhil New"}
    assert {user: name for user, name in after.items() if user in before} == before
    assert enrolment(site, "push")["figures"]["written"] == 0
    site.devices[TERMINAL].say({"do": "punch", "user_id": "9001"})
    site.settles()
    assert "9001" in site.badges(TERMINAL)
    assert enrolment(site, "push", "--remove", "9002")["figures"]["kept"] == 1
    assert "9002" in on_terminal(site)
    with pytest.raises(ProgramError):
        enrolment(site, "push", "--remove", "9002", "--with-templates")
    until(lambda: "9002" not in on_terminal(site))


def test_people_come_onto_a_terminal_that_pushes(tmp_path: Path) -> None:
    """The same orders reach a terminal that nobody can call: it fetches commands, and tells what it holds."""
    port = free_port()
    site = Site(tmp_path)
    place = f'serial = "{SERIAL}"\naddress = "127.0.0.1"\nport = {port}\n'
    pace = "delay_s = 1\nerror_delay_s = 1\nsettle_s = 0.5\n"
    site.add_reader(
        f'[[reader]]\nname = "back-gate"\nkind = "zkteco-push"\n{place}{pace}', under="/usr/bin/env"
    )
    try:
        site.build()
        people(site, ("N1", "Nadia New", "9001"))
        with terminal(port, users=2) as there:
            there.punch()
            until(lambda: there.settled, 60)
            words = ("--edge", EDGE, "--reader", "back-gate", "--remove", "1")
            pushed: dict[str, Any] = site.ask("enrolment", "push", *words)
            assert (pushed["state"], pushed["figures"]["kept"]) == ("done", 1)
            names = {user.user_id: user.name for user in there.users}
            assert names["9001"] == "Nadia New"
            assert there.fingers == {"1", "2"}
    finally:
        site.clear()
