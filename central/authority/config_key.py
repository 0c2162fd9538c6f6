"""The key that signs edges' configurations: made once, kept where few can read it. Ed25519."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.authority.folder import AuthorityError, get, put


def make(path: Path) -> Path:
    """Make a key, and beside it the public one, whose file is returned. Raises AuthorityError."""
    if path.exists():
        raise AuthorityError(f"{path} is there already; without --new it is used")
    key, public = Ed25519PrivateKey.generate(), path.with_suffix(".pub")
    put(
        path,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        private=True,
    )
    put(
        public,
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    )
    return public


def sign(path: Path, by: Path) -> Path:
    """Sign a file by the key in another; returns the file of the signature. Raises AuthorityError."""
    try:
        key = serialization.load_pem_private_key(get(by), None)
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"{by}: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise AuthorityError(f"{by} is no Ed25519 key; make one with --new")
    signature = path.with_name(f"{path.name}.sig")
    put(signature, key.sign(get(path)))
    return signature
