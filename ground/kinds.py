"""Owns kinds of parts: offered by packages as entry points, loaded if configured, read from sections."""

import importlib
from dataclasses import dataclass
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from ground.installed import offered
from ground.settings import build, near


class KindMissing(LookupError):
    """No installed package offers this kind; the text says what to do."""


class PackageMissing(KindMissing):
    """The kind is offered, and needs a package that is not installed; the text says which."""


class Part(Protocol):
    """What every kind has: the keys of its sections beside those of the head."""

    Options: ClassVar[type[msgspec.Struct]]


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The keys that all kinds of one sort have in their sections; `name` is unique among them."""

    name: str
    kind: str


P = TypeVar("P", bound=Part)
H = TypeVar("H", bound=Head)


@dataclass(frozen=True, slots=True)
class Section(Generic[H, P]):
    """One section without mistakes. `place` is where it stands, as in `reader[2]`."""

    place: str
    head: H
    kind: type[P]
    options: msgspec.Struct


@dataclass(frozen=True, slots=True)
class Kinds(Generic[P]):
    """All kinds of one sort of part, from an entry point `group`.

    `sort` is what people call such a part, `section` what its sections in the file are called, and
    `remedy` what a person does about a missing package, with `{kind}` in it.
    """

    group: str
    sort: str
    section: str
    remedy: str = ""

    def offered(self) -> dict[str, str]:
        """Every installed kind: where its class is, by its name."""
        return offered(self.group)

    def load(self, kind: str) -> type[P]:
        """The class of a kind. Raises KindMissing with the near matches, or PackageMissing."""
        known = self.offered()
        if kind not in known:
            hint = near(kind, known) or f"; installed: {', '.join(sorted(known))}"
            raise KindMissing(f'no kind of {self.sort} "{kind}"{hint}')
        module, _, name = known[kind].partition(":")
        try:
            loaded: type[P] = getattr(importlib.import_module(module), name)
        except ImportError as error:
            lacks = f'the kind of {self.sort} "{kind}" needs a package that is not installed'
            remedy = self.remedy.format(kind=kind)
            raise PackageMissing(f"{lacks} ({error.name or error}){remedy}") from error
        return loaded

    def read(self, rows: object, head: type[H], mistakes: list[str]) -> list[Section[H, P]]:
        """The sections of a file that hold together; a line in `mistakes` for whatever does not."""
        if not isinstance(rows, list):
            mistakes.append(f"{self.section}: write each {self.sort} as a [[{self.section}]] section")
            return []
        found: list[Section[H, P]] = []
        for at, row in enumerate(rows, 1):
            one = self._section(row, f"{self.section}[{at}]", head, mistakes)
            if one is None:
                continue
            if any(other.head.name == one.head.name for other in found):
                mistakes.append(f'{one.place}.name: "{one.head.name}" is the name of another {self.sort}')
            found.append(one)
        return found

    def _section(self, row: object, place: str, head: type[H], mistakes: list[str]) -> Section[H, P] | None:
        if not isinstance(row, dict):
            mistakes.append(f"{place}: expected a table")
            return None
        own = {key: row[key] for key in head.__struct_fields__ if key in row}
        top = build(head, own, place, mistakes)
        if not isinstance(row.get("kind"), str):
            return None
        try:
            kind = self.load(row["kind"])
        except KindMissing as error:
            mistakes.append(f"{place}.kind: {error}")
            return None
        rest = {key: value for key, value in row.items() if key not in own}
        options = build(kind.Options, rest, place, mistakes)
        return None if top is None or options is None else Section(place, top, kind, options)
