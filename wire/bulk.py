"""Owns the quick reading of an envelope of punches: their ids and readers are checked together, not each.

Half of what the reading of a punch takes is the two patterns of these texts.
"""

import re
from typing import Annotated

import msgspec

from wire.codec import WireError, decode
from wire.facts import BATCH_LIMIT, Envelope
from wire.punch import Punch

_IDS = re.compile(r"[0-9a-f]*\Z")
_READER = re.compile(r"[a-z0-9-]{1,32}\Z")


class _Punch(Punch, frozen=True, kw_only=True, omit_defaults=True, tag_field="fact", tag="punch"):
    """A `Punch`, of which only `open_bulk` knows that its id and reader are proper ones."""

    punch_id: Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
    reader: str


class _Bulk(Envelope, frozen=True, kw_only=True):
    facts: Annotated[tuple[_Punch, ...], msgspec.Meta(min_length=1, max_length=BATCH_LIMIT)]


def open_bulk(payload: bytes) -> Envelope | None:
    """The envelope, if it holds proper punches and nothing else; None says no more than that."""
    try:
        envelope = decode(payload, _Bulk)
    except WireError:
        return None
    ids = "".join([punch.punch_id for punch in envelope.facts])
    readers = {punch.reader for punch in envelope.facts}
    return envelope if _IDS.match(ids) and all(map(_READER.match, readers)) else None
