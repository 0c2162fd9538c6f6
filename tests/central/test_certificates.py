"""Promises of `punchwire-central edge`: who gets a certificate, who does not, and what is audited."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from central.cli import main
from central.ledger import audit
from central.ledger.database import Ledger

ROOT = Path(__file__).parents[2]
CONFIG = """
[central]
timezone = "Asia/Kolkata"
database = "{folder}/ledger.db"
[broker]
host = "127.0.0.1"
[authority]
folder = "{folder}/authority"
crl = "{folder}/broker.crl"
"""


class Office:
    """A centre with an authority of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "central.toml"
        self.config.write_text(CONFIG.format(folder=folder))
        self.to = folder / "to"

    def run(self, *words: str) -> int:
        """Say words of the verb `edge`."""
        return main(["--config", str(self.config), "edge", *words])

    def give(self, do: str, name: str, *words: str) -> int:
        """Enrol or renew an edge."""
        return self.run(do, name, "--to", str(self.to), *words)

    def audited(self) -> list[tuple[str, str]]:
        """Whom the audit has, and what was done with him, oldest first."""
        ledger = Ledger(str(self.folder / "ledger.db"))
        ledger.migrate(datetime.now(UTC))
        with ledger.read() as connection:
            entries = [entry for entry in audit.entries(connection) if entry.verb == "edge"]
        ledger.close()
        return [(entry.subject, entry.detail["do"]) for entry in reversed(entries)]


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """An office with an authority."""
    made = Office(tmp_path)
    assert made.run("authority") == 0
    capsys.readouterr()
    return made


