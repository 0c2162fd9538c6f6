"""Starts a private Mosquitto on a free loopback port, with the accounts and rules of a real site.

Not a simulator: the broker is the real one. Its limits stay at their defaults, because they bite.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

ACL = """\
user central
topic readwrite {p}/#
topic read $SYS/broker/log/#

pattern readwrite {p}/edge/%u/#
pattern read {p}/central/status
pattern write {p}/admin/%u/+
pattern read {p}/admin/%u/answers/#
pattern read {p}/board/#
"""
_SBIN = ("/usr/sbin", "/usr/local/sbin")


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (f"{folder}/{name}" for folder in _SBIN if Path(folder, name).exists()), None
    )
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; run: apt-get install mosquitto")
    return found


class Mosquitto:
    """One broker in a folder of its own.

    `accounts` maps users to passwords; the password of each stands in `folder/<user>.password` for
    the daemons' `password_file`. The port stays the same from start to start. `extra` are further lines of
    its configuration.
    """

    def __init__(
        self, folder: Path, accounts: Mapping[str, str], prefix: str = "punchwire/v1", extra: str = ""
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self._accounts = dict(accounts)
        self._prefix = prefix
        self.extra = extra
        self._process: subprocess.Popen[bytes] | None = None

    def _write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        passwords = self.folder / "passwords"
        passwords.write_text("")
        passwords.chmod(0o600)
        for user, password in self._accounts.items():
            secret = self.password_file(user)
            secret.write_text(password + "\n")
            secret.chmod(0o600)
            subprocess.run([_program("mosquitto_passwd"), "-b", str(passwords), user, password], check=True)
        acl = self.folder / "acl"
        acl.write_text(ACL.format(p=self._prefix))
        acl.chmod(0o600)
        settings = self.folder / "mosquitto.conf"
        settings.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\nset_tcp_nodelay true\n"
            f"password_file {passwords}\nacl_file {acl}\npersistence false\n"
            f"log_dest stderr\nlog_dest topic\n{self.extra}"
        )
        return settings

    def password_file(self, user: str) -> Path:
        """The file that holds a user's password."""
        return self.folder / f"{user}.password"

    def start(self, *, wait_s: float = 10.0) -> None:
        """Start, and return once the port answers. Raises TimeoutError with the broker's own words."""
        settings = self._write()
        command = [_program("mosquitto"), "-c", str(settings)]
        if Path("/proc/self").stat().st_uid == 0:
            # Started by root, Mosquitto would change to a user that cannot read a private folder.
            settings.write_text("user root\n" + settings.read_text())
        log = (self.folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        self.kill()
        raise TimeoutError(f"Mosquitto did not start: {(self.folder / 'mosquitto.log').read_text()[-500:]}")

    @property
    def pid(self) -> int | None:
        """The process id while the broker runs."""
        return None if self._process is None else self._process.pid

    def stop(self) -> None:
        """Stop it as systemd would."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """Stop it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
