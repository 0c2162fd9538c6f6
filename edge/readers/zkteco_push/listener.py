"""The HTTP server that terminals push to: bounded in every direction, one request a connection."""

import contextlib
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from waitress import create_server
from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import build_http_date

from edge.readers.zkteco_push.protocol import BUSY, Answer
from ground.journal import Journal

Serve = Callable[[str, str, str, bytes], Answer]
"""Answers a request: method, path, query, body."""

_TURN_S = 1.0
_DATE = re.compile(rb"\r\nDate: [^\r\n]*")
_BACKLOG = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may take.

    A body of 4 MiB holds 80,000 records and more; terminals send far less at a time. A request must be
    there whole within `request_s`, however steadily it drips in.
    """

    body_bytes: int = 4 << 20
    header_bytes: int = 8 << 10
    connections: int = 64
    request_s: float = 60.0
    threads: int = 8


class Listener:
    """Serves one address and port in threads of its own. The constructor binds: it raises OSError."""

    def __init__(self, address: str, port: int, serve: Serve, limits: Limits) -> None:
        logging.getLogger("waitress").setLevel(logging.ERROR)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._limits = limits
        self._socket = socket.create_server((address, port), family=family, backlog=_BACKLOG)
        self.port = int(self._socket.getsockname()[1])
        self._map: dict[int, Any] = {}
        self._stopping = threading.Event()
        self._server = create_server(
            _application(serve),
            map=self._map,
            sockets=[self._socket],
            threads=limits.threads,
            backlog=_BACKLOG,
            connection_limit=limits.connections,
            max_request_body_size=limits.body_bytes,
            max_request_header_size=limits.header_bytes,
            channel_timeout=max(1, round(limits.request_s)),
            cleanup_interval=max(1, round(limits.request_s / 2)),
            log_socket_errors=False,
            ident=None,
        )
        self._server.channel_class = _Channel
        self._thread = threading.Thread(target=self._run, name=f"push:{self.port}", daemon=True)
        self._thread.start()

    def stop(self, within_s: float) -> None:
        """Close the port and every connection; its threads end by themselves soon after."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._server.pull_trigger()
        self._thread.join(within_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._server.asyncore.loop(timeout=_TURN_S, use_poll=True, map=self._map, count=1)
            self._shed()
        self._server.asyncore.close_all(self._map)
        self._server.task_dispatcher.shutdown()

    def _shed(self) -> None:
        """Close connections whose request did not come in time, or whose answer is not taken."""
        latest = time.time() - self._limits.request_s
        for channel in list(self._server.active_channels.values()):
            if not channel.requests and channel.creation_time < latest:
                channel.will_close = True


class _Plain:
    """Adds nothing to an answer that a terminal would act on.

    No `Date` but the application's, since terminals set their clock from it; and each connection ends, so
    that no terminal finds one closed that it kept open.
    """

    request: Any
    response_headers: list[tuple[str, str]]

    def build_response_header(self) -> bytes:
        dated = any(name == "Date" for name, _ in self.response_headers)
        self.request.headers.pop("CONNECTION", None)
        self.set_close_on_finish()  # type: ignore[attr-defined]
        head: bytes = super().build_response_header()  # type: ignore[misc]
        return head if dated else _DATE.sub(b"", head, count=1)


class _Task(_Plain, WSGITask):  # type: ignore[misc]
    pass


class _ErrorTask(_Plain, ErrorTask):  # type: ignore[misc]
    pass


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task
    error_task_class = _ErrorTask


def _application(serve: Serve) -> Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]:
    journal = Journal("push")

    def application(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        try:
            answer = serve(
                environ["REQUEST_METHOD"],
                environ["PATH_INFO"],
                environ["QUERY_STRING"],
                environ["wsgi.input"].read(),
            )
        except Exception as error:  # noqa: BLE001 - whatever went wrong, nothing is known to be stored
            answer = BUSY
            journal.error("request_failed", reason=f"{type(error).__name__}: {error}")
        content = answer.text.encode()
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(content)))]
        if answer.dated is not None:
            headers.append(("Date", build_http_date(answer.dated.timestamp())))
        start(f"{answer.status} {_PHRASES.get(answer.status, 'Refused')}", headers)
        return [content]

    return application


_PHRASES = {200: "OK", 503: "Service Unavailable"}
