"""Finds the event device of a keyboard reader in sysfs, without opening any keyboard."""

from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys/class/input")
_DIGIT_KEYS = 0b1111111111 << 2
"""The bits of KEY_1 to KEY_0: a reader's second device for volume keys or power has none of them."""


@dataclass(frozen=True, slots=True)
class InputDeviceFacts:
    """What the kernel tells about an event device: its path, name, USB ids, and the port that it sits in."""

    path: str
    name: str
    vendor: int | None
    product: int | None
    port: str


def keyboards(sysfs: Path = SYSFS) -> list[InputDeviceFacts]:
    """Every event device that has digit keys, in the order of its number."""
    found = []
    for entry in sorted(sysfs.glob("event[0-9]*"), key=lambda entry: (len(entry.name), entry.name)):
        facts = entry / "device"
        keys = _text(facts / "capabilities" / "key").split()
        if keys and int(keys[-1], 16) & _DIGIT_KEYS == _DIGIT_KEYS:
            found.append(
                InputDeviceFacts(
                    path=f"/dev/input/{entry.name}",
                    name=_text(facts / "name"),
                    vendor=_hex(_text(facts / "id" / "vendor")),
                    product=_hex(_text(facts / "id" / "product")),
                    port=_text(facts / "phys"),
                )
            )
    return found


def matching(
    known: list[InputDeviceFacts], name: str | None, vendor: int | None, product: int | None
) -> list[InputDeviceFacts]:
    """Those that have all of the given name, vendor and product."""
    return [
        device
        for device in known
        if name in (None, device.name)
        and vendor in (None, device.vendor)
        and product in (None, device.product)
    ]


def _text(path: Path) -> str:
    """A line of sysfs; empty where the device left meanwhile."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _hex(text: str) -> int | None:
    try:
        return int(text, 16)
    except ValueError:
        return None
