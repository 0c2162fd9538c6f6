"""Cuts a stream of MQTT 5 into its packets, and knows of a PUBLISH its topic and its number. Pure."""

from dataclasses import dataclass

_PUBLISH = 3
_TOPIC_AT = 2


@dataclass(frozen=True, slots=True)
class Publish:
    """What is needed of a PUBLISH with QoS 1: its topic, and the two bytes of its packet identifier."""

    topic: str
    number: bytes

    @property
    def leaf(self) -> str:
        """The last level of the topic."""
        return self.topic.rsplit("/", 1)[-1]

    def acknowledgement(self) -> bytes:
        """The PUBACK that says that all is well."""
        return b"\x40\x02" + self.number


class Cutter:
    """Takes bytes as they come, gives whole packets."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are complete by now."""
        self._rest += data
        packets = []
        while (end := _end_of_first(self._rest)) is not None and end <= len(self._rest):
            packets.append(self._rest[:end])
            self._rest = self._rest[end:]
        return packets


def _end_of_first(data: bytes) -> int | None:
    """Where the first packet ends, None while its length is not known."""
    found = _length_of(data)
    return None if found is None else sum(found)


def _length_of(data: bytes) -> tuple[int, int] | None:
    """How long the head of the first packet is, and what follows it."""
    length = 0
    for place, byte in enumerate(data[1:5]):
        length |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return place + 2, length
    return None


def publish_in(packet: bytes) -> Publish | None:
    """The packet as a PUBLISH with QoS 1, None if it is anything else."""
    head = _length_of(packet)
    if packet[0] >> 4 != _PUBLISH or (packet[0] >> 1) & 3 != 1 or head is None:
        return None
    at = head[0] + _TOPIC_AT
    end = at + int.from_bytes(packet[head[0] : at], "big")
    return Publish(packet[at:end].decode(), packet[end : end + 2])
