"""A terminal that pushes its records over HTTP, from the terminal's side."""

from simulators.push_terminal.device import PushTerminal

__all__ = ["PushTerminal"]
