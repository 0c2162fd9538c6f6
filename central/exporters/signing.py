"""Signs what is posted, so that the other side can tell that central sent it and when.

The scheme is that of Standard Webhooks 1.0 (symmetric signatures, `v1`): its verifiers exist for most
languages.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping

PREFIX = "whsec_"
_LEAST, _MOST = 24, 64
"""Bytes of a secret, as the scheme wants them."""


def secret_of(text: str) -> bytes:
    """The key behind a secret such as `whsec_MfKQ...`, with or without the prefix. Raises ValueError."""
    try:
        key = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"a secret is {PREFIX} and base64") from None
    if not _LEAST <= len(key) <= _MOST:
        raise ValueError(f"a secret has {_LEAST} to {_MOST} bytes, not {len(key)}")
    return key


def signed(key: bytes, batch_id: str, at_s: int, body: bytes) -> Mapping[str, str]:
    """The headers that go with a body sent at `at_s`, in epoch seconds."""
    digest = hmac.digest(key, f"{batch_id}.{at_s}.".encode() + body, "sha256")
    return {
        "webhook-id": batch_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
