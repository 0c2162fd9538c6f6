"""Promises of the push protocol: what a terminal asks is understood, whatever else comes is refused."""

import contextlib
import string
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.readers.zkteco_push.protocol import (
    Call,
    Handshake,
    NotUnderstood,
    Ping,
    Poll,
    Results,
    Upload,
    options,
    read_call,
    read_results,
    time_zone,
)

INDIA = timedelta(hours=5, minutes=30)
PATHS = ["cdata", "getrequest", "devicecmd", "ping", "fdata", "cdata.aspx", "registry", "", "../cdata"]


@pytest.mark.parametrize(
    ("method", "target", "body", "call"),
    [
        ("GET", "cdata?SN=S1&options=all&pushver=2.4.1&language=69", b"", Handshake("S1")),
        ("GET", "cdata.aspx?SN=S1&options=all", b"", Handshake("S1")),
        ("POST", "cdata?SN=S1&table=ATTLOG&Stamp=82983982", b"x", Upload("S1", "ATTLOG", "82983982", b"x")),
        ("POST", "cdata?SN=S1&table=OPERLOG&OpStamp=7", b"", Upload("S1", "OPERLOG", "7", b"")),
        ("POST", "cdata?SN=S1&table=rtlog", b"", Upload("S1", "RTLOG", None, b"")),
        ("POST", "cdata?SN=S1&table=ATTLOG&Stamp=%0D%0AX", b"", Upload("S1", "ATTLOG", None, b"")),
        ("GET", "getrequest?SN=S1", b"", Poll("S1", None)),
        ("GET", "getrequest?SN=S1&INFO=Ver%208.0,5,9,1234,10.0.0.9,10", b"", Poll("S1", 1234, 5)),
        ("GET", "getrequest?SN=S1&INFO=Ver,5,9,many", b"", Poll("S1", None, 5)),
        ("POST", "devicecmd?SN=S1", b"ID=7&Return=0&CMD=DATA\n", Results("S1", ((7, 0),))),
        ("GET", "ping?SN=S1", b"", Ping("S1", "ping")),
        ("POST", "fdata?SN=S1&table=ATTPHOTO", b"\xff\xd8", Ping("S1", "file")),
    ],
)
def test_what_a_terminal_asks_is_understood(method: str, target: str, body: bytes, call: Call) -> None:
    """Each request of the protocol, old spellings too, is one call."""
    path, _, query = target.partition("?")
    assert read_call(method, f"/iclock/{path}", query, body) == call


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "/iclock/cdata", "", 400),
        ("GET", "/iclock/cdata", "SN=../../etc", 400),
        ("GET", "/iclock/cdata", "SN=" + "9" * 65, 400),
        ("POST", "/iclock/cdata", "SN=S1", 400),
        ("POST", "/iclock/cdata", "SN=S1&table=a%0Ab", 400),
        ("GET", "/iclock/registry", "SN=S1", 404),
        ("DELETE", "/iclock/cdata", "SN=S1", 404),
        ("GET", "/", "SN=S1", 404),
        ("GET", "/iclock/cdata", "&".join(f"a{n}=1" for n in range(100)), 400),
    ],
)
def test_what_no_terminal_asks_is_refused(method: str, path: str, query: str, status: int) -> None:
    """A stranger gets a status and one line."""
    with pytest.raises(NotUnderstood) as refusal:
        read_call(method, path, query, b"")
    assert refusal.value.status == status


@given(
    st.sampled_from(["GET", "POST", "PUT", ""]),
    st.sampled_from(PATHS).map(lambda it: f"/iclock/{it}") | st.text(max_size=40),
    st.text(max_size=80) | st.text("SN=&table%01Stamp+;ATLOG", max_size=60).map(lambda it: f"SN=S1&{it}"),
    st.binary(max_size=200),
)
def test_any_request_is_a_call_or_a_refusal(method: str, path: str, query: str, body: bytes) -> None:
    """No text of a request makes the parser fault, and every call names a plain serial."""
    with contextlib.suppress(NotUnderstood):
        serial = read_call(method, path, query, body).serial
        assert 0 < len(serial) <= 64
        assert set(serial) <= set(string.ascii_letters + string.digits + "_.-")


def test_results_are_read_in_each_of_their_forms() -> None:
    """Several to a body, one field to a line, with options behind them: the pairs come out in order."""
    assert read_results(b"ID=1&Return=0&CMD=DATA\nID=2&Return=-1004&CMD=DATA\n") == ((1, 0), (2, -1004))
    assert read_results(b"ID=3\nSN=S1\nReturn=0\nCMD=INFO\n~DeviceName=K40\n") == ((3, 0),)
    assert read_results(b"PID=4&Return=0") == ()
    assert read_results(b"ID=5&CMD=DATA\nID=6&Return=0") == ((6, 0),)


@given(
    st.binary(max_size=300) | st.lists(st.sampled_from([b"ID=", b"1", b"&", b"Return=", b"-"])).map(b"".join)
)
def test_any_bytes_are_results_or_none(body: bytes) -> None:
    """Results are pairs of numbers, whatever the bytes."""
    assert all(number >= 0 for number, _ in read_results(body))


def test_the_options_carry_the_stamps_and_ask_everything_of_a_new_terminal() -> None:
    """A terminal that is new here sends its whole log; a known one what is newer than its stamp."""
    new = options("S1", {}, delay_s=10, error_delay_s=30, zone=None).splitlines()
    assert new[0] == "GET OPTION FROM: S1"
    assert {"ATTLOGStamp=0", "Stamp=0", "OPERLOGStamp=0", "Realtime=1", "Encrypt=0"} <= set(new)
    assert not any(line.startswith("TimeZone") for line in new)
    known = options("S1", {"ATTLOG": "77"}, delay_s=5, error_delay_s=9, zone="330").splitlines()
    assert {"ATTLOGStamp=77", "Stamp=77", "Delay=5", "ErrorDelay=9", "TimeZone=330"} <= set(known)


def test_photos_and_templates_are_never_asked_for() -> None:
    """Personal data that nobody needs stays in the terminal."""
    flags = options("S1", {}, delay_s=10, error_delay_s=30, zone=None)
    assert "TransFlag=TransData AttLog\tOpLog\r\n" in flags


@pytest.mark.parametrize(
    ("offset", "hours", "minutes"),
    [
        (INDIA, "5.5", "330"),
        (timedelta(hours=8), "8", "480"),
        (timedelta(hours=-3), "-3", "-180"),
        (timedelta(hours=5, minutes=45), "5.75", "345"),
        (timedelta(), "0", "0"),
    ],
)
def test_a_zone_is_told_as_the_firmware_counts(offset: timedelta, hours: str, minutes: str) -> None:
    """A wrong unit would shift every punch."""
    assert (time_zone(offset, "hours"), time_zone(offset, "minutes")) == (hours, minutes)
