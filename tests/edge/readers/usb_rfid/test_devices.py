"""Promises of the search for keyboards in sysfs."""

from pathlib import Path

import pytest

from edge.readers.usb_rfid.devices import InputDeviceFacts, keyboards, matching

TYPES_DIGITS = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
ONLY_VOLUME = "e000000000000 0"


def plug(sysfs: Path, number: int, keys: str, **facts: str) -> None:
    for name, value in {"capabilities/key": keys, "name": "Reader", "phys": "usb-1/input0", **facts}.items():
        file = sysfs / f"event{number}" / "device" / name.replace("_", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(value + "\n")


def test_only_what_has_digit_keys_is_a_keyboard(tmp_path: Path) -> None:
    """A reader's second device for volume keys, a mouse and a device that just left are passed over."""
    plug(tmp_path, 10, TYPES_DIGITS, id_vendor="ffff", id_product="0035")
    plug(tmp_path, 2, TYPES_DIGITS, name="Other", id_vendor="xyz")
    plug(tmp_path, 3, ONLY_VOLUME)
    plug(tmp_path, 4, "")
    (tmp_path / "event5").mkdir()
    assert keyboards(tmp_path) == [
        InputDeviceFacts("/dev/input/event2", "Other", None, None, "usb-1/input0"),
        InputDeviceFacts("/dev/input/event10", "Reader", 0xFFFF, 0x0035, "usb-1/input0"),
    ]
    assert keyboards(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("name", "vendor", "product", "paths"),
    [
        ("Reader", None, None, ["a", "b"]),
        (None, 0xFFFF, None, ["a"]),
        (None, None, 0x35, ["a", "b", "c"]),
        ("Reader", 0x1234, 0x35, ["b"]),
        ("reader", None, None, []),
    ],
)
def test_all_that_is_given_must_fit(
    name: str | None, vendor: int | None, product: int | None, paths: list[str]
) -> None:
    """What is not given does not matter; what is given fits exactly."""
    known = [
        InputDeviceFacts("a", "Reader", 0xFFFF, 0x35, "1"),
        InputDeviceFacts("b", "Reader", 0x1234, 0x35, "2"),
        InputDeviceFacts("c", "Scanner", 0x1234, 0x35, "3"),
    ]
    assert [device.path for device in matching(known, name, vendor, product)] == paths
