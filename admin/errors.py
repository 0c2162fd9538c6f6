"""Owns what can go wrong for a person at the command, named after what he can do, with its exit status.

ClientError
├── Unavailable   the broker or central is not there: try again later (69)
├── Forbidden     the broker does not let this account do it: a person must act (77)
├── Refused       central read the request and said no, with its reason (1)
└── UsageError    what was asked makes no sense (2)
"""

from typing import ClassVar


class ClientError(Exception):
    """The command cannot do what it was asked; the text is one line that says why and what helps."""

    status: ClassVar[int] = 1


class Unavailable(ClientError):
    """Nobody answers. Trying again later may help."""

    status = 69


class Forbidden(ClientError):
    """The account may not. Trying again cannot help until its password or its rights change."""

    status = 77


class Refused(ClientError):
    """Central's own no."""

    status = 1


class UsageError(ClientError):
    """The arguments contradict each other."""

    status = 2
