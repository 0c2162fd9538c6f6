"""Makes a daemon's file so that the daemon may use it, also where root runs the command that makes it."""

import os
from contextlib import suppress
from pathlib import Path

_MODE = 0o640


def make_file(path: Path) -> None:
    """Make an empty file unless there is one. It belongs to the owner of its folder and is closed to others.

    A database that root makes as its own would lock the daemon out; what SQLite puts beside a database
    belongs to the database's owner by itself. If none can be made, whoever opens the file next learns why.
    """
    with suppress(OSError):
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _MODE)
        try:
            if os.geteuid() == 0:
                folder = path.parent.stat()
                os.chown(made, folder.st_uid, folder.st_gid)
        finally:
            os.close(made)
