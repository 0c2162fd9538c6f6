"""Owns how a request for a resync becomes a job: for whom, in which pieces, and which readers are asked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from central.directory.directory import Directory
from central.ledger.resyncs.jobs import Asked, Groups, Job
from central.requests.asking import Refusal
from central.requests.choosing import Chosen
from central.requests.lists import all_badges
from central.resync.course import Part
from wire.people import OrgFilter
from wire.resync import Place, ResyncRequest

PIECE_PEOPLE = 1000
"""People in one order at the most; a piece that is done shows as progress."""
PIECE_BYTES = 48 * 1024
"""Of the badges in one order: half of a message is for what the ledger holds."""
NOBODY_KNOWS = -1
"""The piece of those of whom no reader knows a badge."""
_LONGEST_DAYS = 3700


@dataclass(frozen=True, slots=True)
class Plan:
    """A job as it will be stored, and its people by piece.

    Where everybody is asked for only those are named of whom no badge is known: the others come to light.
    """

    job: Job
    pieces: Mapping[int, Sequence[str]]


def plan(
    actor: str,
    request: ResyncRequest,
    chosen: Chosen,
    directory: Directory,
    readers: Mapping[str, Sequence[str]],
    now: datetime,
    *,
    whole: bool,
) -> Plan:
    """Make a job of a request. `whole` says that the actor sees everybody, and what is nobody's.

    Where he asks for everybody, strangers' badges are asked for, too; else he is told of those that were met.
    Raises Refusal where nothing could come of it.
    """
    _check(request)
    everybody = whole and request.people == OrgFilter()
    people = list(chosen.ids(len(chosen.columns)))
    if not people:
        raise Refusal("the filter selects nobody")
    pieces: dict[int, list[str]] = {0: people}
    groups: Groups = ()
    asked: list[Asked] = []
    if request.mode != "recompute":
        there = _there(readers, request.readers)
        if everybody:
            pieces = {NOBODY_KNOWS: [one for one in people if not directory.badges(one)]}
            groups = ((0, tuple(there), len(people) - len(pieces[NOBODY_KNOWS])),)
            asked = list(_parts(actor, request.request_id, 0, there, there))
        else:
            pieces, groups, asked = _by_badges(actor, request, people, directory, there)
    job = Job(
        0,
        actor,
        request,
        everybody=everybody and request.mode != "recompute",
        people=len(people),
        visible=chosen.visible,
        groups=groups,
        began_at=now,
        expires_at=now + timedelta(seconds=request.expires_in_s),
        asked=tuple(asked),
        strangers=whole,
    )
    return Plan(job, pieces)


def _check(request: ResyncRequest) -> None:
    if (request.span.last - request.span.first).days >= _LONGEST_DAYS:
        raise Refusal(f"a resync covers {_LONGEST_DAYS} days at the most")
    if not (request.dry_run or request.reason.strip()):
        raise Refusal("a resync that changes anything needs a reason; a dry run needs none")


def _there(readers: Mapping[str, Sequence[str]], wanted: Sequence[Place]) -> dict[str, list[str]]:
    """The readers to be asked, by edge."""
    there = {
        edge: theirs
        for edge, names in sorted(readers.items())
        if (theirs := [name for name in names if not wanted or {name, f"{edge}/{name}"} & set(wanted)])
    }
    unknown = [
        place
        for place in wanted
        if not any(place in (name, f"{edge}/{name}") for edge, names in there.items() for name in names)
    ]
    if unknown:
        raise Refusal(f"no edge has the reader {', '.join(unknown)}")
    if not there:
        raise Refusal("no edge with a reader is known yet")
    return there


def _by_badges(
    actor: str,
    request: ResyncRequest,
    people: Sequence[str],
    directory: Directory,
    there: Mapping[str, Sequence[str]],
) -> tuple[dict[int, list[str]], Groups, list[Asked]]:
    """Pieces of people, each asked for at the edges that know any of them."""
    unmatched: list[str] = []
    pieces = {NOBODY_KNOWS: unmatched}
    groups: list[tuple[int, tuple[str, ...], int]] = []
    asked: list[Asked] = []
    for number, piece in enumerate(_pieces(people, directory, there, unmatched)):
        counts: dict[tuple[str, ...], int] = {}
        for edges in piece.values():
            counts[edges] = counts.get(edges, 0) + 1
        pieces[number] = list(piece)
        groups += [(number, edges, count) for edges, count in sorted(counts.items())]
        known = {edge for edges in counts for edge in edges}
        asked += _parts(actor, request.request_id, number, there, sorted(known), len(asked))
    if not asked:
        raise Refusal(f"none of them has a badge that an edge knows: {', '.join(unmatched[:20])}")
    return pieces, tuple(groups), asked


def _pieces(
    people: Sequence[str], directory: Directory, there: Mapping[str, Sequence[str]], unmatched: list[str]
) -> Iterator[dict[str, tuple[str, ...]]]:
    """People with the edges that know them, as many as one order can name. The others are `unmatched`."""
    piece: dict[str, tuple[str, ...]] = {}
    size = dict.fromkeys(there, 0)
    for one in people:
        badges = {edge: theirs for edge in there if (theirs := all_badges(directory, one, edge))}
        if not badges:
            unmatched.append(one)
            continue
        more = {edge: sum(len(badge.encode()) + 3 for badge in theirs) for edge, theirs in badges.items()}
        if max(more.values()) > PIECE_BYTES:
            raise Refusal(f"{one} has too many badges for one order")
        if len(piece) >= PIECE_PEOPLE or any(size[edge] + its > PIECE_BYTES for edge, its in more.items()):
            yield piece
            piece, size = {}, dict.fromkeys(there, 0)
        piece[one] = tuple(badges)
        for edge, its in more.items():
            size[edge] += its
    if piece:
        yield piece


def _parts(
    actor: str,
    name: str,
    piece: int,
    there: Mapping[str, Sequence[str]],
    edges: Sequence[str] | Mapping[str, Sequence[str]],
    first: int = 0,
) -> Iterator[Asked]:
    places = [(edge, reader) for edge in edges for reader in there[edge]]
    for number, (edge, reader) in enumerate(places, first):
        yield Asked(number, piece, Part(edge, reader), _order_id(actor, name, piece, edge, reader))


def _order_id(actor: str, name: str, piece: int, edge: str, reader: str) -> str:
    """The same for the same request, so that an order can never be given twice."""
    told = "\n".join((actor, name, str(piece), edge, reader)).encode()
    return "reread-" + blake2b(told, digest_size=12).hexdigest()
