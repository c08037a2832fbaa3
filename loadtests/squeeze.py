"""Finds the smallest limit that one setting survives: its need, measured by survival alone, whatever a gauge says.

Every trial runs under a lower or a higher limit, and only its ending counts. The gauge's own figure, the highest
reading without a squeeze, is used twice: as a first guess, which saves trials, and to stand beside the answer.
"""

import mmap
from dataclasses import dataclass
from pathlib import Path

from loadtests.find import Probed, Tell
from loadtests.probe import RECORDS, Prober, Question, Wish, prober
from loadtests.record import Ending, Trial
from loadtests.safety import VOID
from loadtests.search import Answer, Bounds, Next, Outcome, Rules, Tried, smallest_limit
from loadtests.series import peak_bytes

PAGE_BYTES = mmap.PAGESIZE
# A choice: no server runs in less, and the harness's own shell does.
LOWEST_BYTES = 2**20
# A choice: a server that reclaims all the time is alive and does not survive; three times what the load took with room,
# and some seconds for a load of milliseconds on a busy machine.
SLOWER_RATIO = 3.0
SLOWER_S = 5.0


@dataclass(frozen=True, slots=True)
class Squeezed:
    """The answer and the evidence for it."""

    records: Path
    question: Question
    users: int
    answer: Answer  # in pages
    reference: Trial  # with room: what the gauge reads
    probed: tuple[Probed, ...]

    @property
    def need_bytes(self) -> int | None:
        """The smallest limit that was survived; None when even the highest was not."""
        return None if self.answer.point is None else self.answer.point * PAGE_BYTES

    @property
    def failed_bytes(self) -> int | None:
        """The largest limit below it that was not survived."""
        return None if self.answer.beyond is None else self.answer.beyond * PAGE_BYTES

    @property
    def gauge_bytes(self) -> int | None:
        """The highest reading with room."""
        return peak_bytes(self.reference)

    @property
    def told(self) -> bool:
        """Whether the question was answered: what rules out a lower limit is the server, not the measurement."""
        return self.answer.point is not None or (self.spoiler is not None and self.spoiler.ending not in VOID)

    @property
    def spoiler(self) -> Trial | None:
        """The trial that did not survive the limit below."""
        below = [one for one in self.probed if one.tried.point == self.answer.beyond]
        return next((one.trial for one in reversed(below) if one.tried.outcome is not Outcome.PASSED), None)


def squeeze(question: Question, users: int, rules: Rules, tell: Tell) -> Squeezed:
    """Search, and return what was found.

    Raises:
        LoadTestError: the target, the folder or the host cannot be used.
    """
    with prober(question) as probe:
        tell(probe.run(Wish(users, priming=True)))
        reference = probe.run(Wish(users))
        tell(reference)
        if reference.ending is not Ending.COMPLETED:
            outcome = outcome_of_survival(reference)
            failed = Probed(reference, Tried(question.limit_bytes // PAGE_BYTES, long=False, outcome=outcome))
            return Squeezed(_records(question), question, users, Answer(None, failed.tried.point), reference, (failed,))
        return _squeezed(probe, (question, users), reference, rules, tell)


def _squeezed(probe: Prober, about: tuple[Question, int], reference: Trial, rules: Rules, tell: Tell) -> Squeezed:
    question, users = about
    guess = max(1, (peak_bytes(reference) or question.limit_bytes) // PAGE_BYTES)
    bounds = Bounds(LOWEST_BYTES // PAGE_BYTES, question.limit_bytes // PAGE_BYTES)
    within_s = min(_load_s(reference) * SLOWER_RATIO + SLOWER_S, question.settings.imports_within_s)
    probed: list[Probed] = []
    while isinstance(step := smallest_limit([one.tried for one in probed], guess, bounds, rules), Next):
        trial = probe.run(Wish(users, step.long, limit_bytes=step.point * PAGE_BYTES, within_s=within_s))
        probed.append(Probed(trial, Tried(step.point, step.long, outcome_of_survival(trial))))
        tell(trial)
    return Squeezed(_records(question), question, users, step, reference, tuple(probed))


def outcome_of_survival(trial: Trial) -> Outcome:
    """Say what the ending of a trial under a tight limit shows."""
    if trial.ending in VOID:
        return Outcome.VOID
    return Outcome.PASSED if trial.ending is Ending.COMPLETED else Outcome.FAILED


def _load_s(trial: Trial) -> float:
    started_s, ended_s = trial.phases.load_started_s, trial.phases.load_ended_s
    return 0.0 if started_s is None or ended_s is None else ended_s - started_s


def _records(question: Question) -> Path:
    return question.out / RECORDS
