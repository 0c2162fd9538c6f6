"""Posts batches to a URL: signed JSON over HTTP, at least once."""

import time
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import msgspec
import urllib3

from central.exporters.exporter import Away, Batch, Refused, TooLarge
from central.exporters.signing import secret_of, signed

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_BUSY = {408, 425, 429}
_TOO_LARGE = 413
_SHOWN = 200


class HttpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of an exporter of kind `http`.

    `secret_file` holds what bodies are signed with, `token_file` a bearer token if the other side wants one.
    `ca_file` is the authority that signed the other side's certificate, if it is not a public one.
    """

    url: str
    secret_file: Path
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0

    def __post_init__(self) -> None:
        """Refuse what would send people's data in the clear, or unsigned."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url: {self.url!r} is no http:// or https:// address")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("url: use https://; plain http:// is for this machine alone")
        for key, path in (("token_file", self.token_file), ("ca_file", self.ca_file)):
            if path is not None:
                _read(key, path)
        try:
            secret_of(_read("secret_file", self.secret_file))
        except ValueError as error:
            raise ValueError(str(error) if "secret_file" in str(error) else f"secret_file: {error}") from None


class HttpExporter:
    """An exporter over HTTP. Files of secrets are read again for every batch: they may be renewed."""

    Options: ClassVar[type[msgspec.Struct]] = HttpOptions

    def __init__(self, name: str, options: HttpOptions) -> None:
        self._name = name
        self._options = options
        ca = None if options.ca_file is None else str(options.ca_file)
        self._pool = urllib3.PoolManager(
            num_pools=1, ca_certs=ca, timeout=options.timeout_s, retries=False, headers={}
        )

    def send(self, batch: Batch) -> None:
        """Post a batch; any answer of 200 to 299 says that the other side has it."""
        rows = b",".join(batch.rows)
        body = b'{"v":1,"exporter":"%s","what":"%s","rows":[%s]}' % (
            batch.exporter.encode(),
            batch.what.encode(),
            rows,
        )
        try:
            headers = self._headers(batch.batch_id, body)
        except ValueError as error:
            raise Refused(str(error)) from None
        try:
            answer = self._pool.request("POST", self._options.url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            raise Away(_words(error)) from error
        _judge(answer)

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def _headers(self, batch_id: str, body: bytes) -> dict[str, str]:
        key = secret_of(_read("secret_file", self._options.secret_file))
        headers = {"content-type": "application/json", **signed(key, batch_id, int(time.time()), body)}
        if self._options.token_file is not None:
            headers["authorization"] = f"Bearer {_read('token_file', self._options.token_file)}"
        return headers


def _judge(answer: urllib3.BaseHTTPResponse) -> None:
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
        return
    said = " ".join(answer.data[:_SHOWN].decode(errors="replace").split())
    told = f"HTTP {status}" + (f": {said}" if said else "")
    if status == _TOO_LARGE:
        raise TooLarge(told)
    if status in _BUSY or status >= 500:  # noqa: PLR2004 - what HTTP calls the server's own trouble
        raise Away(told, _seconds(answer.headers.get("retry-after")))
    raise Refused(told)


def _seconds(retry_after: str | None) -> float | None:
    """Only the form in seconds: the other one needs both clocks to agree."""
    return float(retry_after) if retry_after and retry_after.isascii() and retry_after.isdigit() else None


def _read(key: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise ValueError(f"{key}: {path} cannot be read ({why})") from None


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
