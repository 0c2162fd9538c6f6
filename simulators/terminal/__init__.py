"""A terminal that speaks the protocol of port 4370 from the terminal's side."""

from simulators.terminal.device import Terminal

__all__ = ["Terminal"]
