"""Owns the adoption of central.toml: what it says otherwise of rules and readers is computed again."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from central.ledger import audit, people, settings
from central.ledger.database import Ledger
from central.ledger.workdays import coverage, marks, waiting
from central.rules.plan import Options
from central.schedule.notation import flat
from central.workdays.interpretation import Sites
from ground.journal import Journal

Basis = Mapping[str, Mapping[str, Any]]

journal = Journal("days")


def adopt(ledger: Ledger, options: Options, sites: Sites, now: datetime) -> None:
    """Mark the workdays whose results rest on another configuration than this one, and note this one.

    Options of the rules and the organization's zone touch everybody, the zone of an edge and the roles of its
    readers those who ever punched there, the edges of a branch its people.
    """
    basis = basis_of(options, sites)
    with ledger.write() as connection:
        before = settings.configuration(connection)
        if before == basis:
            return
        covered = coverage.everybody(connection)
        touched = sorted(covered.keys() & _touched(connection, before, basis, covered.keys()))
        settings.add_configuration(connection, basis, now.date(), now)
        marks.mark_whole(connection, touched)
        changed = _changed(before or {}, basis)
        days = sum(covered[one][1] - covered[one][0] + 1 for one in touched)
        if before is None and not touched:
            return
        detail = {"changed": changed, "people": len(touched), "days": days}
        audit.record(connection, now, "punchwire-central", "configuration", "central.toml", detail)
    told = ", ".join(f"{place}: {old} -> {new}" for place, (old, new) in changed.items())
    journal.info("configuration_changed", changed=told, people=len(touched), days=days)


def basis_of(options: Options, sites: Sites) -> Basis:
    """What results rest on beside punches, people and shifts: plain data, equal for equal configurations."""
    organization = str(sites.zones.organization)
    edges: dict[str, dict[str, Any]] = {
        edge: {"timezone": str(zone)}
        for edge, zone in sites.zones.branches.items()
        if str(zone) != organization
    }
    for (edge, reader), role in sites.roles.items():
        edges.setdefault(edge, {}).setdefault("roles", {})[reader] = role
    branches = {name: sorted(theirs) for name, theirs in sites.branches.items()}
    return {"rules": asdict(options), "edges": edges, "branches": branches}


def _touched(
    connection: Connection, before: Basis | None, after: Basis, everybody: Collection[str]
) -> set[str]:
    if before is None or before["rules"] != after["rules"]:
        return set(everybody)
    found = waiting.users_of(connection, _differing(before["edges"], after["edges"]))
    branches = _differing(before["branches"], after["branches"])
    if branches:
        found |= {one.employee_id for one in people.load(connection) if one.branch.lower() in branches}
    return found


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def _changed(before: Mapping[str, Any], after: Basis) -> dict[str, tuple[str | None, str | None]]:
    """The places that differ, with their values before and after."""
    old, new = flat(before), flat(after)
    return {place: (old.get(place), new.get(place)) for place in sorted(_differing(old, new))}
