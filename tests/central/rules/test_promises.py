"""C9: what holds for every result, whatever the shift and however untidy the punches."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from central.rules.clocking import Event, attribute, complete, in_order, without_duplicates
from central.rules.day import DayResult, gaps
from central.rules.explain.why import why
from central.rules.plan import DAY, Plan, prepare
from central.rules.policy import evaluate, touched
from tests.central.rules.people import KNOWN, Person, people

generously = settings(max_examples=100, deadline=None)


def _plan(person: Person, first: date | None = None, last: date | None = None, reach: int = 2) -> Plan:
    return prepare(person.roster, first or person.first, last or person.last, person.options, reach)


def _results(person: Person) -> list[DayResult]:
    return evaluate(_plan(person), person.events)


@generously
@given(people())
def test_the_sequence_alternates_and_time_never_runs_backwards(person: Person) -> None:
    """C9.1: it starts with IN, ends with OUT, and times never decrease."""
    for result in _results(person):
        sequence = result.sequence
        assert [step.direction for step in sequence] == ["IN", "OUT"] * (len(sequence) // 2)
        assert all(one.at <= other.at for one, other in pairwise(sequence))


@generously
@given(people(), st.integers(0, 6 * 24))
def test_a_running_day_keeps_the_same_promises(person: Person, hours: int) -> None:
    """R27 changes nothing about order and sums, and adds no clocking behind the last one known."""
    plan = _plan(person)
    as_of = plan.limits[0] + hours * 3600
    for result in evaluate(plan, person.events, as_of):
        sequence = result.sequence
        assert all(one.at <= other.at for one, other in pairwise(sequence))
        figures = result.figures
        assert figures.work + figures.overtime + figures.discarded == figures.presence
        if result.status == "open":
            assert sequence[-1].at == max(as_of, sequence[-2].at)


@generously
@given(people())
def test_the_sums_hold(person: Person) -> None:
    """C9.2: work, overtime and discarded make up presence; overtime begins where work is complete."""
    for result in _results(person):
        figures = result.figures
        assert figures.work + figures.overtime + figures.discarded == figures.presence
        assert min(figures.work, figures.overtime, figures.discarded, figures.breaks, figures.lunch) >= 0
        assert figures.work <= result.allotted
        assert figures.overtime == 0 or figures.work == result.allotted
        assert figures.before + figures.inside + figures.after in (figures.presence, 0)


@generously
@given(people())
def test_lunch_is_part_of_the_breaks_and_no_break_is_made_up(person: Person) -> None:
    """C9.3: both ends of every break in the scheduled time are real, or it ends or begins at its edge."""
    for result in _results(person):
        assert result.figures.lunch <= result.figures.breaks
        real = {step.at for step in result.sequence if step.event is not None}
        workday = result.workday
        for gap in gaps(workday, result.sequence):
            assert gap.out_at in real or gap.out_at <= workday.starts
            assert gap.in_at in real or gap.in_at >= workday.ends


@generously
@given(people(), st.data())
def test_the_order_of_arrival_and_repetition_change_nothing(person: Person, data: st.DataObject) -> None:
    """C9.4: events may come in any order, and any number of times."""
    plan = _plan(person)
    again = data.draw(st.lists(st.sampled_from(person.events), max_size=5)) if person.events else []
    shuffled = data.draw(st.permutations([*person.events, *again]))
    assert evaluate(plan, shuffled) == evaluate(plan, person.events)


@generously
@given(people())
def test_every_event_that_is_kept_appears_once_with_its_own_time(person: Person) -> None:
    """C9.5: no event is lost, none is used twice, and none moves."""
    plan = _plan(person, person.first - 6 * DAY, person.last + 4 * DAY)
    kept, dropped = without_duplicates(in_order(person.events, plan.limits), person.options.duplicate_s)
    results = evaluate(plan, person.events)
    shown = [step for result in results for step in result.sequence if step.event is not None]
    assert sorted(step.event.id for step in shown if step.event) == sorted(event.id for event in kept)
    assert all(step.event is not None and step.at == step.event.at for step in shown)
    assert all(step.event.direction in (None, step.direction) for step in shown if step.event)
    told = [duplicate for result in results for duplicate in result.duplicates]
    assert sorted(duplicate.event.id for duplicate in told) == sorted(one.event.id for one in dropped)


@generously
@given(people())
def test_completing_twice_is_completing_once(person: Person) -> None:
    """C9.5: a completed workday needs nothing."""
    for result in _results(person):
        assert complete(result.workday, result.sequence, person.options.just_s) == list(result.sequence)


@generously
@given(people(KNOWN), st.sets(st.integers(0, 5)))
def test_a_period_in_pieces_gives_the_same(person: Person, cuts: set[int]) -> None:
    """C9.6: some days together or each alone, each piece read in its own window, as in one run."""
    whole = [(day.sequence, day.figures, day.flags) for day in evaluate(_plan(person), person.events)]
    count = (person.last - person.first).days + 1
    for ends in ([*sorted(cut for cut in cuts if cut < count - 1), count - 1], range(count)):
        pieces: list[DayResult] = []
        first = 0
        for last in ends:
            plan = _plan(person, person.first + first * DAY, person.first + last * DAY)
            opens, closes = plan.window
            pieces += evaluate(plan, [event for event in person.events if opens <= event.at < closes])
            first = last + 1
        assert [(day.sequence, day.figures, day.flags) for day in pieces] == whole


@generously
@given(people())
def test_guessed_directions_agree_in_pieces_where_the_day_before_agrees(person: Person) -> None:
    """C9.6 and C9.7: with unknown directions a piece is the same as soon as the workday before it is."""
    whole = evaluate(_plan(person, person.first - DAY), person.events)
    plan = _plan(person, person.last - DAY if person.last > person.first else person.first - DAY, person.last)
    opens, closes = plan.window
    piece = evaluate(plan, [event for event in person.events if opens <= event.at < closes])
    assume(piece[0].sequence == whole[-2].sequence)
    assert piece[1].sequence == whole[-1].sequence
    assert piece[1].figures == whole[-1].figures


@generously
@given(people(KNOWN), st.data())
def test_a_late_event_changes_its_workday_and_the_neighbours_at_most(
    person: Person, data: st.DataObject
) -> None:
    """C9.7: what `touched` names is all that must be recomputed."""
    assume(person.events)
    late: Event = data.draw(st.sampled_from(person.events))
    without = [event for event in person.events if event != late]
    plan = _plan(person, person.first - 3 * DAY, person.last + 3 * DAY, reach=4)
    before, after = evaluate(plan, without), evaluate(plan, person.events)
    first, last = touched(person.roster, late.at, person.options, directed=True)
    changed = [one.workday.date for one, other in zip(before, after, strict=True) if one != other]
    assert all(first <= day <= last for day in changed)


@generously
@given(people(), st.data())
def test_a_late_event_changes_no_workday_behind_one_that_stayed(person: Person, data: st.DataObject) -> None:
    """C9.7: going on until a workday comes out unchanged is enough, also with unknown directions."""
    assume(person.events)
    late: Event = data.draw(st.sampled_from(person.events))
    without = [event for event in person.events if event != late]
    plan = _plan(person, person.first - 3 * DAY, person.last + 3 * DAY, reach=4)
    before, after = evaluate(plan, without), evaluate(plan, person.events)
    first, last = touched(person.roster, late.at, person.options, directed=True)
    stayed = False
    for one, other in zip(before, after, strict=True):
        day = one.workday.date
        if day < first:
            assert one == other
        elif day >= last:
            assert not stayed or one == other
            stayed = stayed or one == other


@generously
@given(people())
def test_the_limits_of_workdays_are_in_order(person: Person) -> None:
    """R8: they never overtake each other, so every instant has one workday."""
    plan = _plan(person)
    assert all(one <= other for one, other in pairwise(plan.limits))
    assert all(type(limit) is int for limit in plan.limits)
    assert [day.date for day in plan.period] == [
        person.first + timedelta(days=number) for number in range((person.last - person.first).days + 1)
    ]
    for place, workday in enumerate(plan.days):
        assert (workday.opens, workday.closes) == plan.limits[place : place + 2]


@generously
@given(people())
def test_every_result_can_be_explained(person: Person) -> None:
    """C9.8: each day has its sentences, and every added or dropped clocking one of its own."""
    for result in _results(person):
        told = why(result, person.options)
        added = sum(step.event is None for step in result.sequence)
        assert sum(" has no " in sentence for sentence in told) == added
        assert sum(sentence.startswith("R4:") for sentence in told) == len(result.duplicates)
        assert all(sentence.endswith(".") and "None" not in sentence for sentence in told)


@generously
@given(people())
def test_attributing_looks_only_into_the_window(person: Person) -> None:
    """What lies outside the plan's window is left out, and nothing else."""
    plan = _plan(person)
    opens, closes = plan.window
    kept, _ = without_duplicates(in_order(person.events, plan.limits), person.options.duplicate_s)
    steps = [step for day in attribute(person.events, plan).steps for step in day]
    assert [step.event for step in steps] == [event for event in kept if opens <= event.at < closes]
