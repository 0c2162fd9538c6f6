"""Who holds which certificate: issued, renewed and revoked, each with its line in the audit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from central.authority import signing
from central.authority.folder import AUTHORITY, REVOKED, AuthorityError, Folder, get, put
from central.authority.signing import Held, NotUsable
from central.ledger import audit
from central.ledger import users as stored
from central.ledger.database import Ledger

ACTOR = "punchwire-central"
_VERB = "edge"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate for somebody, and what goes with it. `key` is None where the key was made elsewhere."""

    certificate: x509.Certificate
    key: signing.Key | None
    held: Held


class Registry:
    """The certificates of one site. `reserved` are accounts that no edge may have: central's own.

    What changes anything raises AuthorityError and LedgerError, and has its line in the audit before
    anything leaves this object.
    """

    def __init__(self, folder: Folder, ledger: Ledger, reserved: Collection[str] = ()) -> None:
        self._folder = folder
        self._ledger = ledger
        self._reserved = frozenset(reserved)

    def found(self, name: str, now: datetime) -> None:
        """Make the authority."""
        with self._ledger.write() as connection:
            audit.record(connection, now, ACTOR, _VERB, name, {"do": "authority", "outcome": "done"})
            self._folder.make(name, now)

    def enrol(self, name: str, now: datetime, days: int, request: bytes | None = None) -> Issued:
        """A first certificate for an edge, or one after all that it had were revoked or over."""
        for one in self._of(name):
            if one.valid(now):
                raise AuthorityError(
                    f"{name} has a certificate until {one.expires:%Y-%m-%d}: renew it, or revoke it first"
                )
        return self._issue("enrol", name, now, days, request)

    def renew(self, name: str, now: datetime, days: int, request: bytes | None = None) -> Issued:
        """A further certificate for an edge; the one before is good until its own end."""
        own = self._of(name)
        if not own:
            raise AuthorityError(f"{name} never had a certificate; enrol it")
        if own[-1].revoked is not None:
            raise AuthorityError(f"{name} was revoked on {own[-1].revoked:%Y-%m-%d}; enrol it anew")
        return self._issue("renew", name, now, days, request)

    def broker(self, hosts: Sequence[str], now: datetime, days: int) -> Issued:
        """A certificate for the broker of these names and addresses."""
        return self._issue("broker", hosts[0], now, days, hosts=hosts)

    def revoke(self, name: str, now: datetime) -> list[Held]:
        """Take back every certificate of this name that is still good; returns them."""
        by = self._folder.signer()
        with self._ledger.write() as connection:
            good = [one for one in self._of(name, broker=None) if one.valid(now)]
            if not good:
                raise AuthorityError(f"{name} has no certificate that could be revoked")
            revoked = self._folder.revoked() | {one.serial: now for one in good}
            detail = {"do": "revoke", "serials": [one.serial for one in good], "outcome": "done"}
            audit.record(connection, now, ACTOR, _VERB, name, detail)
            self._folder.revoke(by, revoked, now)
        return good

    def _of(self, name: str, *, broker: bool | None = False) -> list[Held]:
        return [one for one in self._folder.held() if one.name == name and broker in (None, one.broker)]

    def _issue(
        self,
        do: str,
        name: str,
        now: datetime,
        days: int,
        request: bytes | None = None,
        hosts: Sequence[str] = (),
    ) -> Issued:
        by = self._folder.signer()
        private, public = _keys(request)
        certificate = signing.certificate_for(by, name, public, now, days, hosts)
        held = signing.held(certificate, {})
        detail = {"do": do, "serial": held.serial, "expires": held.expires, "outcome": "done"}
        with self._ledger.write() as connection:
            if not hosts and name in self._reserved | stored.load(connection).keys():
                raise AuthorityError(f"{name} is the account of a person or of central; rename the edge")
            audit.record(connection, now, ACTOR, _VERB, name, detail)
            self._folder.keep(certificate)
        return Issued(certificate, private, held)


def _keys(request: bytes | None) -> tuple[signing.Key | None, signing.PublicKey]:
    """A new pair, or the public key of one that was made elsewhere."""
    if request is None:
        private = signing.new_key()
        return private, private.public_key()
    try:
        return None, signing.requested_key(request)
    except NotUsable as error:
        raise AuthorityError(f"the request cannot be used: {error}") from None


def hand_over(issued: Issued, folder: Folder, to: Path) -> list[Path]:
    """Write what the holder of a certificate needs; returns the files. Raises AuthorityError."""
    stem = "broker" if issued.held.broker else issued.held.name
    files = {AUTHORITY: get(folder.path / AUTHORITY), f"{stem}.crt": signing.pem(issued.certificate)}
    if issued.held.broker:
        files[REVOKED] = get(folder.path / REVOKED)
    for name, content in files.items():
        put(to / name, content)
    if issued.key is not None:
        put(to / f"{stem}.key", signing.key_pem(issued.key), private=True)
        files[f"{stem}.key"] = b""
    return [to / name for name in files]
