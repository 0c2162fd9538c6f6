"""Promises of the doctor about certificates that still work, and not for long."""

from pathlib import Path

from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import EDGE, Branch

WORD = ("uplink", "certificate-ending")
EXTERNAL = "require_certificate true\nuse_identity_as_username true\n"


def carry(branch: Branch, pem: Path, key: Path) -> None:
    """Log in by a certificate."""
    branch.broker |= {"cert": str(pem), "key": str(key)}
    del branch.broker["user"], branch.broker["password_file"]


def test_an_own_certificate_that_ends_soon_is_told_and_the_rest_is_tried(
    branch: Branch, authority: Authority
) -> None:
    """The handshake and the login are good, and the person at the branch learns of the date."""
    branch.tls(authority, authority.certificate("broker"), EXTERNAL)
    carry(branch, *authority.certificate(EDGE, days=(-1, 20)))
    diagnosis = branch.diagnosis()
    assert WORD in diagnosis.wrong
    assert f"{EDGE}.pem ends on 20" in diagnosis.finding(*WORD)["answered"]
    assert "login without an account" in [it["tried"] for it in diagnosis.told["findings"]]


def test_a_brokers_certificate_that_ends_soon_is_told(branch: Branch, authority: Authority) -> None:
    """When it ends every branch stands still, so each of them may be the first to tell."""
    branch.tls(authority, authority.certificate("broker-soon", days=(-1, 20)))
    assert "the broker's certificate ends on 20" in branch.diagnosis().finding(*WORD)["answered"]


def test_certificates_with_time_left_are_not_told(branch: Branch, authority: Authority) -> None:
    """A warning that is always there is none."""
    branch.tls(authority, authority.certificate("broker"), EXTERNAL)
    carry(branch, *authority.certificate(EDGE))
    assert WORD not in branch.diagnosis().wrong
