"""Makes what central answers to a request for a resync, for tests of those who read it."""

from typing import Any

from wire.people import OrgFilter
from wire.resync import Reconciliation, ResyncProgress


def resync_progress(*readers: Reconciliation, **more: Any) -> ResyncProgress:
    """A reconciled resync of two people at some readers, but for what is told otherwise."""
    told = {
        "name": "r-1",
        "user": "anna",
        "state": "reconciled",
        "mode": "reread",
        "dry_run": False,
        "people": OrgFilter(),
        "selected": 2,
        "visible": 9,
        "people_done": 2,
        "punches_read": 42,
        "edges_waiting": (),
        "days_changed": 0,
        "readers": readers,
    }
    return ResyncProgress(**{**told, **more})
