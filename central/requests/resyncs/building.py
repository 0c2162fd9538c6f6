"""Owns how the desk of resyncs is put together, and what it needs of central."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from central.ledger.database import Ledger
from central.ledger.people import People
from central.ledger.staff import Staff
from central.post import Publish, Readers
from central.requests.choosing import Choosing
from central.requests.replies import Replies
from central.requests.resyncs.announcing import Announcing
from central.requests.resyncs.desk import ResyncDesk
from central.requests.resyncs.equipping import Equipment
from central.requests.resyncs.following import Following
from central.requests.resyncs.landing import Landing
from central.requests.resyncs.scheduling import Scheduling
from central.requests.resyncs.serving import Serving
from central.requests.resyncs.undoing import Undoing
from central.resync.daily import DailyOptions
from central.rules.plan import Options
from central.workdays.interpretation import Sites
from wire.topics import Topics


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What resyncs need of central: its parts, the edges, and the clock."""

    topics: Topics
    publish: Publish
    ledger: Ledger
    people: People
    staff: Staff
    sites: Sites
    readers: Readers
    options: Options
    daily: DailyOptions
    clock: Callable[[], datetime]


def resync_desk(around: Surroundings, replies: Replies) -> ResyncDesk:
    """The desk with everything behind it."""
    ledger, people, clock = around.ledger, around.people, around.clock
    settling = Equipment(people, around.sites, around.options, clock).settling
    following = Following(
        around.topics,
        around.publish,
        ledger,
        people,
        around.sites.zones,
        Landing(ledger, settling, clock),
        clock,
    )
    choosing = Choosing(around.staff)
    undoing = Undoing(ledger, settling, clock)
    serving = Serving(ledger, people, choosing, around.readers, following, undoing, clock)
    scheduling = Scheduling(ledger, people, around.sites.zones, around.readers, serving, around.daily, clock)
    announcing = Announcing(ledger, replies)
    return ResyncDesk(ledger, serving, following, undoing, scheduling, announcing, replies)
