"""Promises of the marks: what was touched is what is found, a piece at a time, whoever marked it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from central.ledger.database import Ledger
from central.ledger.workdays import marks
from central.ledger.workdays.marks import Mark, Touched

MANY = 250


def named(found: list[Mark]) -> list[Touched]:
    """The badges, edges and days that marks are of."""
    return [(key, mark.edge or "", mark.first_day or 0) for mark in found for key in mark.badge_keys]


KEYS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)
TOUCHED = st.sets(st.tuples(KEYS, st.sampled_from(("pune-01", "surat-02")), st.integers(1, 3)), max_size=MANY)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(touched=TOUCHED, limit=st.integers(1, MANY))
def test_what_was_touched_is_found_in_pieces(ledger: Ledger, touched: set[Touched], limit: int) -> None:
    """Every badge, edge and day is named once; a turn goes beyond what it asked for by one day at most."""
    found: list[Touched] = []
    with ledger.write() as connection:
        marks.touch(connection, touched)
        assert sorted(named(marks.behind(connection, 0))) == sorted(touched)
        while turn := marks.next_marks(connection, limit):
            last = turn[-1].edge, turn[-1].first_day
            assert len(named([mark for mark in turn if (mark.edge, mark.first_day) != last])) < limit
            found += named(turn)
            marks.drop(connection, [mark.mark_id for mark in turn])
    assert sorted(found) == sorted(touched)


def test_who_punches_again_meanwhile_is_looked_at_once(ledger: Ledger) -> None:
    """All that was marked of a day at an edge is one turn's work, whatever was marked between."""
    with ledger.write() as connection:
        for number in range(20):
            marks.touch(connection, {(str(person), "pune-01", number % 2) for person in range(60)})
        marks.mark_whole(connection, ["E1"])
        turn = marks.next_marks(connection, 50)
        assert {(mark.edge, mark.first_day) for mark in turn} == {("pune-01", 0)}
        assert len(named(turn)) == 10 * 60
        marks.drop(connection, [mark.mark_id for mark in turn])
        assert marks.count(connection) == 10 + 1


def test_a_day_of_people_who_punched_one_by_one_is_one_turn(ledger: Ledger) -> None:
    """However many marks they left, a turn gets what it asked for: a central that was away catches up."""
    with ledger.write() as connection:
        for person in range(MANY):
            marks.touch(connection, {(str(person), "pune-01", 1)})
        turn = marks.next_marks(connection, MANY)
    assert sorted(named(turn)) == sorted((str(person), "pune-01", 1) for person in range(MANY))


def test_mark_of_an_older_central_is_understood(ledger: Ledger) -> None:
    """What it marked before it was replaced, or beside a newer one, is computed like the rest."""
    with ledger.write() as connection:
        connection.execute(
            text(
                "INSERT INTO day_marks (bulk, badge_key, edge, first_day, last_day)"
                " VALUES (0, '1001', 'pune-01', 20000, 20000)"
            )
        )
        (mark,) = marks.next_marks(connection, 1)
    assert named([mark]) == [("1001", "pune-01", 20000)]
