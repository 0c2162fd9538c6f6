"""The terminal's requests over HTTP, and what it reads out of the answers."""

import contextlib
import http.client
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode

from simulators.push_terminal.mishaps import Mishaps

_TIMEOUT_S = 30.0
_DRIP_BYTES, _DRIP_S = 10, 0.1
_COMMAND = re.compile(r"C:(\d+):(.+)")


class NoAnswer(Exception):
    """Nothing came back that means OK; the terminal tries again after its ErrorDelay."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer, and its `Date` where it has one."""

    text: str
    date: datetime | None

    def options(self) -> dict[str, str]:
        """The `key=value` lines."""
        return dict(line.split("=", 1) for line in self.text.splitlines() if "=" in line)

    def commands(self) -> list[tuple[int, str]]:
        """The commands, with their ids."""
        found = (_COMMAND.fullmatch(line) for line in self.text.splitlines())
        return [(int(match[1]), match[2]) for match in found if match]


class Talk:
    """Speaks with one server. `down` ends a request that drips."""

    def __init__(self, server: str, port: int, mishaps: Mishaps, down: threading.Event) -> None:
        self._server = server
        self._port = port
        self._mishaps = mishaps
        self._down = down

    def get(self, path: str, query: Mapping[str, str]) -> Reply:
        """Ask. Raises NoAnswer."""
        return self._request("GET", f"/iclock/{path}?{urlencode(query)}", b"")

    def post(self, path: str, query: Mapping[str, str], body: str) -> Reply:
        """Send. Raises NoAnswer unless the answer begins with OK."""
        reply = self._request("POST", f"/iclock/{path}?{urlencode(query)}", body.encode())
        if not reply.text.startswith("OK"):
            raise NoAnswer(reply.text)
        return reply

    def _request(self, method: str, target: str, body: bytes) -> Reply:
        connection = http.client.HTTPConnection(self._server, self._port, timeout=_TIMEOUT_S)
        try:
            self._send(connection, method, target, body)
            with connection.getresponse() as response:
                text = response.read().decode("utf-8", "replace")
                if response.status != http.HTTPStatus.OK:
                    raise NoAnswer(f"HTTP {response.status}: {text.strip()}")
                return Reply(text, _date(response.getheader("Date")))
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(str(error)) from error
        finally:
            connection.close()

    def _send(self, connection: http.client.HTTPConnection, method: str, target: str, body: bytes) -> None:
        connection.putrequest(method, target, skip_accept_encoding=True)
        connection.putheader("User-Agent", "iClock Proxy/1.09")
        connection.putheader("Connection", "close")
        if method == "POST":
            connection.putheader("Content-Type", "text/plain")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        if body and self._mishaps.take("cut"):
            connection.send(body[: len(body) // 2])
            raise NoAnswer("the connection broke")
        if self._mishaps.take("slow"):
            for at in range(0, len(body), _DRIP_BYTES):
                connection.send(body[at : at + _DRIP_BYTES])
                if self._down.wait(_DRIP_S):
                    raise NoAnswer("switched off")
        elif body:
            connection.send(body)


def _date(header: str | None) -> datetime | None:
    with contextlib.suppress(TypeError, ValueError):
        return parsedate_to_datetime(header or "").astimezone(UTC)
    return None
