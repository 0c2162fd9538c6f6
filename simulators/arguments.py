"""Owns the kinds of numbers that the options of simulators take, and what is said of any other."""

import argparse
import math

_LAST_PORT = 65535


def count(text: str) -> int:
    """A whole number from 0 on."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def some(text: str) -> int:
    """A whole number from 1 on."""
    if count(text) == 0:
        raise argparse.ArgumentTypeError("0 is none: give a whole number from 1 on")
    return int(text)


def port(text: str) -> int:
    """A port, 0 for a free one."""
    if count(text) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: they end with {_LAST_PORT}")
    return int(text)


def seconds(text: str) -> float:
    """A length of time above 0."""
    try:
        length = float(text)
    except ValueError:
        length = 0.0
    if not 0 < length < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return length
