"""Owns which edges somebody may ask about, whose limits are units of people."""

import difflib

from central.access.scope import Scope
from central.requests.asking import Refusal
from central.workdays.interpretation import Sites


def edges_within(sites: Sites, scope: Scope, branch: str | None, why: str) -> set[str] | None:
    """The edges that are asked for and may be seen, None for all. Raises Refusal.

    A reader knows no limits, so a manager sees it if his hold a whole branch; `why` says so to one without.
    """
    own: set[str] | None = None
    if scope.units is not None:
        names = [value for unit in scope.units if len(unit) == 1 for key, value in unit if key == "branch"]
        own = {edge for name in names for edge in sites.branches.get(name.lower(), ())}
        if not own:
            raise Refusal(f"no branch is within your limits as a whole, and {why}")
    if branch is None:
        return own
    found = sites.branches.get(branch.lower())
    if found is None or (own is not None and not own.intersection(found)):
        seen = [name for name, edges in sites.branches.items() if own is None or own.intersection(edges)]
        near = difflib.get_close_matches(branch.lower(), seen, 3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise Refusal(f"there is no branch {branch!r}{hint}")
    return set(found) if own is None else own.intersection(found)
