"""All steps that make and change the ledger's tables, in order."""

from central.ledger.steps.foundation import FOUNDATION
from central.ledger.steps.later import LATER
from central.ledger.steps.recent import RECENT
from central.ledger.steps.resyncs import RESYNCS
from central.ledger.steps.rows import ROWS
from central.ledger.steps.step import Step

STEPS: list[Step] = [*FOUNDATION, *LATER, *RESYNCS, *RECENT, *ROWS]
