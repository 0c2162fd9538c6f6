"""Who may do what."""

from central.access import Allowed, Denied, decide
from wire.admin import VERBS


def test_everybody_whom_the_broker_lets_in_may_do_what_exists() -> None:
    """Every verb is open to every account for now, and nothing else is."""
    assert {decide("anna", verb) for verb in VERBS} == {Allowed()}
    assert isinstance(decide("anna", "erase"), Denied)
