"""Owns what an import would change: the difference between the stored directory and a list of people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from central.directory.employee import Credential, Employee, shared
from central.directory.rows import Refusal, Row


@dataclass(frozen=True, slots=True)
class Changed:
    """An employee whose stored fields would change: name of the field, before, after."""

    employee: Employee
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What applying a list of people would do. Who is not on the list stays as they are."""

    new: tuple[Employee, ...]
    changed: tuple[Changed, ...]
    unchanged: int
    refused: tuple[Refusal, ...]

    @property
    def to_store(self) -> tuple[Employee, ...]:
        """The employees to write."""
        return (*self.new, *(change.employee for change in self.changed))


def changes(stored: Mapping[str, Employee], rows: Sequence[Row], refused: Iterable[Refusal] = ()) -> Changes:
    """Compare rows with what is stored.

    Rows that would give one badge to two people are refused, both, and then all that relied on them: who
    is right only a person can tell. `refused` are refusals known before.
    """
    accepted = {row.employee.employee_id: row for row in rows}
    told = list(refused)
    while True:
        after = dict(stored)
        after.update({who: row.over(stored.get(who)) for who, row in accepted.items()})
        wrong = _claims_of_others(after.values(), accepted)
        if not wrong:
            break
        told += wrong.values()
        for who in wrong:
            del accepted[who]
    new, changed, unchanged = [], [], 0
    for who in accepted:
        before, now = stored.get(who), after[who]
        if before is None:
            new.append(now)
        elif differing := _differing(before, now):
            changed.append(Changed(now, differing))
        else:
            unchanged += 1
    told.sort(key=lambda refusal: refusal.line)
    return Changes(tuple(new), tuple(changed), unchanged, tuple(told))


def _claims_of_others(after: Iterable[Employee], accepted: Mapping[str, Row]) -> dict[str, Refusal]:
    wrong: dict[str, Refusal] = {}
    for pair in shared(after):
        for mine, badge, theirs in (
            (pair.one, pair.of_one, pair.other),
            (pair.other, pair.of_other, pair.one),
        ):
            if (row := accepted.get(mine.employee_id)) is not None:
                where = (
                    f" in line {accepted[theirs.employee_id].line}" if theirs.employee_id in accepted else ""
                )
                reason = (
                    f"{badge} of {mine.employee_id} {mine.name} also belongs to "
                    f"{theirs.employee_id} {theirs.name}{where}"
                )
                column = "user_ids" if badge.form == "user-id" else "cards"
                wrong.setdefault(mine.employee_id, Refusal(row.line, column, reason))
    return wrong


def _differing(before: Employee, after: Employee) -> tuple[tuple[str, str, str], ...]:
    names = [one.name for one in fields(Employee) if getattr(before, one.name) != getattr(after, one.name)]
    return tuple((name, _told(getattr(before, name)), _told(getattr(after, name))) for name in names)


def _told(value: str | frozenset[Credential]) -> str:
    return value if isinstance(value, str) else ", ".join(map(str, sorted(value)))
