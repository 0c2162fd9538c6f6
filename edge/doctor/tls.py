"""Tries the TLS handshake with the broker, and finds out why it fails."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

from edge.certificate import NotACertificate, Validity, validity
from edge.expiry import dates_of, ending
from edge.findings import Finding, alarm, good, warning
from edge.readers.reader import Moment
from ground.mqtt import BrokerOptions

_WITHIN_S = 10.0
_AFTERTHOUGHT_S = 0.3
"""In TLS 1.3 the broker looks at our certificate after the handshake; its refusal needs a moment more."""
_TRIED = "TLS handshake"
_UNKNOWN = "of unknown dates"
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAME = (62, 64)
"""X509_V_ERR_... of OpenSSL's x509_vfy.h: hostname, and address."""


def handshake(options: BrokerOptions, moment: Moment) -> Iterator[Finding]:
    """Shake hands as the uplink does. `options.ca` must be given."""
    broken = _own_certificate(options, moment)
    if broken is not None:
        yield broken
        return
    yield from _soon_over(options.cert, dates_of(options.cert), moment)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(options.ca)
    except OSError as error:
        yield alarm(f"reading ca {options.ca}", "broker-untrusted", _told(error))
        return
    try:
        if options.cert is not None:
            context.load_cert_chain(options.cert, options.key)
    except OSError as error:
        yield alarm(f"reading cert {options.cert} and its key", "certificate-refused", _told(error))
        return
    began = time.monotonic()
    try:
        with _connected(options) as plain, context.wrap_socket(plain, server_hostname=options.host) as line:
            _hear_afterthought(line, 2 * (time.monotonic() - began))
            certificate = _dates(line.getpeercert(binary_form=True))
            yield good(_TRIED, f"{line.version()}; the broker's certificate is {certificate or _UNKNOWN}")
            yield from _soon_over("the broker's certificate", certificate, moment)
    except ssl.SSLCertVerificationError as error:
        yield _verification(options, moment, error)
    except ssl.SSLError as error:
        yield _refusal(options, error)
    except OSError as error:
        yield alarm(_TRIED, "broker-no-tls", _told(error))


def _connected(options: BrokerOptions) -> socket.socket:
    return socket.create_connection((options.host, options.port), timeout=_WITHIN_S)


def _hear_afterthought(line: ssl.SSLSocket, wait_s: float) -> None:
    """Wait for an alert; a broker says nothing else before it is asked."""
    line.settimeout(_AFTERTHOUGHT_S + wait_s)
    with contextlib.suppress(TimeoutError):
        if not line.recv(1):
            raise ssl.SSLError(1, "the broker closed the connection after the handshake")


def _own_certificate(options: BrokerOptions, moment: Moment) -> Finding | None:
    """What is wrong with the dates of our own certificate, before the broker sees it."""
    dates = dates_of(options.cert)
    if dates is None or dates.begins <= moment.utc <= dates.ends:
        return None
    told = f"{options.cert} is {dates}; {_clock(moment)}"
    return alarm("our own certificate", "certificate-refused", told)


def _soon_over(what: object, dates: Validity | None, moment: Moment) -> Iterator[Finding]:
    told = ending(what, dates, moment)
    if told:
        yield warning("the certificate's end", "certificate-ending", told)


def _verification(options: BrokerOptions, moment: Moment, error: ssl.SSLCertVerificationError) -> Finding:
    """Name what OpenSSL finds wrong, and show the dates beside the Pi's clock."""
    if error.verify_code in (_NOT_YET_VALID, _EXPIRED):
        word = "broker-expired" if error.verify_code == _EXPIRED else "broker-not-yet-valid"
        told = f"the broker's certificate is {_dates(_unchecked(options)) or _UNKNOWN}"
        authority = dates_of(options.ca)
        if authority is not None and not authority.begins <= moment.utc <= authority.ends:
            told = f"the authority in {options.ca} is {authority}"
        return alarm(_TRIED, word, f"{told}; {_clock(moment)}")
    word = "broker-other-name" if error.verify_code in _OTHER_NAME else "broker-untrusted"
    return alarm(_TRIED, word, error.verify_message)


def _refusal(options: BrokerOptions, error: ssl.SSLError) -> Finding:
    reason = (error.reason or "").upper()
    if "ALERT" in reason or "closed" in str(error):
        with_what = f"with {options.cert}" if options.cert is not None else "without a client certificate"
        return alarm(_TRIED, "certificate-refused", f"{with_what}: {_told(error)}")
    return alarm(_TRIED, "broker-no-tls", _told(error))


def _unchecked(options: BrokerOptions) -> bytes | None:
    """The broker's certificate, whatever it is worth; nothing is said to the broker."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with _connected(options) as plain, context.wrap_socket(plain, server_hostname=options.host) as line:
            return line.getpeercert(binary_form=True)
    except OSError:
        return None


def _dates(der: bytes | None) -> Validity | None:
    try:
        return validity(der or b"")
    except NotACertificate:
        return None


def _clock(moment: Moment) -> str:
    sure = {"synced": "is synchronised", "holdover": "was synchronised in this boot"}
    state = sure.get(moment.trust, "is not synchronised")
    return f"the Pi's clock shows {moment.utc:%Y-%m-%d %H:%M} UTC and {state}"


def _told(error: Exception) -> str:
    reason = getattr(error, "reason", None)
    return str(reason).replace("_", " ").lower() if reason else str(error)
