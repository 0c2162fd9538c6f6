"""Promises of `punchwire user` and `punchwire audit`, with central and the broker at the other end."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from central.ledger import audit
from central.ledger.database import Ledger
from simulators.mosquitto import Mosquitto
from tests.central.program import Program
from tests.conftest import ACCOUNTS
from tests.waiting import until
from wire.rights import AuditEntry

PEOPLE = """employee_id,name,branch,department,user_ids
E1,Asha,Pune,QC,1
E2,Bina,Pune,Stores,2
E3,Chetan,Surat,Stores,3
"""
FORBIDDEN, REFUSED, USAGE = 77, 1, 2


class Site:
    """A central that looks after the broker's accounts, and its people at their commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        broker = folder / "broker"
        self.broker = Mosquitto(broker, ACCOUNTS, extra=f"pid_file {broker}/pid\n")
        self.broker.start()
        self.program = Program(folder, self.broker, str(folder / "ledger.db"))
        accounts = f'passwords = "{broker}/passwords"\nacl = "{broker}/acl"\npid_file = "{broker}/pid"\n'
        with self.program.config.open("a", encoding="utf-8") as config:
            config.write(f'\n[accounts]\n{accounts}[[branch]]\nedge = "pune-01"\n')
        (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")

    def central(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of punchwire-central."""
        return self._run("punchwire-central", *arguments, "--config", str(self.program.config))

    def ask(self, user: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of punchwire as somebody."""
        place = ("--host", "127.0.0.1", "--port", str(self.broker.port), "--user", user)
        secret = ("--password-file", str(self.broker.password_file(user)))
        return self._run("punchwire", *arguments, *place, *secret)

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = str(Path(sys.executable).with_name(program))
        return subprocess.run([path, *arguments], capture_output=True, text=True, timeout=90, check=False)

    def join(self, user: str, *arguments: str) -> None:
        """Anna adds somebody, who puts his password into his file and waits until it is let in."""
        told = self.ask("anna", "user", "add", user, *arguments, "--json")
        assert told.returncode == 0, told.stderr
        self.broker.password_file(user).write_text(json.loads(told.stdout)["password"])
        until(lambda: self.ask(user, "summary").returncode != FORBIDDEN)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site at work whose one user is Anna, the first administrator."""
    made = Site(tmp_path)
    assert made.central("import", "--apply", str(tmp_path / "people.csv")).returncode == 0
    assert made.central("user", "add", "anna", "--role", "administrator").returncode == 0
    made.program.start()
    until(lambda: made.ask("anna", "summary").returncode == 0)
    yield made
    made.program.kill()
    made.broker.stop()


def test_users_come_are_limited_and_go(site: Site) -> None:
    """From the first word of an administrator to the last login of a manager who left, all in the audit."""
    site.join("ravi", "--role", "manager", "--unit", "department=Stores", "branch=Surat")
    rows = json.loads(site.ask("ravi", "employees", "--json").stdout)
    assert [row["employee_id"] for row in rows] == ["E3"]
    refused = site.ask("ravi", "day", "E1", "2026-05-11")
    assert (refused.returncode, "nobody has the employee id 'E1'" in refused.stderr) == (REFUSED, True)
    for verb in (("user", "list"), ("audit",), ("user", "role", "ravi", "administrator")):
        refused = site.ask("ravi", *verb)
        assert refused.returncode == REFUSED
        assert f"ravi is a manager, and {verb[0]} is for administrators" in refused.stderr
    listed = site.ask("anna", "user", "list").stdout
    assert "branch=Surat and department=Stores" in listed
    users = json.loads(site.ask("anna", "user", "list", "--json").stdout)["users"]
    assert [(user["name"], user["role"], user["people"]) for user in users] == [
        ("anna", "administrator", 3),
        ("ravi", "manager", 1),
    ]
    assert site.ask("anna", "user", "disable", "ravi").returncode == 0
    until(lambda: site.ask("ravi", "summary").returncode == FORBIDDEN)
    lines = [
        json.loads(line) for line in site.ask("anna", "audit", "--verb", "user", "--json").stdout.splitlines()
    ]
    changes = [(line["actor"], line["subject"], line["detail"].get("do")) for line in lines]
    assert ("anna", "ravi", "add") in changes
    assert ("anna", "ravi", "disable") in changes
    assert "$7$" not in json.dumps(lines)
    denied = site.ask("anna", "audit", "--actor", "ravi", "--outcome", "refused").stdout
    assert "for administrators" in denied


def test_mistakes_are_one_line_with_the_remedy(site: Site) -> None:
    """What cannot be is said at once, or by central, each time in words that help."""
    for arguments, status, says in (
        (("user", "add", "pune-01", "--role", "hr"), REFUSED, "is the account of an edge or of central"),
        (("user", "add", "central", "--role", "hr"), REFUSED, "is the account of an edge or of central"),
        (("user", "add", "mina", "--role", "manager"), REFUSED, "needs at least one unit"),
        (
            ("user", "add", "mina", "--role", "manager", "--unit", "department=Store"),
            REFUSED,
            "nobody has the department 'Store'; did you mean Stores?",
        ),
        (("user", "add", "mina", "--role", "manager", "--unit", "team=QC"), USAGE, "department=Production"),
        (("user", "add", "mina/", "--role", "hr"), USAGE, "is no name of a user"),
        (("user", "disable", "anna"), REFUSED, "no administrator left"),
        (("user", "role", "nina", "hr"), REFUSED, "there is no user nina"),
        (("audit", "verify", "--noted", "abc"), USAGE, "64 hex digits"),
        (("audit", "--from", "2026-05-11"), USAGE, "--from and --to belong together"),
    ):
        told = site.ask("anna", *arguments)
        assert (told.returncode, says in told.stderr) == (status, True), (arguments, told.stderr)
        assert "Traceback" not in told.stderr


def test_the_audit_is_exported_and_verified_with_and_without_the_broker(site: Site) -> None:
    """What is exported can be checked by anybody; a line that was changed is named by both commands."""
    exported = site.ask("anna", "audit", "--json").stdout.splitlines()
    lines = [json.loads(line) for line in exported]
    assert [line["audit_id"] for line in lines] == list(range(1, len(lines) + 1))
    assert all(set(line) == set(AuditEntry.__struct_fields__) for line in lines)
    told = json.loads(site.ask("anna", "audit", "verify", "--json").stdout)
    assert told["lines"] >= len(lines)
    noted = lines[1]["hash"]
    done = site.ask("anna", "audit", "verify", "--noted", noted)
    assert (done.returncode, "line 2 has the hash that was noted" in done.stdout) == (0, True)
    assert site.central("audit-verify", "--noted", noted).returncode == 0
    lost = site.central("audit-verify", "--noted", "00" * 32)
    assert (lost.returncode, "no line has the hash" in lost.stderr) == (REFUSED, True)
    ledger = Ledger(str(site.folder / "ledger.db"))
    with ledger.write() as connection:
        connection.execute(text("DROP TRIGGER audit_keeps_every_word"))
        connection.execute(text("UPDATE audit SET actor = 'nobody' WHERE audit_id = 2"))
        assert audit.check(connection).broken is not None
    ledger.close()
    for told_ in (site.ask("anna", "audit", "verify"), site.central("audit-verify")):
        assert (told_.returncode, "broken at line 2: " in told_.stderr) == (REFUSED, True)
        assert "1 lines fit" in told_.stdout
    assert json.loads(site.central("audit-verify", "--json").stdout)["broken"] == 2
