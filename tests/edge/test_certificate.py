"""Promises of the reading of dates from certificates, whatever the bytes are."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.certificate import NotACertificate, validity
from edge.expiry import dates_of, ending
from edge.readers.reader import Moment
from tests.edge.doctor.authority import Authority
from wire.punch import Trust


@pytest.mark.parametrize("days", [(-400, -3), (-1, 20), (3, 9000), (1, 40000)])
def test_the_dates_are_those_of_the_certificate(authority: Authority, days: tuple[int, int]) -> None:
    """Dates before and after 2050, which are written in two ways, are read as openssl wrote them."""
    pem, _ = authority.certificate(f"dated{days[1]}", days=days)
    dates = validity(ssl.PEM_cert_to_DER_cert(pem.read_text()))
    for day, at in zip(days, (dates.begins, dates.ends), strict=True):
        assert abs(datetime.now(UTC) + timedelta(days=day) - at) < timedelta(minutes=5)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x30\x80")
@example(b"\x30\x06\x30\x04\x30\x02\x30\x00")
def test_bytes_that_are_no_certificate_are_refused(der: bytes) -> None:
    """Whatever a peer sends in place of a certificate ends in one error."""
    with pytest.raises(NotACertificate):
        validity(der)


@given(data=st.data())
def test_a_damaged_certificate_is_read_or_refused(authority: Authority, data: st.DataObject) -> None:
    """A few wrong bytes in a real certificate give dates or one error, never another."""
    der = bytearray(ssl.PEM_cert_to_DER_cert(authority.pem.read_text()))
    for at in data.draw(st.lists(st.integers(0, len(der) - 1), min_size=1, max_size=4)):
        der[at] = data.draw(st.integers(0, 255))
    try:
        dates = validity(bytes(der))
    except NotACertificate:
        return
    assert dates.begins.tzinfo is dates.ends.tzinfo is UTC


def test_a_file_with_words_before_the_certificate_has_dates(authority: Authority, tmp_path: Path) -> None:
    """What openssl writes around a certificate does not matter."""
    (tmp_path / "chain.pem").write_text(f"Certificate:\n  Data\n{authority.pem.read_text() * 2}")
    assert dates_of(tmp_path / "chain.pem") == dates_of(authority.pem) is not None
    (tmp_path / "cut.pem").write_text(authority.pem.read_text()[:200])
    for name in ("none.pem", "cut.pem"):
        assert dates_of(tmp_path / name) is None


def moment(trust: Trust = "synced", ahead: timedelta = timedelta(0)) -> Moment:
    return Moment(utc=datetime.now(UTC) + ahead, trust=trust, boot_id="b", uptime_s=1.0)


def test_an_end_within_thirty_days_is_told_with_its_date(authority: Authority) -> None:
    """Who reads it knows which file, when, and how many days are left; a clock never set says nothing."""
    pem, _ = authority.certificate("soon", days=(-1, 20))
    dates = dates_of(pem)
    assert dates is not None
    assert ending(pem, dates, moment()) == f"{pem} ends on {dates.ends:%Y-%m-%d}, in 19 days"
    assert ending(pem, dates, moment("unset")) == ""
    assert ending(pem, dates, moment(ahead=timedelta(days=21))) == f"{pem} is over"
    later, _ = authority.certificate("later", days=(-1, 32))
    assert ending(later, dates_of(later), moment()) == ""
    assert ending("none", None, moment()) == ""
