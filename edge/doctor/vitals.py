"""Turns what a running daemon says of itself into findings: its readers are not touched beside it."""

from collections.abc import Iterator
from datetime import datetime

from edge.bedside import Standing
from edge.findings import Finding, alarm, good, note, warning
from wire.vitals import ReaderVital

_TRIED = "the running daemon"


def of_edge(standing: Standing, config_hash: str) -> Iterator[Finding]:
    """What the daemon says of the edge as a whole."""
    birth, beat = standing.birth, standing.heartbeat
    yield good(_TRIED, f"version {birth.version} works; its devices are left to it")
    if birth.config_hash != config_hash:
        yield warning(_TRIED, "restart-needed", "edge.toml was changed since it started")
    if beat.reason:
        level = warning if beat.reason == "certificate-ending" else alarm
        yield level(_TRIED, beat.reason, beat.evidence)


def of_uplink(standing: Standing) -> Finding:
    """Whether the daemon itself has its connection; why not, the steps behind this show."""
    backlog = f"{standing.heartbeat.backlog} facts wait for a receipt"
    if standing.online:
        return good(_TRIED, f"it is connected; {backlog}")
    return note(_TRIED, f"it is not connected now; {backlog}")


def of_reader(standing: Standing, name: str) -> Finding:
    """What the daemon says of one reader."""
    vital = next((vital for vital in standing.heartbeat.readers if vital.reader == name), None)
    if vital is None:
        return warning(_TRIED, "restart-needed", "it does not know this reader")
    if vital.state == "starting":
        return note(_TRIED, "the reader is being opened for the first time")
    if vital.state != "ok":
        return alarm(_TRIED, vital.reason, f"{vital.state} since {_shown(vital.since)}: {vital.evidence}")
    if vital.reason:
        level = alarm if vital.reason == "log-full" else warning
        return level(_TRIED, vital.reason, vital.evidence)
    contact = "" if vital.last_contact is None else f", last contact {_shown(vital.last_contact)}"
    log = "" if vital.records is None else f", {vital.records} records, {_full(vital):.0%} full"
    return good(_TRIED, f"{vital.device or 'the device'} answers{contact}{log}")


def _full(vital: ReaderVital) -> float:
    return (vital.records or 0) / vital.capacity if vital.capacity else 0.0


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
