"""How every part of Punchwire connects to the broker: TLS, credentials, no delay, clean session."""

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from wire.topics import DEFAULT_PREFIX

if TYPE_CHECKING:
    import paho.mqtt.client as paho

KEEPALIVE_S = 30


class BrokerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[broker]` section of every configuration file.

    `ca`, `cert` and `key` are paths of PEM files; naming `ca` turns TLS on. The password comes from a
    file, never from the configuration itself.
    """

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 1883
    prefix: str = DEFAULT_PREFIX
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    user: str | None = None
    password_file: Path | None = None

    def mistakes(self) -> list[str]:
        """Tell, one line each, what cannot work: files that are not there, halves of pairs."""
        told = [
            f"broker.{name}: {path} cannot be read"
            for name in ("ca", "cert", "key", "password_file")
            if (path := getattr(self, name)) is not None and not _readable(path)
        ]
        if not told and self.password_file is not None and not _is_text(self.password_file):
            told.append(f"broker.password_file: {self.password_file} is not text in UTF-8")
        if (self.cert is None) != (self.key is None):
            told.append("broker.cert, broker.key: give both or none")
        if self.password_file is not None and self.user is None:
            told.append("broker.user: missing beside password_file")
        return told


def _readable(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _is_text(path: Path) -> bool:
    try:
        _password(path)
    except UnicodeDecodeError:
        return False
    return True


def new_client(options: BrokerOptions, client_id: str, *, manual_ack: bool = False) -> "paho.Client":
    """Return a paho client, not yet connected.

    It speaks MQTT 5 with a clean session: receipts, not the broker, remember what arrived. paho is loaded
    with the first client: an edge captures punches before that.
    """
    import ssl  # noqa: PLC0415 - see above

    import paho.mqtt.client as paho  # noqa: PLC0415
    from paho.mqtt.enums import CallbackAPIVersion  # noqa: PLC0415

    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=paho.MQTTv5,
        manual_ack=manual_ack,
    )
    client.max_inflight_messages_set(0)
    client.on_socket_open = _no_delay
    if options.ca is not None:
        client.tls_set(
            ca_certs=str(options.ca),
            certfile=None if options.cert is None else str(options.cert),
            keyfile=None if options.key is None else str(options.key),
            tls_version=ssl.PROTOCOL_TLS_CLIENT,
        )
    if options.user is not None:
        client.username_pw_set(options.user, _password(options.password_file))
    return client


def _password(path: Path | None) -> str | None:
    return None if path is None else path.read_text(encoding="utf-8").rstrip("\n")


def _no_delay(_client: object, _userdata: object, sock: object) -> None:
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
