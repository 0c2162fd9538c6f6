"""Owns the users of the centre: a change is decided, stored, audited, and carried to the broker."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

import msgspec

from central.access.changing import ChangeRefused, changed
from central.access.roles import User
from central.access.scope import within
from central.accounts import Accounts, AccountsError
from central.config import Config
from central.directory.directory import Directory
from central.ledger import audit
from central.ledger import users as stored
from central.ledger.database import Ledger
from central.ledger.people import People
from ground.journal import Journal
from wire.rights import Unit, UserAnswer, UserEntry, UserRequest

BY_HAND = (
    "central keeps no accounts of the broker (central.toml has no [accounts]): "
    "his account is made and taken away with mosquitto_passwd"
)

journal = Journal("users")


class Users:
    """Who may do what. `edges` are the accounts that are configured for edges, and central's own.

    Without `accounts` the broker's files are somebody else's care.
    """

    def __init__(
        self, ledger: Ledger, people: People, accounts: Accounts | None = None, edges: Collection[str] = ()
    ) -> None:
        self._ledger = ledger
        self._people = people
        self._accounts = accounts
        self._edges = frozenset(edges)
        self._behind = False

    def find(self, name: str) -> User | None:
        """The user of this name, enabled or not."""
        with self._ledger.read() as connection:
            return stored.find(connection, name)

    def serve(self, actor: str, request: UserRequest, now: datetime) -> UserAnswer:
        """List or change users. Raises ChangeRefused and LedgerError."""
        if request.do == "list":
            return UserAnswer(users=self._listed(None))
        for unit in request.units:
            _check(unit, self._people.directory())
        request = self._with_its_password(request)
        self._change(actor, request, now)
        note = self.write_accounts()
        return UserAnswer(
            users=self._listed(request.name), password_set=request.verifier is not None, note=note
        )

    def _with_its_password(self, request: UserRequest) -> UserRequest:
        """The request with the password that is to count: an account that somebody made keeps its own."""
        if self._accounts is None:
            if request.do == "password":
                raise ChangeRefused(BY_HAND)
            return msgspec.structs.replace(request, verifier=None)
        if request.do == "add":
            user = self.find(request.name or "")
            try:
                made_before = user is None and request.name in self._accounts.verifiers()
            except AccountsError as error:
                raise ChangeRefused(str(error)) from None
            if made_before:
                return msgspec.structs.replace(request, verifier=None)
        return request

    def _change(self, actor: str, request: UserRequest, now: datetime) -> None:
        with self._ledger.write() as connection:
            known = {name: one.user for name, one in stored.load(connection).items()}
            user = changed(known, request, self._edges | stored.edges(connection))
            if user == known.get(user.name):
                return
            stored.save(connection, user, now)
            detail = {
                "request": request.request_id,
                "do": request.do,
                "outcome": "done",
                "before": _told(known.get(user.name)),
                "after": _told(user),
                "new_password": request.verifier is not None,
            }
            audit.record(connection, now, actor, "user", user.name, detail)
        journal.info("user_changed", user=user.name, by=actor, change=request.do, role=user.role)

    def write_accounts(self) -> str:
        """Carry the users to the broker; returns what a person has to do yet, "" for nothing.

        Whatever else happened to the broker's files, they are right again afterwards. Raises LedgerError.
        """
        if self._accounts is None:
            return BY_HAND
        try:
            note = self._accounts.write(self._adopted(self._accounts.verifiers()))
        except AccountsError as error:
            if not self._behind:
                journal.warning("accounts_unwritten", reason=error)
            self._behind = True
            return f"{error}; central tries again by itself"
        self._behind = False
        return note

    def _adopted(self, there: Mapping[str, str]) -> list[User]:
        """Everybody; accounts made by hand are central's from now on, to be taken away and given back."""
        everybody = self._everybody()
        if not any(user.verifier is None and user.name in there for user in everybody):
            return everybody
        with self._ledger.write() as connection:
            for name, one in stored.load(connection).items():
                if one.user.verifier is None and name in there:
                    stored.save(connection, replace(one.user, verifier=there[name]), one.changed_at)
        return self._everybody()

    def _everybody(self) -> list[User]:
        with self._ledger.read() as connection:
            return [one.user for one in stored.load(connection).values()]

    def _listed(self, name: str | None) -> tuple[UserEntry, ...]:
        directory = self._people.directory()
        with self._ledger.read() as connection:
            found = stored.load(connection)
            asked = stored.last_asked(connection)
        return tuple(
            UserEntry(
                name=one.user.name,
                role=one.user.role,
                enabled=one.user.enabled,
                people=sum(within(one.user.scope, each) for each in directory.employees.values()),
                account="by hand" if one.user.verifier is None else "kept",
                changed_at=one.changed_at,
                units=_units(one.user),
                last_asked=asked.get(one.user.name),
            )
            for one in found.values()
            if name in (None, one.user.name)
        )


def users_of(config: Config, ledger: Ledger, people: People) -> Users:
    """The users of a configured centre."""
    accounts = None if config.accounts is None else Accounts(config.accounts, config.broker.prefix)
    return Users(ledger, people, accounts, {*config.edges, config.broker.user or "central"})


def _units(user: User) -> tuple[Unit, ...]:
    return msgspec.convert(sorted((dict(sorted(unit)) for unit in user.units), key=str), tuple[Unit, ...])


def _told(user: User | None) -> dict[str, Any] | None:
    """A user for the audit; never with his verifier."""
    if user is None:
        return None
    return {"role": user.role, "units": _units(user), "enabled": user.enabled}


def _check(unit: Unit, directory: Directory) -> None:
    """Refuse a part of the organisation in which nobody is, with near matches where there are any."""
    for dimension, value in unit.items():
        there = {getattr(employee, dimension) for employee in directory.employees.values()}
        if value not in there:
            near = get_close_matches(value, there, 3)
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise ChangeRefused(f"nobody has the {dimension.replace('_', ' ')} {value!r}{hint}")
