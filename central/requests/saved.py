"""Owns the filters that users saved: listed, kept, forgotten, and put in the place of their names."""

from dataclasses import replace

import msgspec
from sqlalchemy import Connection

from central.access.scope import Sight
from central.directory.directory import Directory
from central.ledger import filters
from central.ledger.database import Ledger
from central.requests.asking import Asking, Refusal
from central.requests.sharing import narrowed
from wire.codec import MESSAGE_LIMIT, encode
from wire.people import FiltersRequest, OrgFilter, SavedFilter, SavedFilters

_ROOM = MESSAGE_LIMIT - 4096
_MOST = 100


def with_saved(ledger: Ledger, asked: Asking, sight: Sight) -> Asking:
    """The request with the filter that it names in the place of the name. Raises Refusal and LedgerError.

    A user's own filter comes before one that all share; of a shared one counts what he may see.
    """
    people = getattr(asked.request, "people", None)
    if not isinstance(people, OrgFilter) or people.saved is None:
        return asked
    with ledger.read() as connection:
        own = filters.of_user(connection, asked.user)
        kept = _shared(connection, sight.directory, whole=sight.whole) | own
    if people.saved not in kept:
        raise Refusal(
            f"no filter is saved as {people.saved!r}; there are {', '.join(sorted(kept)) or 'none'}"
        )
    whole = over(kept[people.saved], people)
    return replace(asked, request=msgspec.structs.replace(asked.request, people=whole))


def over(saved: OrgFilter, given: OrgFilter) -> OrgFilter:
    """A saved filter with what is given beside its name, each part in the place of the saved one."""
    parts = {name: part for name in OrgFilter.__struct_fields__ if (part := getattr(given, name))}
    return msgspec.structs.replace(saved, **parts | {"saved": None})


def saved_filters(
    connection: Connection, user: str, directory: Directory, request: FiltersRequest, *, whole: bool
) -> SavedFilters:
    """Do what a user asks with filters, and tell his own and the shared ones. Raises Refusal.

    `directory` has the people whom the user may see; only who sees the `whole` may change what all share.
    """
    if request.shared and request.do != "list" and not whole:
        raise Refusal("filters that all share are for administrators and HR to change; save your own")
    owner = filters.ALL if request.shared else user
    match request.do, request.name:
        case "list", _:
            pass
        case do, None:
            raise Refusal(f"{do} needs the name of a filter")
        case "save", name:
            if filters.count(connection, owner) >= _MOST:
                raise Refusal(f"{_MOST} filters are saved; delete some first")
            filters.save(connection, owner, name, request.people or OrgFilter())
        case "delete", name:
            if not filters.forget(connection, owner, name):
                there = ", ".join(filters.of_user(connection, owner)) or "none"
                raise Refusal(f"there is no filter {name!r}; there are {there}")
    own = filters.of_user(connection, user)
    shared = _shared(connection, directory, whole=whole)
    kept = [SavedFilter(name=name, people=it) for name, it in own.items()]
    kept += [SavedFilter(name=name, people=it, shared=True) for name, it in shared.items()]
    told = SavedFilters(filters=tuple(sorted(kept, key=lambda one: (one.name, one.shared))))
    if len(encode(told)) > _ROOM:
        raise Refusal("the saved filters are too large together; name fewer people in them")
    return told


def _shared(connection: Connection, directory: Directory, *, whole: bool) -> dict[str, OrgFilter]:
    """The filters that all share, as far as they are about people of a directory."""
    found = filters.of_user(connection, filters.ALL)
    if whole:
        return found
    return {name: cut for name, it in found.items() if (cut := narrowed(it, directory)) is not None}
