"""Owns the orders of a resync: what each says of the people, and of what the ledger holds."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec.structs import replace
from sqlalchemy import Connection

from central.directory.directory import Directory
from central.ledger import orders
from central.ledger.resyncs import holdings, jobs
from central.ledger.resyncs.holdings import Extent
from central.ledger.resyncs.jobs import Asked, Job
from central.requests.asking import fits
from central.requests.lists import all_badges
from central.zones import Zones, midnight
from wire.codec import encode
from wire.order import RereadOrder
from wire.stretches import STRETCH_PUNCHES, Stretch, stretches

CENTRAL = "central"
"""The actor of scheduled resyncs. They add nothing that a person took back."""
_MOST_STRETCHES = 1000


def extent_of(order: RereadOrder, edge: str, reader: str) -> Extent:
    """What an order asks of its reader."""
    if order.since is None or order.until is None:
        raise ValueError(f"the order {order.order_id} does not say from when to when")
    badges = None if order.badges is None else frozenset(order.badges)
    return Extent(edge, reader, order.span, order.since, order.until, badges)


def made(
    connection: Connection, job: Job, one: Asked, directory: Directory, zones: Zones
) -> tuple[RereadOrder, Asked]:
    """Make the order of a part, unless that was done; the part then knows what was held. Stores nothing."""
    known = orders.find(connection, one.order_id)
    if isinstance(known, RereadOrder):
        return known, one
    edge, reader, span = one.part.edge, one.part.reader, job.request.span
    badges: tuple[str, ...] | None = None
    if not job.everybody:
        people = jobs.people_of(connection, job, one.piece)
        badges = tuple(sorted({badge for who in people for badge in all_badges(directory, who, edge)}))
    zone = zones.of(edge)
    order = RereadOrder(
        order_id=one.order_id,
        expires_at=job.expires_at,
        span=span,
        readers=(reader,),
        badges=badges,
        since=midnight(span.first, zone),
        until=midnight(span.last + timedelta(days=1), zone),
        source="outbox" if job.request.mode == "resend" else "device",
    )
    upto = holdings.last_arrival(connection)
    lines = [
        held.line
        for held in holdings.of_extent(connection, extent_of(order, edge, reader), upto)
        if not (held.withdrawn and restores(job))
    ]
    return _knowing(order, lines), one.known_upto(upto)


def restores(job: Job) -> bool:
    """Whether a job takes in again what was taken back: a person's does."""
    return job.actor != CENTRAL


def _knowing(order: RereadOrder, lines: Iterable[bytes]) -> RereadOrder:
    """The order with what the ledger holds, in stretches as long as it takes to fit a message."""
    held, each = list(lines), STRETCH_PUNCHES
    while True:
        known: tuple[Stretch, ...] = tuple(stretches(held, order.span.last, each))
        knowing = replace(order, known=known)
        if len(known) <= _MOST_STRETCHES and fits(encode(knowing)):
            return knowing
        each *= 2