def listed(office: Office, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What the list tells other programs."""
    capsys.readouterr()
    assert office.run("list", "--json") == 0
    told: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return told


def refused(office: Office, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line with which words are refused, while nothing new stands in the audit."""
    before = office.audited()
    capsys.readouterr()
    assert office.run(*words) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert office.audited() == before
    return line


def openssl(*words: object) -> int:
    """What openssl thinks of it."""
    return subprocess.run(["openssl", *map(str, words)], check=False, capture_output=True).returncode


def test_an_edge_gets_its_folder_and_stands_in_the_list(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Certificate, key and authority lie in the folder, keys closed to others; list and audit tell of it."""
    assert office.give("enrol", "pune-01", "--days", "400") == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in office.to.iterdir()}
    assert modes == {"ca.crt": 0o644, "pune-01.crt": 0o644, "pune-01.key": 0o600}
    assert office.to.stat().st_mode & 0o777 == 0o700
    assert (office.folder / "authority").stat().st_mode & 0o777 == 0o700
    assert (office.folder / "authority/ca.key").stat().st_mode & 0o777 == 0o600
    (one,) = listed(office, capsys)
    assert (one["name"], one["for"], one["state"], one["last_heard"]) == ("pune-01", "edge", "good", None)
    ends = datetime.fromisoformat(one["expires"])
    assert abs(datetime.now(UTC) + timedelta(days=400) - ends) < timedelta(minutes=5)
    assert office.audited() == [("Punchwire branches", "authority"), ("pune-01", "enrol")]


def test_each_certificate_is_good_for_its_purpose_alone(office: Office) -> None:
    """An edge's certificate opens no false broker, and the broker's logs nobody in; openssl is the judge."""
    assert office.give("enrol", "pune-01") == 0
    assert (
        office.run("broker", "--host", "broker.example.org", "--host", "10.0.0.1", "--to", str(office.to))
        == 0
    )
    ca = ["verify", "-CAfile", office.to / "ca.crt", "-crl_check", "-CRLfile", office.to / "revoked.crl"]
    edge, broker = office.to / "pune-01.crt", office.to / "broker.crt"
    assert openssl(*ca, "-purpose", "sslclient", edge) == 0
    assert openssl(*ca, "-purpose", "sslserver", edge) != 0
    assert openssl(*ca, "-purpose", "sslserver", "-verify_hostname", "broker.example.org", broker) == 0
    assert openssl(*ca, "-purpose", "sslserver", "-verify_ip", "10.0.0.1", broker) == 0
    assert openssl(*ca, "-purpose", "sslserver", "-verify_hostname", "elsewhere.example.org", broker) != 0
    assert openssl(*ca, "-purpose", "sslclient", broker) != 0
    a_year_ago = int((datetime.now(UTC) - timedelta(days=365)).timestamp())
    assert openssl(*ca[:3], "-attime", a_year_ago, "-purpose", "sslserver", broker) == 0


def test_revoking_takes_every_certificate_back(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """All that an edge has is on the list that the broker reads; nothing of another edge is."""
    for name in ("pune-01", "surat-02"):
        assert office.give("enrol", name) == 0
    assert office.give("renew", "pune-01") == 0
    capsys.readouterr()
    assert office.run("revoke", "pune-01") == 0
    told = capsys.readouterr()
    assert told.out.count("is revoked") == 2
    assert "systemctl restart mosquitto" in told.err
    states = [(one["name"], one["state"]) for one in listed(office, capsys)]
    assert states == [("pune-01", "revoked"), ("pune-01", "revoked"), ("surat-02", "good")]
    check = [
        "verify",
        "-CAfile",
        office.to / "ca.crt",
        "-crl_check",
        "-CRLfile",
        office.folder / "broker.crl",
    ]
    assert openssl(*check, office.to / "pune-01.crt") != 0
    assert openssl(*check, office.to / "surat-02.crt") == 0
    assert office.audited()[-1] == ("pune-01", "revoke")
    assert office.run("revoke", "surat-02") == 0
    assert {one["state"] for one in listed(office, capsys)} == {"revoked"}


def test_an_edge_is_enrolled_once_renewed_and_after_a_revocation_enrolled_anew(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which word fits is told with the reason; a renewal leaves the old certificate good."""
    assert "enrol it" in refused(office, capsys, "renew", "pune-01", "--to", str(office.to))
    assert office.give("enrol", "pune-01") == 0
    assert "renew it" in refused(office, capsys, "enrol", "pune-01", "--to", str(office.to))
    first = (office.to / "pune-01.crt").read_bytes()
    assert office.give("renew", "pune-01") == 0
    assert (office.to / "pune-01.crt").read_bytes() != first
    assert [one["state"] for one in listed(office, capsys)] == ["good", "good"]
    assert office.run("revoke", "pune-01") == 0
    assert "enrol it anew" in refused(office, capsys, "renew", "pune-01", "--to", str(office.to))
    assert "no certificate" in refused(office, capsys, "revoke", "pune-01")
    assert office.give("enrol", "pune-01") == 0


def test_no_edge_gets_the_name_of_a_person_nor_a_person_that_of_an_edge(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """The common name is the account: whoever has it speaks for its owner."""
    user = ["--config", str(office.config), "user", "add"]
    assert main([*user, "anna", "--role", "administrator"]) == 0
    for name in ("anna", "central"):
        line = refused(office, capsys, "enrol", name, "--to", str(office.to))
        assert line.startswith(f"{name} is the account of a person or of central")
    assert list(office.to.iterdir()) == []
    assert office.give("enrol", "pune-01") == 0
    assert main([*user, "pune-01", "--role", "hr"]) == 1
    assert "account of an edge" in capsys.readouterr().err


def test_a_key_made_at_the_branch_stays_there(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    """A request gets a certificate of the name that was enrolled, whatever it asks for; no key is made."""
    key, request = office.folder / "own.key", office.folder / "own.csr"
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    assert openssl("req", "-new", *curve, "-subj", "/CN=central", "-keyout", key, "-out", request) == 0
    assert office.give("enrol", "pune-01", "--request", str(request)) == 0
    assert sorted(path.name for path in office.to.iterdir()) == ["ca.crt", "pune-01.crt"]
    (one,) = listed(office, capsys)
    assert one["name"] == "pune-01"
    words = ["openssl", "x509", "-noout", "-pubkey", "-in", str(office.to / "pune-01.crt")]
    given = subprocess.run(words, check=True, capture_output=True).stdout
    words = ["openssl", "pkey", "-pubout", "-in", str(key)]
    assert given == subprocess.run(words, check=True, capture_output=True).stdout
    request.write_text("not a request\n")
    line = refused(office, capsys, "renew", "pune-01", "--to", str(office.to), "--request", str(request))
    assert line.startswith("the request cannot be used")


def test_an_end_that_comes_near_is_counted_in_days(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who reviews the list sees what to renew without reckoning."""
    assert office.give("enrol", "pune-01", "--days", "20") == 0
    (one,) = listed(office, capsys)
    assert one["state"] == "ending"
    assert office.run("list") == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["NAME", "FOR"]
    assert "ends in 19 days" in row or "ends in 20 days" in row


def test_there_is_one_authority_and_without_it_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before it is made each word says how to make it; a second one does not take its place."""
    office = Office(tmp_path)
    for words in (["list"], ["revoke", "pune-01"], ["enrol", "pune-01", "--to", str(office.to)]):
        assert "punchwire-central edge authority" in refused(office, capsys, *words)
    assert office.run("authority") == 0
    before = (tmp_path / "authority/ca.key").read_bytes()
    assert "already" in refused(office, capsys, "authority")
    assert (tmp_path / "authority/ca.key").read_bytes() == before


@pytest.mark.parametrize("name", ["Pune", "pune/01", "../up", ""])
def test_a_name_that_is_no_edges_is_refused(office: Office, name: str) -> None:
    """What could not stand in a topic cannot stand in a certificate."""
    with pytest.raises(SystemExit) as ended:
        office.give("enrol", name)
    assert ended.value.code == 2


def test_a_folder_that_is_damaged_or_closed_is_told(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no key, and a place where nothing can be written, end in one line that names them."""
    place = office.folder / "file"
    place.write_text("")
    assert str(place) in refused(office, capsys, "enrol", "pune-01", "--to", str(place))
    (office.folder / "authority/ca.key").write_text("no key\n")
    assert str(office.folder / "authority") in refused(
        office, capsys, "enrol", "surat-02", "--to", str(office.to)
    )


def test_the_library_of_certificates_is_loaded_for_them_alone(tmp_path: Path) -> None:
    """The daemon does not carry it; where it is missing, the one line says what to install."""
    look = "import sys, central.cli, central.service; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False, cwd=ROOT).returncode == 0
    place = tmp_path / "without/cryptography"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("raise ModuleNotFoundError('no', name='cryptography')\n")
    office = Office(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "central.cli", "--config", str(office.config), "edge", "list"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(place.parent)},
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "punchwire[pki]" in done.stderr
