"""What arrives stands in the ledger once, on both databases."""

from sqlalchemy import func, select, text

from central.ledger import landing, queries
from central.ledger.database import Ledger
from central.ledger.schema import arrivals, conflicts, metadata, punches
from central.streams import Parcel, Unread, opened
from tests.central.conftest import NOW
from tests.central.facts import card_punch, envelope, terminal_punch
from wire.codec import encode
from wire.facts import Envelope


def parcel(sent: Envelope, edge: str = "pune-01") -> Parcel:
    unpacked = opened(edge, encode(sent))
    assert not isinstance(unpacked, Unread)
    return unpacked


def test_punch_stands_once_however_often_it_arrives(ledger: Ledger) -> None:
    """A punch may travel any number of times; the ledger holds it once and says that it was not new."""
    sent = parcel(envelope(1, *(terminal_punch(n) for n in range(250))))
    with ledger.write() as connection:
        first = landing.land(connection, [sent, sent], NOW)
    with ledger.write() as connection:
        again = landing.land(connection, [parcel(envelope(251, terminal_punch(5), terminal_punch(900)))], NOW)
    with ledger.read() as connection:
        held = queries.counts(connection)
        new = connection.execute(select(arrivals.c.new).order_by(arrivals.c.arrival_id)).scalars().all()
    assert (first.new, again.new, held) == (250, 1, {("pune-01", "front-gate"): 251})
    assert new == [250, 0, 1]
