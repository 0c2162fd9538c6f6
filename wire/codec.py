"""Bytes to structs and back, with every failure told as a WireError."""

from typing import TypeVar

import msgspec

from wire.facts import Fact, SealedEnvelope
from wire.order import Order

MESSAGE_LIMIT = 128 * 1024
"""Bytes of one message at the most (wire.md)."""

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_decoders: dict[object, msgspec.json.Decoder[object]] = {}


class WireError(ValueError):
    """A message that cannot be read; the text says where and why."""


def encode(message: msgspec.Struct) -> bytes:
    """Return the message as JSON in UTF-8."""
    return _encoder.encode(message)


def decode(payload: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Read a message of one kind. Unknown fields are ignored, unknown kinds are a WireError."""
    if len(memoryview(payload)) > MESSAGE_LIMIT:
        raise WireError(f"message of {len(memoryview(payload))} bytes is over {MESSAGE_LIMIT}")
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(payload)  # type: ignore[return-value]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(str(error)) from error


def decode_fact(payload: bytes | msgspec.Raw) -> Fact:
    """Read one fact of any kind."""
    return decode(payload, Fact)  # type: ignore[arg-type] # a union is no type[T], yet msgspec reads it


def decode_order(payload: bytes) -> Order:
    """Read one order of any kind."""
    return decode(payload, Order)  # type: ignore[arg-type] # as above


def open_facts(sealed: SealedEnvelope) -> list[tuple[int, Fact | WireError, bytes]]:
    """Open the facts of an envelope one by one: sequence number, fact or why not, and the bytes.

    The slow way, for an envelope that `decode(payload, Envelope)` refused: what can be read is read.
    """
    opened: list[tuple[int, Fact | WireError, bytes]] = []
    for place, raw in enumerate(sealed.facts):
        try:
            fact: Fact | WireError = decode_fact(raw)
        except WireError as error:
            fact = error
        opened.append((sealed.first_seq + place, fact, bytes(raw)))
    return opened
