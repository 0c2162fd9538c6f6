"""Batches arrive over HTTP, signed, and every answer of the other side means what HTTP says."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central.exporters.exporter import Away, Batch, ExportError, Refused, TooLarge
from central.exporters.http import HttpExporter, HttpOptions
from central.exporters.signing import secret_of, signed
from tests.central.exporters.hrms import Hrms, running_hrms

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the example of the scheme
BATCH = Batch("payroll", "days", "days-1", (b'{"employee":"E1"}', b'{"employee":"E2"}'))


@pytest.fixture
def hrms() -> Iterator[Hrms]:
    """The other side."""
    with running_hrms() as running:
        yield running


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file with the secret."""
    path = tmp_path / "hrms.secret"
    path.write_text(SECRET + "\n")
    return path


def send(hrms: Hrms, secret: Path, token: Path | None = None) -> None:
    """One batch."""
    exporter = HttpExporter("payroll", HttpOptions(url=hrms.url, secret_file=secret, token_file=token))
    try:
        exporter.send(BATCH)
    finally:
        exporter.close()


def test_signature_is_that_of_standard_webhooks() -> None:
    """The scheme's own example: verifiers that exist accept what central signs."""
    body = b'{"test": 2432232314}'
    headers = signed(secret_of(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_batch_arrives_whole_and_signed(hrms: Hrms, secret: Path, tmp_path: Path) -> None:
    """The other side can tell who sent it, when, that nothing was changed, and that it is a repetition."""
    token = tmp_path / "token"
    token.write_text("t0ken\n")
    send(hrms, secret, token)
    (headers, body) = hrms.posted[0]
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    told = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == BATCH.batch_id
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert headers["authorization"] == "Bearer t0ken"
    assert json.loads(body) == {
        "v": 1,
        "exporter": "payroll",
        "what": "days",
        "rows": [{"employee": "E1"}, {"employee": "E2"}],
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, Refused),
        (404, Refused),
        (307, Refused),
        (408, Away),
        (429, Away),
        (500, Away),
        (503, Away),
        (413, TooLarge),
    ],
)
def test_answer_says_what_to_do_next(hrms: Hrms, secret: Path, status: int, kind: type[ExportError]) -> None:
    """A busy side is asked again by itself, one that refuses needs a person; its own words are told."""
    hrms.answers = [(status, {"location": "http://127.0.0.1:1/"}, b"no\nluck")]
    with pytest.raises(ExportError) as failed:
        send(hrms, secret)
    assert type(failed.value) is kind
    assert str(failed.value) == f"HTTP {status}: no luck"


def test_other_side_may_say_when(hrms: Hrms, secret: Path) -> None:
    """Retry-After in seconds is heeded."""
    hrms.answers = [(503, {"retry-after": "17"}, b"")]
    with pytest.raises(Away) as failed:
        send(hrms, secret)
    assert failed.value.after_s == 17


def test_nobody_there_is_away(secret: Path) -> None:
    """A side that cannot be reached is asked again."""
    exporter = HttpExporter("payroll", HttpOptions(url="http://127.0.0.1:1/", secret_file=secret))
    with pytest.raises(Away):
        exporter.send(BATCH)
    exporter.close()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"url": "http://hrms.example/x"}, "use https://"),
        ({"url": "ftp://hrms.example/x"}, "is no http:// or https:// address"),
        ({"url": "https://hrms.example/x", "secret_file": Path("/nowhere")}, "secret_file: /nowhere cannot"),
        ({"url": "https://hrms.example/x", "ca_file": Path("/nowhere")}, "ca_file: /nowhere cannot be read"),
    ],
)
def test_people_are_not_sent_in_the_clear(secret: Path, options: dict[str, Any], told: str) -> None:
    """Options that would leak, or could not sign, are refused with the key that is wrong."""
    with pytest.raises(ValueError, match=told):
        HttpOptions(**{"secret_file": secret, **options})


@pytest.mark.parametrize("text", ["", "whsec_!", "whsec_c2hvcnQ=", "whsec_" + "QUJD" * 40])
def test_weak_secret_is_refused(tmp_path: Path, text: str) -> None:
    """A secret is base64 of 24 to 64 bytes."""
    path = tmp_path / "secret"
    path.write_text(text)
    with pytest.raises(ValueError, match="secret_file: a secret"):
        HttpOptions(url="https://hrms.example/", secret_file=path)
