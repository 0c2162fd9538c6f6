"""Owns what a reader answers to an order for its device's users: the table, and what became of the order."""

from collections.abc import Iterator, Mapping, Sequence

from wire.facts import Fact, OrderOutcome, UserTable
from wire.order import EnrolOrder
from wire.punch import UtcTime
from wire.users import USERS_LIMIT, HeldUser

_TOLD = 5


def table(
    order: EnrolOrder, name: str, serial: str, users: Sequence[HeldUser], at: UtcTime
) -> Iterator[UserTable]:
    """The users that a device holds, in as many parts as they need; one part for none."""
    parts = max(1, -(-len(users) // USERS_LIMIT))
    for part in range(parts):
        yield UserTable(
            order_id=order.order_id,
            reader=name,
            at=at,
            serial=serial,
            part=part + 1,
            parts=parts,
            users=tuple(users[part * USERS_LIMIT : (part + 1) * USERS_LIMIT]),
        )


def outcome(
    order: EnrolOrder,
    at: UtcTime,
    *,
    written: int,
    removed: int,
    kept: Sequence[str],
    failed: Mapping[str, str],
) -> OrderOutcome:
    """What became of an order that was carried out: how many users, whom it kept, and why some failed."""
    told = [f"{user_id}: {why}" for user_id, why in failed.items()]
    told += [f"{user_id}: kept, since deleting would take fingerprints and faces along" for user_id in kept]
    return OrderOutcome(
        order_id=order.order_id,
        outcome="failed" if failed else "done",
        at=at,
        reason="users-refused" if failed else "",
        evidence="; ".join(told[:_TOLD]),
        figures={"written": written, "removed": removed, "kept": len(kept), "failed": len(failed)},
    )


def not_done(order: EnrolOrder, at: UtcTime, reason: str, evidence: str) -> Fact:
    """What became of an order that could not be carried out to its end."""
    return OrderOutcome(order_id=order.order_id, outcome="failed", at=at, reason=reason, evidence=evidence)
