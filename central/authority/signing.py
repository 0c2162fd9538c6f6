"""Makes certificates, keys and the list of revocations; knows no disk and no clock, only the library.

All keys are of the curve P-256, which every broker and every Pi knows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 20 * 365
BACKDATED = timedelta(days=366)
"""So much earlier the authority's and the broker's certificates begin: a Pi without a network boots months
behind, and must trust the broker before a time server has told it the time."""

Key = ec.EllipticCurvePrivateKey
PublicKey = CertificatePublicKeyTypes


class NotUsable(ValueError):
    """Bytes from elsewhere are not what they should be; the text says what is wrong with them."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What signs: the authority's key and its own certificate."""

    key: Key
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate as a person lists it. `serial` is in hex; a broker's name is its first host name."""

    name: str
    broker: bool
    serial: str
    issued: datetime
    expires: datetime
    revoked: datetime | None = None

    def valid(self, now: datetime) -> bool:
        """Whether the broker, or an edge, would take it now."""
        return self.revoked is None and now <= self.expires


def new_key() -> Key:
    """A new private key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: Key) -> bytes:
    """A private key as it is written to a file: PKCS #8, without a password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """A certificate, or the list of revocations, as it is written to a file."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def signer(key: bytes, certificate: bytes) -> Signer:
    """The authority from its two files. Raises NotUsable."""
    try:
        private = serialization.load_pem_private_key(key, None)
        own = x509.load_pem_x509_certificate(certificate)
    except (ValueError, TypeError) as error:
        raise NotUsable(str(error)) from None
    if not isinstance(private, Key) or private.public_key() != own.public_key():
        raise NotUsable("key and certificate do not belong together")
    return Signer(private, own)


def new_signer(name: str, now: datetime) -> Signer:
    """A new authority, which may sign certificates and nothing below itself."""
    key = new_key()
    builder = _builder(name, key.public_key(), now - BACKDATED, now + timedelta(days=AUTHORITY_DAYS))
    builder = builder.issuer_name(_name(name))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256())
    return Signer(key, certificate)


def requested_key(request: bytes) -> PublicKey:
    """The public key of a signing request whose private key stayed where it was made. Raises NotUsable."""
    try:
        asked = x509.load_pem_x509_csr(request)
        sound = asked.is_signature_valid
    except ValueError as error:
        raise NotUsable(str(error)) from None
    if not sound:
        raise NotUsable("its signature is wrong")
    return asked.public_key()


def certificate_for(
    by: Signer,
    name: str,
    key: PublicKey,
    now: datetime,
    days: int,
    hosts: Sequence[str] = (),
) -> x509.Certificate:
    """A certificate for an edge, or with `hosts` (names and addresses) for a broker, and for that alone.

    It ends after `days`, or with the authority.
    """
    ends = min(now + timedelta(days=days), by.certificate.not_valid_after_utc)
    builder = _builder(name, key, now - BACKDATED if hosts else now, ends)
    builder = builder.issuer_name(by.certificate.subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    if hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    return builder.add_extension(identifier, critical=False).sign(by.key, hashes.SHA256())


def revocations(by: Signer, revoked: Mapping[str, datetime], now: datetime) -> x509.CertificateRevocationList:
    """The list of what is revoked, by serial in hex.

    It holds until the authority ends: a list that grew old would lock every edge out.
    """
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(now).next_update(by.certificate.not_valid_after_utc)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    builder = builder.add_extension(identifier, critical=False)
    for serial, at in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial, 16)).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, hashes.SHA256())


def revoked_in(listed: bytes) -> dict[str, datetime]:
    """What a list of revocations says: when each serial was revoked. Raises NotUsable."""
    try:
        found = x509.load_pem_x509_crl(listed)
    except ValueError as error:
        raise NotUsable(str(error)) from None
    return {_serial(entry.serial_number): entry.revocation_date_utc for entry in found}


def held(certificate: x509.Certificate, revoked: Mapping[str, datetime]) -> Held:
    """What a list tells of a certificate of ours."""
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    broker = ExtendedKeyUsageOID.SERVER_AUTH in uses
    begins = certificate.not_valid_before_utc
    serial = _serial(certificate.serial_number)
    return Held(
        name=str(name.value),
        broker=broker,
        serial=serial,
        issued=begins + BACKDATED if broker else begins,
        expires=certificate.not_valid_after_utc,
        revoked=revoked.get(serial),
    )


def read_certificate(text: bytes) -> x509.Certificate:
    """A certificate from its file. Raises NotUsable."""
    try:
        return x509.load_pem_x509_certificate(text)
    except ValueError as error:
        raise NotUsable(str(error)) from None


def _builder(name: str, key: PublicKey, begins: datetime, ends: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(_name(name)).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(begins).not_valid_after(ends)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _serial(number: int) -> str:
    return f"{number:x}"


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
