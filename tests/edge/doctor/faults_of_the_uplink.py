"""Faults on the way to central: name, port, TLS, login, rights, and central itself."""

import pytest

from simulators import mosquitto
from tests.edge.doctor.authority import Authority
from tests.edge.doctor.branch import EDGE, Branch
from tests.edge.doctor.table import fault

UPLINK = "uplink"
EXTERNAL = "require_certificate true\nuse_identity_as_username true\n"


@fault(UPLINK, "broker-unresolved", "")
def broker_whose_name_has_no_address(branch: Branch, _: Authority) -> None:
    branch.broker["host"] = "broker.invalid"


@fault(UPLINK, "broker-refused", "nothing listens there")
def broker_that_does_not_run(branch: Branch, _: Authority) -> None:
    assert branch.broker["host"] == "127.0.0.1"


@fault(UPLINK, "broker-unreachable", "no answer in 5 s")
def broker_behind_a_firewall(branch: Branch, _: Authority) -> None:
    branch.broker["port"] = branch.deaf_port()


@fault(UPLINK, "broker-silent", "closed the connection")
def port_where_no_broker_speaks(branch: Branch, _: Authority) -> None:
    branch.broker["port"] = branch.listener(b"")


@fault(UPLINK, "broker-silent", "")
def broker_that_speaks_tls_and_is_not_asked_for_it(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"))
    del branch.broker["ca"]


@fault(UPLINK, "broker-no-tls", "")
def broker_without_tls(branch: Branch, authority: Authority) -> None:
    branch.mosquitto()
    branch.broker["ca"] = str(authority.pem)


@fault(UPLINK, "broker-untrusted", "certificate")
def broker_of_another_authority(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"))
    branch.broker["ca"] = str(Authority(branch.folder / "other").pem)


@fault(UPLINK, "broker-untrusted", "")
def authority_that_is_no_certificate(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"))
    (branch.folder / "empty.pem").write_text("not a certificate\n")
    branch.broker["ca"] = str(branch.folder / "empty.pem")


@fault(UPLINK, "broker-expired", "the broker's certificate is valid from")
def broker_certificate_that_is_over(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker-old", days=(-10, -3)))


@fault(UPLINK, "broker-not-yet-valid", "the Pi's clock shows 20")
def clock_behind_the_brokers_certificate(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker-new", days=(3, 10)))


@fault(UPLINK, "broker-expired", "the authority in")
def authority_that_is_over(branch: Branch, _: Authority) -> None:
    old = Authority(branch.folder / "old", days=(-10, -3))
    branch.tls(old, old.certificate("broker"))


@fault(UPLINK, "broker-other-name", "IP address mismatch")
def broker_certificate_for_another_address(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker-there", names="IP:192.0.2.7"))


@fault(UPLINK, "broker-other-name", "Hostname mismatch")
def broker_certificate_for_another_name(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker-named", names="DNS:broker.example"))
    branch.broker["host"] = "localhost"


@fault(UPLINK, "certificate-refused", "without a client certificate")
def broker_that_wants_a_certificate(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"), EXTERNAL)


@fault(UPLINK, "certificate-refused", "alert")
def own_certificate_of_another_authority(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"), EXTERNAL)
    _carry(branch, *Authority(branch.folder / "other").certificate(EDGE))


@fault(UPLINK, "certificate-refused", "valid from")
def own_certificate_that_is_over(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"), EXTERNAL)
    _carry(branch, *authority.certificate(f"{EDGE}-old", days=(-10, -3)))


@fault(UPLINK, "certificate-refused", "mismatch")
def own_certificate_with_another_key(branch: Branch, authority: Authority) -> None:
    branch.tls(authority, authority.certificate("broker"), EXTERNAL)
    pem, _ = authority.certificate(f"{EDGE}-a")
    _, key = authority.certificate(f"{EDGE}-b")
    _carry(branch, pem, key)


@fault(UPLINK, "login-refused", "Not authorized")
def wrong_password(branch: Branch, _: Authority) -> None:
    broker = branch.mosquitto()
    broker.password_file(EDGE).write_text("another\n")


@fault(UPLINK, "login-refused", "Not authorized")
def account_that_the_broker_does_not_know(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    branch.broker["user"] = "surat-02"


@fault(UPLINK, "login-refused", "Not authorized")
def login_without_an_account(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    del branch.broker["user"], branch.broker["password_file"]


@fault(UPLINK, "publish-denied", "Not authorized")
def account_of_another_edge(branch: Branch, _: Authority) -> None:
    branch.mosquitto(user="surat-02")


@fault(UPLINK, "publish-denied", "Not authorized")
def rules_for_another_prefix(branch: Branch, _: Authority) -> None:
    branch.mosquitto()
    branch.broker["prefix"] = "works/punchwire"


@fault(UPLINK, "subscribe-denied", "not delivered")
def rules_that_let_an_edge_only_write(branch: Branch, _: Authority) -> None:
    rules = mosquitto.ACL.replace("readwrite {p}/edge/%u/#", "write {p}/edge/%u/#")
    patch = branch.stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(mosquitto, "ACL", rules)
    branch.mosquitto()


@fault(UPLINK, "central-away", "central never came")
def central_that_was_never_there(branch: Branch, _: Authority) -> None:
    branch.mosquitto(central=None)


@fault(UPLINK, "central-away", "offline since 2026-05-11 03:30 UTC: stopped")
def central_that_is_stopped(branch: Branch, _: Authority) -> None:
    branch.mosquitto(central=False)


def _carry(branch: Branch, pem: object, key: object) -> None:
    branch.broker |= {"cert": str(pem), "key": str(key)}
    branch.broker.pop("user", None)
    branch.broker.pop("password_file", None)
