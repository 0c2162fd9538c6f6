"""Owns the answers about people: pages of employees, facets, exports, and the filters saved by each user."""

import msgspec

from central.directory.columns import FIELDS
from central.directory.directory import Directory
from central.directory.facets import Facet, facets
from central.directory.paging import NoSuchPlace, Order, cursor, page
from central.directory.tree import tree
from central.ledger.database import Ledger
from central.ledger.staff import Staff
from central.requests.asking import Refusal
from central.requests.choosing import Choosing, Chosen, Units, echo, introduced
from central.requests.exporting import exported
from central.requests.lists import known
from central.requests.past import person
from central.requests.saved import saved_filters
from central.zones import Zones
from wire.codec import MESSAGE_LIMIT, encode
from wire.listing import ExportRequest
from wire.people import (
    Count,
    EmployeeRow,
    EmployeesPage,
    EmployeesRequest,
    FacetCounts,
    Facets,
    FacetsRequest,
    FiltersRequest,
    SavedFilters,
    Tree,
    TreeRequest,
    UnitCount,
)
from wire.person import PersonAnswer, PersonRequest
from wire.reporting import ReportPage

_ROOM = MESSAGE_LIMIT - 4096

StaffRequest = EmployeesRequest | PersonRequest | FacetsRequest | TreeRequest | FiltersRequest | ExportRequest
StaffAnswer = EmployeesPage | PersonAnswer | Facets | Tree | SavedFilters | ReportPage


class StaffDesk:
    """Answers about people. Not for more than one thread."""

    def __init__(self, ledger: Ledger, staff: Staff, zones: Zones) -> None:
        self._ledger = ledger
        self._choosing = Choosing(staff)
        self._zones = zones

    def answer(
        self, user: str, directory: Directory, units: Units | None, request: StaffRequest
    ) -> StaffAnswer:
        """What a user is answered who may see the people of some units, or of all. Raises Refusal.

        `directory` knows the badges of those people alone.
        """
        match request:
            case EmployeesRequest():
                return self._employees(request, self._chosen(request, directory, units))
            case PersonRequest():
                return person(known(directory, request.employee), request)
            case FacetsRequest():
                return self._facets(request, self._chosen(request, directory, units))
            case TreeRequest():
                return _tree(request, self._chosen(request, directory, units))
            case FiltersRequest():
                with self._ledger.write() as connection:
                    whole = units is None
                    return saved_filters(connection, user, directory, request, whole=whole)
            case ExportRequest():
                chosen = self._choosing.choose_through(request.people, units, directory, request.span)
                with self._ledger.read() as connection:
                    page = exported(connection, self._zones, directory, chosen, request)
                return introduced(page, request, chosen)

    def _chosen(
        self,
        request: EmployeesRequest | FacetsRequest | TreeRequest,
        directory: Directory,
        units: Units | None,
    ) -> Chosen:
        if request.on is None:
            return self._choosing.choose(request.people, units)
        return self._choosing.choose_on(request.people, units, directory, request.on)

    def _employees(self, request: EmployeesRequest, chosen: Chosen) -> EmployeesPage:
        order = Order(request.sort, request.descending)
        try:
            found = page(chosen.columns, chosen.mask, order, request.limit, request.after)
        except NoSuchPlace as error:
            raise Refusal(str(error)) from None
        rows = [
            EmployeeRow(**dict(zip(FIELDS, chosen.columns.texts(row), strict=True))) for row in found.rows
        ]
        told = EmployeesPage(
            people=echo(request.people),
            selected=chosen.selected,
            visible=chosen.visible,
            employees=tuple(rows),
            after=found.after,
        )
        while len(encode(told)) > _ROOM and len(told.employees) > 1:
            half = len(told.employees) // 2
            after = cursor(chosen.columns, order, found.rows[half - 1])
            told = msgspec.structs.replace(told, employees=told.employees[:half], after=after)
        return told

    def _facets(self, request: FacetsRequest, chosen: Chosen) -> Facets:
        counted = facets(chosen.columns, request.people, chosen.scope)
        limit = request.limit
        while True:
            told = Facets(
                people=echo(request.people),
                selected=chosen.selected,
                visible=chosen.visible,
                facets=tuple(_cut(facet, limit) for facet in counted),
            )
            if len(encode(told)) <= _ROOM or limit == 0:
                return told
            limit //= 2


def _tree(request: TreeRequest, chosen: Chosen) -> Tree:
    depth = request.depth
    while True:
        units = tree(chosen.columns, chosen.mask, depth)
        told = Tree(
            people=echo(request.people),
            selected=chosen.selected,
            visible=chosen.visible,
            depth=depth,
            units=tuple(
                UnitCount(level=len(one.path), value=one.path[-1], people=one.people) for one in units
            ),
        )
        if depth == 1 or len(encode(told)) <= _ROOM:
            return told
        depth -= 1


def _cut(facet: Facet, limit: int) -> FacetCounts:
    kept = [
        Count(value=value, people=people, chosen=value in facet.chosen)
        for place, (value, people) in enumerate(facet.values)
        if place < limit or value in facet.chosen
    ]
    return FacetCounts(dimension=facet.dimension, values=tuple(kept), more=len(facet.values) - len(kept))
