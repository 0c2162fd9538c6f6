"""Carries out orders for the users of a terminal: read, written, deleted, and read back."""

from collections.abc import Sequence
from itertools import islice

from edge.errors import Lost
from edge.readers.rolls import outcome, table
from edge.readers.zkteco.child import Child
from edge.readers.zkteco.options import TerminalOptions
from edge.readers.zkteco.talk import Dataset, Enrol, Enrolled, ReadSizes, ReadUsers, Sizes
from edge.readers.zkteco.users import Entry, Work, read_table, work
from wire.facts import Fact
from wire.order import EnrolOrder
from wire.punch import UtcTime

_AT_ONCE = 20
_DEFAULT_SIZE = 72


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
        users = [entry.user for entry in after]
        return [*table(order, self._name, serial, users, at), _outcome(order, todo, after, at)]

    def _read(self) -> tuple[list[Entry], int]:
        """The table, and how many fingerprints and faces there are."""
        sizes = self._child.ask(ReadSizes(within_s=self._options.answer_s), Sizes)
        if sizes.users == 0:
            return [], sizes.templates
        dataset = self._child.ask(ReadUsers(within_s=self._options.read_s), Dataset).content
        entries = read_table(dataset[4:], sizes.users)
        if entries is None:
            raise Lost("read-rejected", f"{len(dataset)} bytes are no table of {sizes.users} users")
        return entries, sizes.templates

    def _do(self, todo: Work) -> None:
        """A few at a time, so that each answer comes within its deadline. What was refused is seen later."""
        write, delete = iter(todo.write.values()), iter(todo.delete.values())
        while batch := tuple(islice(write, _AT_ONCE)):
            self._child.ask(Enrol(write=batch, within_s=self._options.read_s), Enrolled)
        while slots := tuple(islice(delete, _AT_ONCE)):
            self._child.ask(Enrol(delete=slots, within_s=self._options.read_s), Enrolled)


def _outcome(order: EnrolOrder, todo: Work, after: Sequence[Entry], at: UtcTime) -> Fact:
    """What became of it, by what the terminal says when it is read back."""
    there = {entry.user.user_id: entry.raw for entry in after}
    unwritten = [user_id for user_id, raw in todo.write.items() if there.get(user_id) != raw]
    undeleted = [user_id for user_id in todo.delete if user_id in there]
    failed = dict(todo.impossible)
    failed |= dict.fromkeys(unwritten, "not as written when read back")
    failed |= dict.fromkeys(undeleted, "still there when read back")
    return outcome(
        order,
        at,
        written=len(todo.write) - len(unwritten),
        removed=len(todo.delete) - len(undeleted),
        kept=todo.kept,
        failed=failed,
    )
