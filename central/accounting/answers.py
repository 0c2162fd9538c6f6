"""Owns what an edge answered to the question which punches a reader's day holds."""

from dataclasses import dataclass

from sqlalchemy import Connection

from central.balance import Log, Told
from central.ledger import accounts
from central.ledger.accounts import Entry
from central.ledger.orders import Status
from wire.facts import Account, HeldIds


@dataclass(frozen=True, slots=True)
class Answer:
    """An account, and the ids that it counts."""

    account: Account
    told: Told


def answer_to(connection: Connection, entry: Entry, asked: Status) -> Answer | None:
    """The last whole answer to an order; None if there is none for the reader.

    An edge that lost its own memory answers twice. Whatever belongs to one answer was counted at one instant.
    """
    facts = list(accounts.answers(connection, entry.edge, asked.order.order_id))
    for outbox_id, seq, account in reversed(facts):
        if not isinstance(account, Account) or account.reader != entry.reader:
            continue
        lists = [
            fact
            for stream, _, fact in facts
            if isinstance(fact, HeldIds)
            and (stream, fact.reader, fact.at) == (outbox_id, account.reader, account.at)
        ]
        kept = {
            bytes.fromhex(punch_id): number
            for one in lists
            if one.side == "edge"
            for punch_id, number in zip(one.punch_ids, one.seqs, strict=False)
        }
        logged = {bytes.fromhex(it) for one in lists if one.side == "device" for it in one.punch_ids}
        if len(kept) == account.edge.count and (
            account.device is None or len(logged) == account.device.count
        ):
            return Answer(account, Told(outbox_id, seq, kept, _log(account, logged)))
    return None


def _log(account: Account, ids: set[bytes]) -> Log | None:
    if account.device is None:
        return None
    full = bool(account.capacity) and (account.records or 0) >= (account.capacity or 0)
    return Log(ids, account.serial, account.begins, full)
