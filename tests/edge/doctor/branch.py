"""A branch for the doctor: an edge.toml, real parts behind it, and what the doctor says of them."""

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.buffer.migrations import prepare
from edge.buffer.outbox import Outbox
from edge.cli import main
from edge.kernel import boot_id
from simulators.mosquitto import Mosquitto, free_port
from simulators.serial_reader import SerialReaderSimulator
from simulators.terminal import Terminal
from tests.edge.doctor.authority import Authority
from tests.edge.making import AT
from tests.peer import peer
from wire.codec import encode
from wire.topics import Topics
from wire.vitals import Status

EDGE = "pune-01"
ACCOUNTS = {"central": "c-secret", EDGE: "e-secret"}
ROOT = Path(__file__).parents[3]


@dataclass
class Diagnosis:
    """What the doctor said: its exit code and its JSON object."""

    code: int
    told: dict[str, Any]

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """Part and reason of each finding that is a warning or an alarm, but for the machine's own clock."""
        return [
            (it["part"], it["reason"])
            for it in self.told["findings"]
            if it["level"] in ("warning", "alarm") and it["reason"] != "clock-unsynced"
        ]

    def finding(self, part: str, reason: str) -> dict[str, str]:
        """The one finding of a part with a reason."""
        findings: list[dict[str, str]] = self.told["findings"]
        (found,) = [it for it in findings if (it["part"], it["reason"]) == (part, reason)]
        return found


@dataclass
class Branch:
    """A healthy edge as configured, with a synchronised clock, until a fault is put into it."""

    folder: Path
    capsys: Any
    stack: ExitStack
    edge: dict[str, object] = field(default_factory=dict)
    outbox: dict[str, object] = field(default_factory=dict)
    broker: dict[str, object] = field(default_factory=dict)
    readers: list[dict[str, object]] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.edge = {"id": EDGE, "state_dir": str(self.folder / "state")}
        self.broker = {"host": "127.0.0.1", "port": free_port()}
        self.remember("@clock", synced_boot=boot_id())

    # what stands at the branch

    def reader(self, kind: str, **options: object) -> None:
        """Configure the reader `gate`, and examine nothing else."""
        self.readers.append({"name": "gate", "kind": kind, **options})
        self.arguments = ["--reader", "gate"]

    def terminal(self, simulated: Terminal | None = None, **options: object) -> Terminal:
        """A terminal that is pulled."""
        simulated = simulated or Terminal(log=50)
        self.stack.enter_context(simulated)
        chosen = {"address": simulated.address, "port": simulated.port, "answer_s": 20.0, **options}
        self.reader("zkteco", **chosen)
        return simulated

    def serial(self, **options: object) -> SerialReaderSimulator:
        """A card reader on a serial port."""
        device = SerialReaderSimulator("rdm6300", self.folder / "card-reader")
        device.replug()
        self.stack.callback(device.unplug)
        self.reader("serial-rfid", **{"device": device.device, "format": "rdm6300", **options})
        return device

    def remember(self, owner: str, **memo: str) -> None:
        """Put a memo into the outbox, as a daemon that ran before."""
        path = Path(str(self.edge["state_dir"])) / "outbox.db"
        prepare(path)
        with closing(Outbox(path)) as outbox:
            outbox.append(owner, [], memo)

    def mosquitto(self, extra: str = "", *, central: bool | None = True, user: str = EDGE) -> Mosquitto:
        """A broker; `central` says online or offline there, None: nothing."""
        made = Mosquitto(self.folder / "broker", {**ACCOUNTS, user: "e-secret"}, extra=extra)
        self.broker |= {"port": made.port, "user": user, "password_file": str(made.password_file(user))}
        made.start()
        self.stack.callback(made.stop)
        if central is not None and not extra:
            reason = "" if central else "stopped"
            with peer(made, "central") as one:
                status = Status(online=central, session="s", at=AT, reason=reason)
                one.send(Topics().central_status, encode(status), retain=True)
        return made

    def tls(self, authority: Authority, pair: tuple[Path, Path], extra: str = "") -> None:
        """A broker that speaks TLS with a certificate."""
        pem, key = pair
        self.mosquitto(f"cafile {authority.pem}\ncertfile {pem}\nkeyfile {key}\n{extra}")
        self.broker["ca"] = str(authority.pem)

    def listener(self, serve: bytes | None = None) -> int:
        """A port where somebody accepts, says something when spoken to, and closes."""
        sock = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def answer() -> None:
            while True:
                try:
                    visitor, _ = sock.accept()
                except OSError:
                    return
                with visitor:
                    visitor.settimeout(20)
                    if serve is not None and visitor.recv(1000):
                        visitor.sendall(serve)

        threading.Thread(target=answer, daemon=True).start()
        self.stack.callback(sock.shutdown, socket.SHUT_RDWR)
        return int(sock.getsockname()[1])

    def deaf_port(self) -> int:
        """A port that lets nobody in and refuses nobody: its queue is full."""
        sock = self.stack.enter_context(socket.socket())
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        for _ in range(3):
            waiting = self.stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(sock.getsockname())
        return int(sock.getsockname()[1])

    # what the doctor says

    @property
    def toml(self) -> Path:
        """The edge.toml as it is now."""
        path = self.folder / "edge.toml"
        sections = [("[edge]", self.edge), ("[outbox]", self.outbox), ("[broker]", self.broker)]
        sections += [("[[reader]]", reader) for reader in self.readers]
        lines = [
            line
            for title, section in sections
            for line in (title, *(f"{key} = {json.dumps(value)}" for key, value in section.items()))
        ]
        path.write_text("\n".join(lines) + "\n")
        return path

    def command(self) -> list[str]:
        """The doctor's command line."""
        return ["--config", str(self.toml), "doctor", "--json", "--listen", "0.3", *self.arguments]

    def diagnosis(self) -> Diagnosis:
        """Let the doctor come."""
        command = self.command()
        self.capsys.readouterr()
        code = main(command)
        return Diagnosis(code, json.loads(self.capsys.readouterr().out))

    def diagnosis_elsewhere(self, *wrapper: str, **env: str) -> Diagnosis:
        """Let the doctor come in a process of its own."""
        program = [*wrapper, sys.executable, "-m", "edge.cli", *self.command()]
        done = subprocess.run(
            program,
            check=False,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **env},
            timeout=120,
        )
        assert done.stdout, done.stderr
        return Diagnosis(done.returncode, json.loads(done.stdout))


def without_privileges() -> tuple[str, ...]:
    """What to start a program with so that a mode of 000 keeps even root out."""
    if os.geteuid() != 0:
        return ()
    lost = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={lost}", f"--inh-caps={lost}")


def shadow(folder: Path, package: str) -> str:
    """A PYTHONPATH on which a package is not installed."""
    place = folder / package
    place.mkdir(parents=True)
    (place / "__init__.py").write_text(f"raise ModuleNotFoundError('no {package}', name='{package}')\n")
    return str(folder)
