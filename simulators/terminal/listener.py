"""The terminal's sockets: takes clients over TCP and UDP and passes their requests to their sessions."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Literal

from simulators.terminal.faults import Faults
from simulators.terminal.frames import Command, Frame, NotAFrame, Stream, parse
from simulators.terminal.links import TCP_PIECE, UDP_PIECE, TcpLink, UdpLink
from simulators.terminal.session import Session
from simulators.terminal.slot import Slot

Transport = Literal["tcp", "udp", "both"]
_TICK_S = 0.1
_RECEIVE = 1 << 16


class Listener:
    """One stretch of being on the network, from `start` to `stop`.

    `open_session` makes a session whose DATA frames carry so many bytes; `restart` is called, from a
    thread of its own, when a client asks for it.
    """

    def __init__(
        self,
        name: str,
        faults: Faults,
        slot: Slot,
        open_session: Callable[[int], Session],
        restart: Callable[[], None],
    ) -> None:
        self._name = name
        self._faults = faults
        self._slot = slot
        self._open_session = open_session
        self._restart = restart
        self._down = threading.Event()
        self._sockets: list[socket.socket] = []
        self._links: set[TcpLink] = set()
        self._threads: list[threading.Thread] = []

    def start(self, address: str, port: int, transport: Transport) -> int:
        """Listen, and return the port. Raises OSError if it is taken."""
        if transport != "udp":
            listener = socket.create_server((address, port), backlog=8)
            self._sockets.append(listener)
            port = listener.getsockname()[1]
            self._spawn(self._accept, listener)
        if transport != "tcp":
            datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._sockets.append(datagrams)
            datagrams.settimeout(_TICK_S)
            datagrams.bind((address, port))
            port = datagrams.getsockname()[1]
            self._spawn(self._serve_udp, datagrams)
        return port

    def stop(self) -> None:
        """Vanish: every connection closes. Not from a thread of this listener."""
        self._down.set()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for link in list(self._links):
            link.close()
        for thread in list(self._threads):
            thread.join(5)
        for sock in self._sockets:
            sock.close()
        self._slot.clear()

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=target, args=args, name=f"terminal:{self._name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self, listener: socket.socket) -> None:
        while not self._down.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._slot.knocked += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link = TcpLink(connection, self._faults)
            self._links.add(link)
            self._spawn(self._serve_tcp, connection, link)

    def _serve_tcp(self, connection: socket.socket, link: TcpLink) -> None:
        session = self._open_session(TCP_PIECE)
        stream = Stream()
        with connection, contextlib.suppress(OSError, NotAFrame):
            while not session.ended and not self._down.is_set():
                received = connection.recv(_RECEIVE)
                if not received:
                    break
                for datagram in stream.feed(received):
                    self._request(datagram, session, link)
        self._slot.leave(session)
        self._links.discard(link)
        self._restart_if_asked(session)

    def _request(self, datagram: bytes, session: Session, link: TcpLink) -> None:
        request = self._heard(datagram)
        if request is None or session.ended:
            return
        if request.command == Command.CONNECT and not self._slot.enter(session, link, self._down):
            session.ended = True
        else:
            link.send(request, session.answer(request))

    def _serve_udp(self, sock: socket.socket) -> None:
        clients: dict[tuple[str, int], tuple[Session, UdpLink]] = {}
        while not self._down.is_set():
            try:
                datagram, peer = sock.recvfrom(_RECEIVE)
            except OSError:
                continue
            request = self._heard(datagram)
            if request is None:
                continue
            if peer not in clients:
                clients[peer] = self._open_session(UDP_PIECE), UdpLink(sock, peer, self._faults)
            session, link = clients[peer]
            if request.command == Command.CONNECT and not self._slot.enter(session, link, None):
                link.send(request, [Frame(Command.ERROR, 0, request.reply)])
                continue
            self._slot.heard(session)
            link.send(request, session.answer(request))
            if session.ended:
                del clients[peer]
                self._slot.leave(session)
                self._restart_if_asked(session)

    def _heard(self, datagram: bytes) -> Frame | None:
        """The request, unless the network damaged it or the terminal is dumb."""
        return None if self._faults.on("silent") else parse(datagram)

    def _restart_if_asked(self, session: Session) -> None:
        if session.restarting and not self._down.is_set():
            self._down.set()
            threading.Thread(target=self._restart, name=f"restart:{self._name}", daemon=True).start()
