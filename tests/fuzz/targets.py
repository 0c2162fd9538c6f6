"""Every target by its name."""

from tests.fuzz import cards, files, messages, pushes, sessions, terminals
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (terminals, sessions, cards, pushes, messages, files)
    for target in module.TARGETS
}
