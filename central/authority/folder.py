"""The authority's folder: its key, its certificate, what it issued, and what it revoked.

    ca.key  ca.crt  revoked.crl  issued/NAME-SERIAL.crt

Who can read the key can make edges. The folder is closed to all but its owner.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from cryptography import x509

from central.authority import signing
from central.authority.signing import Held, NotUsable, Signer

AUTHORITY, KEY, REVOKED, ISSUED = "ca.crt", "ca.key", "revoked.crl", "issued"
_PRIVATE, _PUBLIC = 0o600, 0o644


class AuthorityError(Exception):
    """Nothing was issued or revoked; the text says why, and what helps."""


class Folder:
    """The folder of one authority. Constructed without effects. Every method raises AuthorityError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self, name: str, now: datetime) -> Signer:
        """Make the authority, once."""
        if self._is_there():
            raise AuthorityError(f"{self.path} holds an authority already")
        made = signing.new_signer(name, now)
        make_folder(self.path)
        make_folder(self.path / ISSUED)
        put(self.path / AUTHORITY, signing.pem(made.certificate))
        put(self.path / REVOKED, signing.pem(signing.revocations(made, {}, now)))
        put(self.path / KEY, signing.key_pem(made.key), private=True)
        return made

    def signer(self) -> Signer:
        """The authority itself."""
        self._must_be_there()
        try:
            return signing.signer(get(self.path / KEY), get(self.path / AUTHORITY))
        except NotUsable as error:
            raise AuthorityError(f"{self.path}: {error}") from None

    def held(self) -> list[Held]:
        """Every certificate that was issued, by name, the newest of a name last."""
        self._must_be_there()
        revoked = self.revoked()
        found = [signing.held(certificate, revoked) for certificate in self._issued()]
        return sorted(found, key=lambda it: (it.broker, it.name, it.issued))

    def keep(self, certificate: x509.Certificate) -> None:
        """Note down a certificate before anybody gets it."""
        one = signing.held(certificate, {})
        name = one.name.replace("/", "_")
        put(self.path / ISSUED / f"{name}-{one.serial}.crt", signing.pem(certificate))

    def revoked(self) -> dict[str, datetime]:
        """When each serial was revoked."""
        try:
            return signing.revoked_in(get(self.path / REVOKED))
        except NotUsable as error:
            raise AuthorityError(f"{self.path / REVOKED}: {error}") from None

    def revoke(self, by: Signer, revoked: Mapping[str, datetime], now: datetime) -> None:
        """Write the list of revocations anew."""
        put(self.path / REVOKED, signing.pem(signing.revocations(by, revoked, now)))

    def _is_there(self) -> bool:
        with _told(self.path):
            return (self.path / KEY).exists()

    def _must_be_there(self) -> None:
        if not self._is_there():
            raise AuthorityError(
                f"{self.path} holds no authority; make it with: punchwire-central edge authority"
            )

    def _issued(self) -> list[x509.Certificate]:
        found = []
        for path in sorted((self.path / ISSUED).glob("*.crt")):
            try:
                found.append(signing.read_certificate(get(path)))
            except NotUsable as error:
                raise AuthorityError(f"{path}: {error}") from None
        return found


def make_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, if there is none. Raises AuthorityError."""
    with _told(path):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)


def get(path: Path) -> bytes:
    """The bytes of a file. Raises AuthorityError."""
    with _told(path):
        return path.read_bytes()


def put(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file, whole or not at all, with the owner of the one before. Raises AuthorityError."""
    with _told(path):
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as new:
            place = Path(new.name)
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        place.chmod(_PRIVATE if private else _PUBLIC)
        with suppress(FileNotFoundError, PermissionError):
            before = path.stat()
            os.chown(place, before.st_uid, before.st_gid)
        place.replace(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the disk says into AuthorityError."""
    try:
        yield
    except OSError as error:
        raise AuthorityError(f"{path}: {error.strerror or error}") from None
