"""A disk of a few megabytes that can be full: a file system in memory where that may be mounted.

Where it may not, the process that writes there is forbidden to make its files longer, which it meets as an
error of input and output instead.
"""

import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PIECE = 1 << 16


class Disk:
    """What a folder lies on. `limit` is the other way: it is given the longest file, None to lift that."""

    def __init__(self, folder: Path, megabytes: int, limit: Callable[[int | None], None]) -> None:
        self._folder = folder
        self._limit = limit
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            "mount",
            "-t",
            "tmpfs",
            "-o",
            f"size={megabytes}m,mode=0750",
            "punchwire-test",
            str(folder),
        ]
        self.is_real = subprocess.run(command, check=False, capture_output=True).returncode == 0
        """Whether it is a file system of its own."""

    @property
    def _ballast(self) -> Path:
        return self._folder / "ballast"

    def fill(self) -> None:
        """Leave no byte."""
        if not self.is_real:
            self._limit(4096)
            return
        with suppress(OSError), self._ballast.open("ab", buffering=0) as file:
            for piece in (_PIECE, 512):
                with suppress(OSError):
                    while file.write(bytes(piece)):
                        pass

    def free(self) -> None:
        """Give the space back."""
        self._limit(None)
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """Take the disk away; what was on it stays in the folder."""
        self._ballast.unlink(missing_ok=True)
        if not self.is_real:
            return
        kept = self._folder.with_name(f"{self._folder.name}.kept")
        shutil.copytree(self._folder, kept, ignore=_sockets)
        subprocess.run(["umount", "-l", str(self._folder)], check=True)
        self._folder.rmdir()
        kept.rename(self._folder)
        self.is_real = False


def _sockets(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).is_socket()]
