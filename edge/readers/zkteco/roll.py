"""Carries out orders for the users of a terminal: read, written, deleted, and read back."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

from edge.errors import Lost
from edge.readers.zkteco.child import Child
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.talk import Dataset, Enrol, Enrolled, ReadSizes, ReadUsers, Sizes
from edge.readers.zkteco.users import Entry, Work, read_table, work
from wire.facts import Fact, OrderOutcome, UserTable
from wire.order import EnrolOrder
from wire.punch import UtcTime
from wire.users import USERS_LIMIT

_AT_ONCE = 20
_DEFAULT_SIZE = 72
_TOLD = 5


class Roll:
    """The users of one terminal, within one session."""

    def __init__(self, name: str, options: TerminalOptions, child: Child) -> None:
        self._name = name
        self._options = options
        self._child = child

    def carry_out(self, order: EnrolOrder, serial: str, at: UtcTime) -> list[Fact]:
        """Do what an order says, and tell what the terminal holds then. Raises ReaderFault."""
        before, templates = self._read()
        size = len(before[0].raw) if before else _DEFAULT_SIZE
        todo = work(
            before,
            order.put,
            order.remove,
            size=size,
            templates=templates,
            with_templates=order.with_templates,
        )
        self._do(todo)
        after = self._read()[0] if todo.write or todo.delete else before
        return [*_told(order, self._name, serial, after, at), _outcome(order, todo, after, at)]

    def _read(self) -> tuple[list[Entry], int]:
        """The table, and how many fingerprints and faces there are."""
        sizes = self._child.ask(ReadSizes(within_s=self._options.answer_s), Sizes)
        if sizes.users == 0:
            return [], sizes.templates
        dataset = self._child.ask(ReadUsers(within_s=self._options.read_s), Dataset).content
        table = read_table(dataset[4:], sizes.users)
        if table is None:
            raise Lost("read-rejected", f"{len(dataset)} bytes are no table of {sizes.users} users")
        return table, sizes.templates

    def _do(self, todo: Work) -> None:
        """A few at a time, so that each answer comes within its deadline. What was refused is seen later."""
        write, delete = iter(todo.write.values()), iter(todo.delete.values())
        while batch := tuple(islice(write, _AT_ONCE)):
            self._child.ask(Enrol(write=batch, within_s=self._options.read_s), Enrolled)
        while slots := tuple(islice(delete, _AT_ONCE)):
            self._child.ask(Enrol(delete=slots, within_s=self._options.read_s), Enrolled)


def _told(
    order: EnrolOrder, name: str, serial: str, table: Sequence[Entry], at: UtcTime
) -> Iterator[UserTable]:
    parts = max(1, -(-len(table) // USERS_LIMIT))
    for part in range(parts):
        users = tuple(entry.user for entry in table[part * USERS_LIMIT : (part + 1) * USERS_LIMIT])
        yield UserTable(
            order_id=order.order_id,
            reader=name,
            at=at,
            serial=serial,
            part=part + 1,
            parts=parts,
            users=users,
        )


def _outcome(order: EnrolOrder, todo: Work, after: Sequence[Entry], at: UtcTime) -> OrderOutcome:
    """What became of it, by what the terminal says when it is read back."""
    there = {entry.user.user_id: entry.raw for entry in after}
    unwritten = [user_id for user_id, raw in todo.write.items() if there.get(user_id) != raw]
    undeleted = [user_id for user_id in todo.delete if user_id in there]
    failed = [*todo.impossible, *unwritten, *undeleted]
    told: list[str] = [f"{user_id}: {why}" for user_id, why in todo.impossible.items()]
    told += [f"{user_id}: not as written when read back" for user_id in unwritten]
    told += [f"{user_id}: still there when read back" for user_id in undeleted]
    told += [f"{user_id}: kept, since the terminal holds fingerprints or faces" for user_id in todo.kept]
    outcome: Literal["done", "failed"] = "failed" if failed else "done"
    figures: dict[str, Any] = {
        "written": len(todo.write) - len(unwritten),
        "removed": len(todo.delete) - len(undeleted),
        "kept": len(todo.kept),
        "failed": len(failed),
    }
    return OrderOutcome(
        order_id=order.order_id,
        outcome=outcome,
        at=at,
        reason="users-refused" if failed else "",
        evidence="; ".join(told[:_TOLD]),
        figures=figures,
    )
