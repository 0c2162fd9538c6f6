"""Examines the way to central, a step at a time: name, port, TLS, then the broker and central itself."""

import socket
from collections.abc import Iterator

from edge.doctor import tls
from edge.doctor.broker import Visitor
from edge.findings import Finding, alarm, good, note
from edge.readers.reader import Moment
from ground.mqtt import BrokerOptions

_CONNECT_S = 5.0
_LOCAL = ("localhost", "127.0.0.1", "::1")


def examined(options: BrokerOptions, edge: str, moment: Moment) -> Iterator[Finding]:
    """All findings; a step that fails is the last."""
    for step in (_name(options), _port(options), _tls(options, moment), Visitor(options, edge).findings()):
        for finding in step:
            yield finding
            if finding.level == "alarm":
                return


def _name(options: BrokerOptions) -> Iterator[Finding]:
    tried = f"the name {options.host}"
    try:
        found = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        yield alarm(tried, "broker-unresolved", getattr(error, "strerror", None) or str(error))
        return
    addresses = dict.fromkeys(str(place[0]) for *_, place in found)
    if options.host not in addresses:
        yield good(tried, f"is {', '.join(addresses)}")


def _port(options: BrokerOptions) -> Iterator[Finding]:
    tried = f"{options.host} port {options.port}"
    try:
        with socket.create_connection((options.host, options.port), timeout=_CONNECT_S):
            yield good(tried, "somebody listens")
    except ConnectionRefusedError:
        yield alarm(tried, "broker-refused", "nothing listens there")
    except TimeoutError:
        yield alarm(tried, "broker-unreachable", f"no answer in {_CONNECT_S:g} s")
    except OSError as error:
        yield alarm(tried, "broker-unreachable", error.strerror or str(error))


def _tls(options: BrokerOptions, moment: Moment) -> Iterator[Finding]:
    if options.ca is not None:
        yield from tls.handshake(options, moment)
    elif options.host not in _LOCAL:
        yield note("TLS", "ca is not given: everybody between here and the broker can read and change")
