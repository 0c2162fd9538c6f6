"""Starts a private PostgreSQL in a folder of its own, reached by a socket in that folder alone."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

_OTHER_USERS = ("postgres", "nobody")


class Postgres:
    """A real server. It refuses to run as root, so there it runs as somebody else.

    What it commits survives a power cut only if it is told to be `durable`.
    """

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self._durable = durable
        self._folder = folder
        self._bin = _programs()
        self._as: list[str] = []

    def start(self) -> None:
        """Make a cluster and start it; returns when it answers."""
        self._folder.mkdir(parents=True)
        if os.geteuid() == 0:
            user = next(name for name in _OTHER_USERS if _exists(name))
            os.chown(self._folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
            self._as = ["setpriv", f"--reuid={user}", "--clear-groups"]
        self._run("initdb", "-D", "data", "-U", "punchwire", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start_again()

    def start_again(self) -> None:
        """Start it on the data that is there; returns when it answers."""
        settings = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' "
        if not self._durable:
            settings += " -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-w", "-t", "60", "-o", settings, "-l", "log", "start")

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", "immediate", "stop")

    def restart(self) -> None:
        """Stop it at once, and start it again."""
        self.stop()
        self.start_again()

    def create(self, name: str) -> str:
        """An empty place for tables; returns its URL. A schema of its own is made faster than a database."""
        with psycopg.connect(host=str(self._folder), user="punchwire", dbname="postgres") as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return f"postgresql://punchwire@/postgres?host={self._folder}&options=-csearch_path%3D{name}"

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as, str(self._bin / program), *words]
        # The server keeps what it inherits open, so its output must not be a pipe that somebody waits for.
        with (self._folder.parent / "postgres.out").open("ab") as told:
            done = subprocess.run(command, cwd=self._folder, stdout=told, stderr=told, check=False)
        if done.returncode:
            text = (self._folder.parent / "postgres.out").read_text()[-2000:]
            raise RuntimeError(f"{program} failed: {text}")


def _programs() -> Path:
    """The folder of the newest server; Debian keeps it off the path."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parent.parent.name)
    )
    if installed:
        return installed[-1].parent
    found = shutil.which("pg_ctl")
    if found is None:
        raise FileNotFoundError("PostgreSQL is not installed; run: apt-get install postgresql")
    return Path(found).resolve().parent


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
