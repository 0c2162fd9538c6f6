"""The reading of a table of custom shifts: one employee a row, mistakes with their line."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from central.rules.explain.form import Refused, told
from central.schedule.reading import Draft, Known, among, first_day
from central.schedule.sheet import about_header, heads
from central.schedule.version import Item

REQUIRED = ("employee_id", "shift")
COLUMNS = (*REQUIRED, "effective_from")


def is_custom(header: Sequence[str]) -> bool:
    """Whether a table with this header tells of custom shifts."""
    return any(column in heads(header) for column in REQUIRED)


def read_custom_sheet(lines: Iterable[tuple[int, Sequence[str]]], since: date | None, known: Known) -> Draft:
    """Read numbered lines of cells, the header first: `employee_id`, `shift`, perhaps `effective_from`.

    An empty shift gives the decision back to the units. A row is in force from `since` on, or, without it,
    from its own date.
    """
    rows = iter(lines)
    names = heads(next(rows, (1, ()))[1])
    mistakes = about_header(names, REQUIRED, COLUMNS)
    if since is None and "effective_from" not in names and not mistakes:
        mistakes.append(
            "line 1: nothing says from when; add the column effective_from, or ask with --from DATE"
        )
    if mistakes:
        return Draft((), {}, tuple(mistakes))
    found: dict[str, tuple[date, Item]] = {}
    for number, cells in rows:
        if any(cell.strip() for cell in cells):
            given = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
            told_here: list[str] = []
            if len(cells) > len(names):
                told_here.append(f"has {len(cells)} cells, the header has {len(names)} columns")
            _read(given, since, known, found, told_here)
            mistakes += (f"line {number}, {mistake}" for mistake in told_here)
    return Draft(() if mistakes else tuple(found.values()), {}, tuple(mistakes))


def _read(
    given: Mapping[str, str],
    since: date | None,
    known: Known,
    found: dict[str, tuple[date, Item]],
    mistakes: list[str],
) -> None:
    who, shift = given.get("employee_id", ""), given.get("shift", "")
    begins = since
    try:
        among("employees", who, known.employees)
    except Refused as mistake:
        mistakes.append(f"employee_id: {told(who)} is not {mistake}")
    try:
        if shift:
            among("shifts", shift, known.shifts)
    except Refused as mistake:
        mistakes.append(f"shift: {told(shift)} is not {mistake}")
    try:
        begins = since or first_day(given.get("effective_from", ""))
    except Refused as mistake:
        mistakes.append(f"effective_from: {told(given.get('effective_from', ''))} is not {mistake}")
    if who in found:
        mistakes.append(f"{who} stands in the table already")
    if begins is not None:
        found.setdefault(who, (begins, Item("custom", who, {"shift": shift or None})))
