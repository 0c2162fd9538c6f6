"""A system that takes exports: a real HTTP server on a free port, which answers as a test tells it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hrms:
    """What was posted, and what is answered: `answers` in turn, then always 204."""

    url: str = ""
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    judge: Callable[[bytes], Answer] | None = None

    def rows(self) -> list[dict[str, Any]]:
        """All rows of all bodies that were answered with success."""
        return [row for _, body in self.posted for row in json.loads(body)["rows"]]

    def answer(self, headers: dict[str, str], body: bytes) -> Answer:
        """Take a body or refuse it."""
        answer = self.judge(body) if self.judge else (204, {}, b"")
        if self.answers:
            answer = self.answers.pop(0)
        if 200 <= answer[0] < 300:
            self.posted.append((headers, body))
        return answer


@contextmanager
def running_hrms() -> Iterator[Hrms]:
    """A server on loopback."""
    hrms = Hrms()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, text = hrms.answer(headers, body)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hrms.url = f"http://127.0.0.1:{server.server_port}/punchwire"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield hrms
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
