"""Installs the example package as its users would: by pip, from its folder, beside nothing of ours."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parent / "reader_example"


def install(target: Path) -> Path:
    """Install the package, and it alone, into a folder for `PYTHONPATH`; returns that folder."""
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-cache-dir",
        "--no-deps",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, "--no-compile", "--target", target, EXAMPLE], check=True, timeout=150)
    return target
