"""Promises of the verb `availability`: the edges that may be seen, each with its figure and its gaps."""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from central.access.scope import EVERYBODY, Scope
from central.availability import Life
from central.ledger import lives
from central.ledger.database import Ledger
from central.requests.asking import Refusal
from central.requests.availability import availability_page
from central.zones import midnight
from simulators.mosquitto import Mosquitto
from tests.central.centre import centre, hand_edge, serving, utc_now
from tests.central.test_account_requests import SITES, within
from tests.peer import TOPICS, peer
from tests.waiting import until
from wire.availability import AvailabilityPage, AvailabilityRequest, EdgeAvailability
from wire.codec import MESSAGE_LIMIT, encode
from wire.facts import Span
from wire.vitals import Heartbeat

DAY = date(2026, 5, 11)
BEGIN = midnight(DAY, SITES.zones.organization)
NOW = BEGIN + timedelta(days=10)
KNOWN = ("pune-01", "pune-02", "surat-01")


def hours(count: float) -> datetime:
    """So long after the day began at the branches."""
    return BEGIN + timedelta(hours=count)


def keep(ledger: Ledger, edge: str, *told: tuple[float, float]) -> None:
    """Store the lives of an edge."""
    with ledger.write() as connection:
        lives.keep(connection, {(edge, f"{one[0]:09}"): Life(hours(one[0]), hours(one[1])) for one in told})


def page(
    ledger: Ledger,
    *,
    branch: str | None = None,
    scope: Scope = EVERYBODY,
    limit: int = 100,
    after: str | None = None,
) -> AvailabilityPage:
    """What is answered for one day."""
    span = Span(first=DAY, last=DAY)
    request = AvailabilityRequest(request_id="r-1", span=span, branch=branch, limit=limit, after=after)
    with ledger.read() as connection:
        return availability_page(connection, SITES, KNOWN, scope, request, NOW)


def test_each_edge_has_its_figure_and_the_gaps_that_explain_it(ledger: Ledger) -> None:
    """A day goes by the branch's own midnight; of who never told there is no figure."""
    keep(ledger, "pune-01", (-5, 6), (9, 30))
    keep(ledger, "nobody-knows", (-5, 30))
    found = page(ledger).edges
    assert [(row.edge, row.percent) for row in found] == [
        ("nobody-knows", 100.0),
        ("pune-01", 87.5),
        ("pune-02", None),
        ("surat-01", None),
    ]
    pune = found[1]
    assert (pune.since, pune.until, pune.down_s) == (hours(0), hours(24), 3 * 3600)
    assert [(gap.begins, gap.ends) for gap in pune.gaps] == [(hours(6), hours(9))]


def test_a_manager_sees_the_edges_of_his_branch_alone(ledger: Ledger) -> None:
    """An edge serves everybody who comes by, so whoever has not the whole branch is refused."""
    keep(ledger, "surat-01", (0, 30))
    assert [row.edge for row in page(ledger, scope=within(branch="Pune")).edges] == ["pune-01", "pune-02"]
    assert [row.edge for row in page(ledger, branch="Surat").edges] == ["surat-01"]
    with pytest.raises(Refusal, match="there is no branch 'Surat'"):
        page(ledger, branch="Surat", scope=within(branch="Pune"))
    with pytest.raises(Refusal, match="an edge serves all of a branch"):
        page(ledger, scope=within(department="QC"))


def test_pages_hold_every_edge_once_and_fit_the_wire(ledger: Ledger) -> None:
    """However often an edge was restarted, its longest gaps are told, and how many more there were."""
    names = [f"edge-{number:03}" for number in range(40)]
    for name in names:
        keep(ledger, name, *((at / 10, at / 10 + (0.05 if at % 2 else 0.06)) for at in range(200)))
    told: list[EdgeAvailability] = []
    after: str | None = None
    while True:
        one = page(ledger, after=after, limit=200)
        assert len(encode(one)) < MESSAGE_LIMIT - 4096
        told += one.edges
        after = one.after
        if after is None:
            break
    assert [row.edge for row in told] == sorted([*names, *KNOWN])
    row = told[0]
    assert (len(row.gaps), row.more_gaps) == (50, 150)
    assert list(row.gaps) == sorted(row.gaps, key=lambda gap: gap.begins)
    assert [row.edge for row in page(ledger, limit=2).edges] == names[:2]


def test_a_heartbeat_is_what_the_figure_rests_on(broker: Mosquitto, tmp_path: Path) -> None:
    """An edge that has run for a while is up since then, as people are told; an old one tells nothing."""
    today = utc_now().astimezone(SITES.zones.organization).date()
    command = [str(Path(sys.executable).with_name("punchwire")), "report", "availability"]
    place = [f"--port={broker.port}", "--host=127.0.0.1", "--user=anna"]
    asked = [*command, *place, f"--from={today - timedelta(days=2)}", f"--to={today}"]

    def shown(*flags: str) -> subprocess.CompletedProcess[str]:
        secret = f"--password-file={broker.password_file('anna')}"
        return subprocess.run(
            [*asked, secret, *flags], capture_output=True, text=True, check=False, timeout=60
        )

    with (
        centre(broker, str(tmp_path / "ledger.db")) as central,
        hand_edge(broker) as edge,
        peer(broker, "surat-02") as old,
    ):
        serving(edge.peer)
        edge.status()
        beat = Heartbeat(at=utc_now(), session="s1", uptime_s=1.0, trust="synced", backlog=0)
        old.send(TOPICS.heartbeat("surat-02"), beat, retain=True)
        now = Heartbeat(
            at=utc_now(), session="s1", uptime_s=9e6, trust="synced", backlog=0, life="a", running_s=90_000.0
        )
        edge.peer.send(TOPICS.heartbeat("pune-01"), now, retain=True)

        def heard() -> bool:
            with central.ledger.read() as connection:
                return bool(lives.of_edges(connection, None, utc_now(), utc_now()))

        until(heard)
        rows = json.loads(shown("--json").stdout)
        (pune,) = [row for row in rows if row["edge"] == "pune-01"]
        assert pune["percent"] == 100.0
        assert "gaps" not in pune
        assert {row["edge"]: row.get("percent") for row in rows}["surat-02"] is None
        table = shown().stdout.splitlines()
        assert table[0].split() == ["edge", "from", "to", "up", "gaps", "not", "known", "to", "be", "up"]
        assert "100.00 %" in table[1]
        assert shown("--csv").stdout.splitlines()[0] == "edge,since,until,percent,down_s,gaps"
        refused = shown("--department=QC")
        assert refused.returncode == 2
        assert "--branch is all that it takes" in refused.stderr
