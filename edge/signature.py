"""Checks who signed edge.toml, where a public key lies beside it. The program openssl does it.

config.pub     the public key, PEM: from now on nothing unsigned is taken
edge.toml.sig  the signature, the 64 bytes of Ed25519
"""

import subprocess
from pathlib import Path

from ground.settings import SettingsError

KEY = "config.pub"
_WITHIN_S = 30.0


def check(path: Path) -> bool:
    """Whether a configuration had to be signed, and is. Raises SettingsError if it had to be and is not."""
    key, signature = path.with_name(KEY), path.with_name(f"{path.name}.sig")
    if not key.exists():
        return False
    files = ["-inkey", str(key), "-in", str(path), "-sigfile", str(signature)]
    try:
        done = subprocess.run(  # noqa: S603 - paths of ours
            ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", *files],  # noqa: S607 - wherever the distribution has it
            check=False,
            capture_output=True,
            timeout=_WITHIN_S,
        )
    except FileNotFoundError:
        raise SettingsError(
            [f"{path}: the program openssl, which checks its signature, is missing"]
        ) from None
    except subprocess.TimeoutExpired:
        raise SettingsError([f"{path}: its signature could not be checked in {_WITHIN_S:g} s"]) from None
    if done.returncode != 0:
        what = "its signature is not" if signature.exists() else f"there is no {signature.name}"
        raise SettingsError(
            [f"{path}: {what} by the key in {key}; sign it with punchwire-central sign-config"]
        )
    return True
