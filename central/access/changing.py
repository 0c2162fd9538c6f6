"""Owns what becomes of the users when somebody asks for a change, and which changes are refused."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from central.access.roles import User
from central.access.scope import Unit
from wire.rights import Role, UserRequest
from wire.rights import Unit as UnitAsTold


class ChangeRefused(Exception):
    """The change does not make sense or would do harm; the text says which, for the person who asked."""


def changed(users: Mapping[str, User], request: UserRequest, taken: Collection[str]) -> User:
    """The user that a request asks for. `taken` are accounts that are no person's: edges, and central itself.

    Asked for what is so already, it is the user as he is. Raises ChangeRefused.
    """
    if request.name is None:
        raise ChangeRefused(f"{request.do} needs the name of a user")
    user = _added(users, request, taken) if request.do == "add" else _altered(users, request)
    if not any(one.role == "administrator" and one.enabled for one in (*_others(users, user), user)):
        raise ChangeRefused("there would be no administrator left; make somebody else one first")
    return user


def _others(users: Mapping[str, User], user: User) -> Sequence[User]:
    return [one for name, one in users.items() if name != user.name]


def _added(users: Mapping[str, User], request: UserRequest, taken: Collection[str]) -> User:
    name = request.name or ""
    if name in taken:
        raise ChangeRefused(f"{name} is the account of an edge or of central, not of a person")
    if request.role is None:
        raise ChangeRefused("a user needs a role: administrator, hr or manager")
    wanted = User(name, request.role, _units(request.role, request.units), verifier=request.verifier)
    if (there := users.get(name)) is None:
        return wanted
    if replace(there, verifier=request.verifier) == wanted and request.verifier in (None, there.verifier):
        return there
    raise ChangeRefused(f"{name} is a user already; change him with role, scope, password, enable or disable")


def _altered(users: Mapping[str, User], request: UserRequest) -> User:
    user = users.get(request.name or "")
    if user is None:
        raise ChangeRefused(
            f"there is no user {request.name}; there are {', '.join(sorted(users)) or 'none'}"
        )
    match request.do:
        case "role" if request.role is not None:
            return replace(user, role=request.role, units=_units(request.role, request.units))
        case "role":
            raise ChangeRefused("name the role: administrator, hr or manager")
        case "scope":
            return replace(user, units=_units(user.role, request.units))
        case "password" if request.verifier is not None:
            return replace(user, verifier=request.verifier)
        case "password":
            raise ChangeRefused("the new password is missing")
        case _:
            return replace(user, enabled=request.do == "enable")


def _units(role: Role, told: Sequence[UnitAsTold]) -> frozenset[Unit]:
    if role == "manager" and not told:
        raise ChangeRefused("a manager needs at least one unit, such as --unit department=Production")
    if role != "manager" and told:
        raise ChangeRefused("units are for managers; everybody else sees the whole organisation")
    return frozenset(frozenset(unit.items()) for unit in told)
