"""Finds the most users that are safe under a limit: gallop, bisect, repeat, and confirm at three times the length.

``search`` chooses what is tried and ``safety`` judges it; here the trials are run and the evidence is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from loadtests.probe import RECORDS, Prober, Question, Wish, prober
from loadtests.record import Trial
from loadtests.safety import VOID, Level, Safety, judge, upper_bound_bytes
from loadtests.search import Answer, Next, Outcome, Rules, Tried, most_users
from loadtests.series import peak_bytes


@dataclass(frozen=True, slots=True)
class Probed:
    """One trial of a search, and what it was taken for."""

    trial: Trial
    tried: Tried


Tell = Callable[[Trial], None]


@dataclass(frozen=True, slots=True)
class Found:
    """The answer and the evidence for it."""

    records: Path
    question: Question
    answer: Answer
    probed: tuple[Probed, ...]

    def at(self, users: int | None, *, long: bool = False) -> tuple[Trial, ...]:
        """Return the trials of one number of users, of the plain or of three times the length."""
        return tuple(one.trial for one in self.probed if one.tried.point == users and one.tried.long is long)

    @property
    def bound_bytes(self) -> float | None:
        """Upper tolerance bound of the peak at the answer."""
        return upper_bound_bytes(_peaks(self.at(self.answer.point)))

    @property
    def spoiler(self) -> Trial | None:
        """The trial that rules out the next number of users."""
        beyond = [one for one in self.probed if one.tried.point == self.answer.beyond]
        return next((one.trial for one in reversed(beyond) if one.tried.outcome is not Outcome.PASSED), None)

    @property
    def told(self) -> bool:
        """Whether the question was answered: what rules out more users is memory or work, not the measurement."""
        spoiler = self.spoiler
        return self.answer.point is not None or (spoiler is not None and spoiler.ending not in VOID)


def find(question: Question, rules: Rules, tell: Tell) -> Found:
    """Search, and return what was found.

    Raises:
        LoadTestError: the target, the folder or the host cannot be used.
    """
    with prober(question) as probe:
        tell(probe.run(Wish(1, priming=True)))
        probed: list[Probed] = []
        while isinstance(step := _step(probed, question, rules), Next):
            probed.append(_probed(step, probe, probed, question))
            tell(probed[-1].trial)
    return Found(question.out / RECORDS, question, step, tuple(probed))


def _step(probed: Sequence[Probed], question: Question, rules: Rules) -> Next | Answer:
    return most_users([one.tried for one in probed], question.highest_users, rules)


def _probed(step: Next, probe: Prober, probed: Sequence[Probed], question: Question) -> Probed:
    trial = probe.run(Wish(step.point, long=step.long))
    # A confirming trial is judged by itself: its imports are longer, so its peak is another figure.
    alike = [one.trial for one in probed if one.tried.point == step.point and not step.long]
    return Probed(trial, Tried(step.point, step.long, _outcome([*alike, trial], question)))


def _outcome(alike: Sequence[Trial], question: Question) -> Outcome:
    """Say what the last of these trials showed, together with those before it."""
    if alike[-1].ending in VOID:
        return Outcome.VOID
    level = Level(
        endings=[trial.ending for trial in alike],
        peaks_bytes=[peak_bytes(trial) or 0 for trial in alike],
        limit_bytes=question.limit_bytes,
        reserve_bytes=question.reserve_bytes,
    )
    return Outcome.FAILED if judge(level) is Safety.NOT_SAFE else Outcome.PASSED


def _peaks(trials: Sequence[Trial]) -> list[int]:
    return [peak for trial in trials if trial.ending not in VOID and (peak := peak_bytes(trial)) is not None]
