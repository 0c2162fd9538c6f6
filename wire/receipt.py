"""The receipt: central's word that its ledger holds an outbox up to a sequence number."""

from typing import Annotated

import msgspec


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Every fact of `outbox_id` up to and including `upto_seq` is committed at central.

    `gap` says that central misses what follows and has seen facts behind it: the edge goes back.
    """

    outbox_id: str
    upto_seq: Annotated[int, msgspec.Meta(ge=0)]
    gap: bool = False
    v: int = 1
