"""Owns the second reading of the quarantine, for a central that understands more than the one before."""

from datetime import datetime

from sqlalchemy import Connection

from central.ledger import quarantine
from central.ledger.landing import land
from central.streams import Parcel, reopened


def replay(connection: Connection, at: datetime) -> int:
    """Store what can be read by now, and return how many punches were new.

    Facts of a message of which only some can be read stay behind one by one. No stream moves: the numbers
    of these facts were confirmed when they came into quarantine, or their edge sends them again.
    """
    parcels: list[Parcel] = []
    done: list[bytes] = []
    for entry in quarantine.waiting(connection):
        message = reopened(entry.unread)
        if isinstance(message, Parcel) and (message.punches or message.others):
            parcels.append(message)
            done.append(entry.digest)
    quarantine.keep(connection, [one for parcel in parcels for one in parcel.unread], at)
    quarantine.replayed(connection, done, at)
    return land(connection, parcels, at).new
