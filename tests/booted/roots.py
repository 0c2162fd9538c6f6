"""Fresh Debian systems: made by mmdebstrap once, kept as an archive, unpacked for every run."""

import hashlib
import shutil
import subprocess
from pathlib import Path

SUITES = ("bookworm", "trixie")
PACKAGES = ("ca-certificates", "dbus", "sudo", "systemd-sysv", "udev")
"""Little more than what boots: whatever the product needs beyond this, its installation must bring."""
AUTHORITIES = "usr/local/share/ca-certificates"
HOSTNAME = "booted"
PASSWORDLESS = "ALL ALL=(ALL:ALL) NOPASSWD: ALL\n"
MAKE_S, UNPACK_S = 900, 120


class RootError(Exception):
    """No Debian could be made; the text ends with mmdebstrap's own words."""


def archive(suite: str, cache: Path, mirror: str) -> Path:
    """The archive of a suite, made now if the cache lacks it. `mirror` is "" for Debian's own.

    Raises RootError.
    """
    recipe = hashlib.sha256(" ".join(PACKAGES).encode()).hexdigest()[:8]
    kept = cache / f"{suite}-{recipe}.tar"
    if kept.exists():
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = cache / f"{suite}-unfinished.tar"
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}", suite]
    done = subprocess.run(
        [*command, str(unfinished), *([mirror] if mirror else [])],
        check=False,
        capture_output=True,
        text=True,
        timeout=MAKE_S,
    )
    if done.returncode != 0:
        unfinished.unlink(missing_ok=True)
        raise RootError(f"no Debian {suite}: {done.stderr.strip()}")
    return unfinished.rename(kept)


def unpack(kept: Path, root: Path) -> None:
    """Unpack an archive, with the certificate authorities of this machine, and sudo without a password."""
    root.mkdir()
    tar = ["tar", "--extract", "--numeric-owner", "--xattrs-include=*", f"--directory={root}"]
    subprocess.run([*tar, f"--file={kept}"], check=True, timeout=UNPACK_S)
    here = Path("/") / AUTHORITIES
    if here.is_dir():
        shutil.copytree(here, root / AUTHORITIES, dirs_exist_ok=True)
        subprocess.run(
            ["chroot", root, "update-ca-certificates"], check=True, capture_output=True, timeout=UNPACK_S
        )
    (root / "etc/hostname").write_text(f"{HOSTNAME}\n", encoding="utf-8")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {HOSTNAME}\n", encoding="utf-8")
    (root / "etc/sudoers.d/everybody").write_text(PASSWORDLESS, encoding="utf-8")


def copy_checkout(checkout: Path, target: Path) -> None:
    """Copy what a clone of this checkout would hold, changes that are not committed included."""
    listed = ["git", "-c", "safe.directory=*", "-C", str(checkout), "ls-files", "-z"]
    names = subprocess.run(
        [*listed, "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, timeout=60
    )
    for name in names.stdout.decode().split("\0"):
        source = checkout / name
        if name and source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name, follow_symlinks=False)
