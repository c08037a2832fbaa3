"""Which trials may be pooled."""

from loadtests.record import Arrivals, Trial
from reports.pool import conditions
from tests.synthetic_evidence import seen


def arriving(per_s: float | None, backlog_most: int = 0) -> Trial:
    """A trial with open arrivals at this rate, or with none."""
    arrivals = None if per_s is None else Arrivals(per_s=per_s, backlog_growth_per_s=0.0, backlog_most=backlog_most)
    return seen(3).trial.model_copy(update={"arrivals": arrivals})


def test_arrivals_at_other_rates_are_not_pooled() -> None:
    """Open arrivals are comparable at one rate, whatever came of them, and with nothing else."""
    assert conditions(arriving(1.0)) == conditions(arriving(1.0, backlog_most=5))
    assert len({conditions(arriving(per_s)) for per_s in (None, 1.0, 2.0)}) == 3
