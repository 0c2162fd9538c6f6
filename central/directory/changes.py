"""Owns what an import would change: the difference between the stored directory and a list of people."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from difflib import get_close_matches

from central.directory.employee import DIMENSIONS, Credential, Employee, shared
from central.directory.history import Backdated, dated
from central.directory.rows import Refusal, Row

_NEAR = 0.8
_LOOKED_UP = 100
"""Of so many new values of a dimension it is looked up what else may be meant."""


@dataclass(frozen=True, slots=True)
class Changed:
    """An employee whose stored fields would change: name of the field, before, after."""

    employee: Employee
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value of a dimension that nobody had so far, how many would have it, and one that may be meant."""

    dimension: str
    value: str
    people: int
    near: str | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What applying a list of people would do. Who is not on the list stays as they are.

    `values` are those that nobody had so far; with the first list they are none.
    """

    new: tuple[Employee, ...]
    changed: tuple[Changed, ...]
    unchanged: int
    refused: tuple[Refusal, ...]
    values: tuple[NewValue, ...] = ()

    @property
    def to_store(self) -> tuple[Employee, ...]:
        """The employees to write."""
        return (*self.new, *(change.employee for change in self.changed))


def changes(
    stored: Mapping[str, Employee],
    rows: Sequence[Row],
    refused: Iterable[Refusal] = (),
    since: date | None = None,
) -> Changes:
    """Compare rows with what is stored.

    What they change holds from the date `since` on; without it they tell how it always was.

    Rows that would give one badge to two people are refused, both, and then all that relied on them: who
    is right only a person can tell. `refused` are refusals known before.
    """
    told = list(refused)
    accepted = {row.employee.employee_id: row for row in rows}
    merged = _merged(stored, accepted, since, told)
    while True:
        after = {**stored, **{who: merged[who] for who in accepted}}
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
    values = tuple(_new_values(stored.values(), [*new, *(one.employee for one in changed)]))
    return Changes(tuple(new), tuple(changed), unchanged, tuple(told), values)


def _new_values(stored: Collection[Employee], coming: Sequence[Employee]) -> Iterator[NewValue]:
    if not stored:
        return
    for name in DIMENSIONS:
        there = {getattr(one, name) for one in stored}
        counts = Counter(value for one in coming if (value := getattr(one, name)) and value not in there)
        alike = {one.casefold(): one for one in there if one}
        for place, (value, people) in enumerate(sorted(counts.items())):
            near = get_close_matches(value.casefold(), alike, 1, _NEAR) if place < _LOOKED_UP else []
            yield NewValue(name, value, people, alike[near[0]] if near else None)


def _merged(
    stored: Mapping[str, Employee], accepted: dict[str, Row], since: date | None, told: list[Refusal]
) -> dict[str, Employee]:
    """The employees as of the rows; a row whose change cannot be dated is told and no longer accepted."""
    owned = {badge.badge for employee in stored.values() for badge in employee.credentials}
    merged: dict[str, Employee] = {}
    for who, row in list(accepted.items()):
        before = stored.get(who)
        try:
            after = row.over(before)
            merged[who] = after if since is None else dated(before, after, since, owned)
        except Backdated as error:
            told.append(Refusal(row.line, "", str(error)))
            del accepted[who]
    return merged


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
                    f"{Credential(*badge.badge)} of {mine.employee_id} {mine.name} also belongs to "
                    f"{theirs.employee_id} {theirs.name}{where}"
                )
                column = "user_ids" if badge.form == "user-id" else "cards"
                wrong.setdefault(mine.employee_id, Refusal(row.line, column, reason))
    return wrong


def _differing(before: Employee, after: Employee) -> tuple[tuple[str, str, str], ...]:
    names = [
        one.name
        for one in fields(Employee)
        if one.name != "past" and getattr(before, one.name) != getattr(after, one.name)
    ]
    return tuple((name, _told(getattr(before, name)), _told(getattr(after, name))) for name in names)


def _told(value: str | date | frozenset[Credential] | None) -> str:
    if isinstance(value, frozenset):
        return ", ".join(map(str, sorted(value)))
    return "" if value is None else str(value)
