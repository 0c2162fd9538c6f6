"""The form in which a password is kept: that of Mosquitto's password file, so that the broker can read it.

Only this form travels and is stored; the password itself stays where it was made.
"""

from base64 import b64encode
from hashlib import pbkdf2_hmac

ITERATIONS = 20_000
"""Some milliseconds of the broker's one thread for each login; passwords are made by a generator anyway."""
SALT_BYTES = 12


def verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> str:
    """PBKDF2 with HMAC-SHA512 as `$7$iterations$salt$hash`, both in base64; `salt` has SALT_BYTES."""
    key = pbkdf2_hmac("sha512", password.encode(), salt, iterations)
    return f"$7${iterations}${b64encode(salt).decode()}${b64encode(key).decode()}"
