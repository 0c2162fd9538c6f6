"""Owns the filters that users saved: listed, kept, forgotten, and put in the place of their names."""

from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from central.ledger import filters
from central.ledger.database import Ledger
from central.requests.asking import Asking, Refusal
from wire.codec import MESSAGE_LIMIT, encode
from wire.people import FiltersRequest, OrgFilter, SavedFilter, SavedFilters

_ROOM = MESSAGE_LIMIT - 4096
_MOST = 100


def with_saved(ledger: Ledger, asked: Asking) -> Asking:
    """The request with the filter that it names in the place of the name. Raises Refusal and LedgerError."""
    people = getattr(asked.request, "people", None)
    if not isinstance(people, OrgFilter) or people.saved is None:
        return asked
    with ledger.read() as connection:
        kept = filters.of_user(connection, asked.user)
    if people.saved not in kept:
        raise Refusal(f"no filter is saved as {people.saved!r}; there are {', '.join(kept) or 'none'}")
    whole = over(kept[people.saved], people)
    return replace(asked, request=msgspec.structs.replace(asked.request, people=whole))


def over(saved: OrgFilter, given: OrgFilter) -> OrgFilter:
    """A saved filter with what is given beside its name, each part in the place of the saved one."""
    parts = {name: part for name in OrgFilter.__struct_fields__ if (part := getattr(given, name))}
    return msgspec.structs.replace(saved, **parts | {"saved": None})


def saved_filters(connection: Connection, user: str, request: FiltersRequest) -> SavedFilters:
    """Do what a user asks with the filters of his own, and tell them. Raises Refusal."""
    match request.do, request.name:
        case "list", _:
            pass
        case do, None:
            raise Refusal(f"{do} needs the name of a filter")
        case "save", name:
            if filters.count(connection, user) >= _MOST:
                raise Refusal(f"{_MOST} filters are saved; delete some first")
            filters.save(connection, user, name, request.people or OrgFilter())
        case "delete", name:
            if not filters.forget(connection, user, name):
                there = ", ".join(filters.of_user(connection, user)) or "none"
                raise Refusal(f"there is no filter {name!r}; there are {there}")
    kept = filters.of_user(connection, user)
    told = SavedFilters(filters=tuple(SavedFilter(name=name, people=it) for name, it in kept.items()))
    if len(encode(told)) > _ROOM:
        raise Refusal("the saved filters are too large together; name fewer people in them")
    return told
