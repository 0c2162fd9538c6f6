"""Owns what an import leaves behind: what was so before it stays so, for the time before it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from central.directory.employee import Credential, Employee, Past

DAY = timedelta(days=1)


class Backdated(ValueError):
    """The change is said to hold from a date before one that is stored already; the text names both."""


def dated(
    before: Employee | None, after: Employee, since: date, owned: Collection[tuple[str, str, str]]
) -> Employee:
    """The employee `after` a change that holds from the date `since` on.

    A badge that is taken away was held until the day before; one that anybody held before (`owned`) is held
    from that date on, and one that is new was always meant. Badges with dates of their own are as they are
    told. Raises Backdated.
    """
    credentials = frozenset(_credentials(before, after, since, owned))
    if before is None:
        return replace(after, credentials=credentials)
    past = before.past
    if past and past[-1].before > since:
        raise Backdated(
            f"a change with effect from {past[-1].before} is stored, and this one is from {since}"
        )
    if before.dimensions != after.dimensions and not (past and past[-1].before == since):
        past = (*past, Past(since, before.dimensions))
    return replace(after, credentials=credentials, past=past)


def _credentials(
    before: Employee | None, after: Employee, since: date, owned: Collection[tuple[str, str, str]]
) -> set[Credential]:
    held = before.credentials if before is not None else frozenset()
    told = {credential.badge: credential for credential in after.credentials if credential not in held}
    found = set(after.credentials & held)
    for credential in held - after.credentials:
        again = told.get(credential.badge)
        if credential.until < since:
            found.add(credential)
        elif again is not None and again.always:
            found.add(credential)
            del told[credential.badge]
        elif again is None and credential.since < since:
            found.add(replace(credential, until=since - DAY))
    for credential in told.values():
        handed_on = credential.always and credential.badge in owned
        found.add(replace(credential, since=since) if handed_on else credential)
    return found
