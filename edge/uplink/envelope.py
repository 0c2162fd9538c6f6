"""Owns the bytes of an envelope: facts are joined as they lie in the outbox, without reading them."""

from collections.abc import Sequence

import msgspec

from edge.buffer.rows import Waiting

ENVELOPE_BYTES = 1024
"""What an envelope and its topic take around its facts, generously."""


class _How(msgspec.Struct):
    how: str = ""


_how = msgspec.json.Decoder(_How)


def is_live(body: bytes) -> bool:
    """Whether an encoded fact is a punch that somebody made just now."""
    return _how.decode(body).how in ("live", "push")


def joined(outbox_id: str, settled: int, batch: Sequence[Waiting], *, ahead: bool = False) -> bytes:
    """Facts that follow one another; the same bytes as encoding a `wire.facts.Envelope` of them."""
    head = f'{{"outbox_id":"{outbox_id}","first_seq":{batch[0].seq},"settled":{settled},"facts":['
    tail = b'],"ahead":true,"v":1}' if ahead else b'],"v":1}'
    return head.encode() + b",".join(fact.body for fact in batch) + tail
