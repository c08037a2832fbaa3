"""TEST DATA, not measurements: single trials with a chosen peak, and evidence of them, for the tests of reports."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from loadtests.record import Ending, Samples
from reports.observation import Observation, observe
from reports.trials import Evidence
from tests.synthetic_plan import MIB, RECOMMENDED, TRUE_PACE, Planned, Scenario, following
from tests.synthetic_records import run_line, trial

SCENARIO = Scenario()
_NUMBERS = count(1)
# What a trial is before a test changes one thing about it.
_PLAIN = {users: trial(SCENARIO, Planned("users", users, following(users))) for users in range(1, 8)}


def flat(peak_mib: float, readings: int = 3) -> Samples:
    """Readings that stand at *peak_mib* from beginning to end."""
    zeros = dict.fromkeys(Samples.model_fields, (0,) * readings)
    at_s = tuple(0.1 * number for number in range(readings))
    return Samples.model_validate({**zeros, "at_s": at_s, "anon_bytes": (round(peak_mib * MIB),) * readings})


def seen(users: int = 3, peak_mib: float = 66.0, ending: Ending = Ending.COMPLETED, **changes: Any) -> Observation:
    """One observed trial of the users series, with any field of its record replaced."""
    number = next(_NUMBERS)
    fields: dict[str, Any] = {"trial_id": f"t{number}", "position": number, "samples": flat(peak_mib), "ending": ending}
    return observe(_PLAIN[users].model_copy(update=fields | changes))


def queueing(users: int = 4, peak_mib: float = 66.0, ending: Ending = Ending.COMPLETED, **changes: Any) -> Observation:
    """One observed trial with more users than the three that may run."""
    return seen(users, peak_mib, ending, **{"series": ("queue",), "setting": RECOMMENDED} | changes)


def paced(peak_mib: float = 66.0, ending: Ending = Ending.COMPLETED, **changes: Any) -> Observation:
    """One observed trial at the upstream's true pace."""
    return seen(3, peak_mib, ending, **{"series": ("pace",), "upstream": TRUE_PACE} | changes)


def evidence(trials: Sequence[Observation], priming: Sequence[Observation] = (), **changes: Any) -> Evidence:
    """Evidence of a finished run of *trials*, with any field of the run line replaced."""
    run = run_line(SCENARIO, len(trials) + len(priming)).model_copy(update=changes)
    return Evidence(run=run, trials=tuple(trials), priming=tuple(priming), cut_short=False)


def straight(levels: Sequence[int] = (1, 2, 3, 4, 5), repeats: int = 2, off_mib: float = 0.1) -> list[Observation]:
    """Trials along 60 MiB + 2 MiB an import, alternately a little above and below."""
    return [
        seen(users, 60 + 2 * users + (off_mib if repeat % 2 else -off_mib))
        for users in levels
        for repeat in range(repeats)
    ]
