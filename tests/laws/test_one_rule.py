"""The rule of safety is written twice, since the analyst may import no more than the record: both must say the same."""

from hypothesis import assume, given, settings
from hypothesis.strategies import floats, integers, lists, sampled_from, tuples

from loadtests.record import Ending
from loadtests.safety import Level, Safety, judge, upper_bound_bytes
from reports.model import State, capacity
from tests.synthetic_evidence import evidence, seen
from tests.synthetic_plan import MIB

USERS = 3
LIMIT_BYTES = 512 * MIB
# The harness's table of factors ends at ten trials, and keeps the last for more.
trials = lists(tuples(sampled_from(Ending), floats(min_value=1, max_value=511)), min_size=1, max_size=10)
WORDS = {State.SAFE: Safety.SAFE, State.NOT_SAFE: Safety.NOT_SAFE, State.CANNOT_TELL: Safety.CANNOT_TELL}


@settings(deadline=None)
@given(trials=trials, reserve_mib=integers(min_value=0, max_value=200))
def test_harness_and_analyst_judge_a_level_alike(trials: list[tuple[Ending, float]], reserve_mib: int) -> None:
    """Whatever the trials of a level were, search and report call it by the same word."""
    level = Level(
        endings=[ending for ending, _ in trials],
        peaks_bytes=[round(peak_mib * MIB) for _, peak_mib in trials],
        limit_bytes=LIMIT_BYTES,
        reserve_bytes=reserve_mib * MIB,
    )
    completed = [peak for ending, peak in zip(level.endings, level.peaks_bytes, strict=True) if ending == "completed"]
    bound_bytes = upper_bound_bytes(completed) or 0.0
    # Factors of four decimals may disagree about a bound within a hair of the limit.
    assume(abs(bound_bytes - (LIMIT_BYTES - level.reserve_bytes)) > 0.001 * bound_bytes)
    found = evidence(
        [seen(USERS, peak_mib, ending) for ending, peak_mib in trials],
        limit_bytes=LIMIT_BYTES,
        reserve_bytes=level.reserve_bytes,
    )
    assert WORDS[capacity(found).level(USERS).state] is judge(level)
