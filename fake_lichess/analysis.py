"""What Lichess says about an analysed game: judged moves, centipawn loss, accuracy; no I/O.

Sources: Advice.scala and WinPercent.scala of scalachess, AccuracyPercent.scala of lila.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, fsum, sqrt
from statistics import fmean

START_CP = 15  # the first position
CEILING_CP = 1000  # for centipawn losses
LOGISTIC = -0.00368208  # WinPercent.scala: lila's fit over rated rapid games
# Advice.scala: how far the winning chances, from -1 to 1, must fall.
JUDGED_FROM = ((0.3, "Blunder"), (0.2, "Mistake"), (0.1, "Inaccuracy"))
# Advice.scala: being mated, or letting a mate go, weighs less where all was lost or remains won.
HOPELESS_CP, BAD_CP = 999, 700


@dataclass(frozen=True, slots=True)
class Judgment:
    """What is said about one move."""

    name: str
    text: str  # up to the better move


@dataclass(frozen=True, slots=True)
class Side:
    """One player's share of an analysis."""

    inaccuracy: int
    mistake: int
    blunder: int
    acpl: int
    accuracy: int


def centipawns(evaluation: str) -> int:
    """Return an evaluation in centipawns; mates are the ceiling."""
    if evaluation.startswith("#"):
        return -CEILING_CP if evaluation.startswith("#-") else CEILING_CP
    return max(-CEILING_CP, min(CEILING_CP, int(evaluation)))


def chances(cp: int) -> float:
    """Return White's winning chances, from -1 to 1."""
    return 2.0 / (1.0 + exp(LOGISTIC * cp)) - 1.0


def judgments(evals: Sequence[str], *, black_first: bool) -> list[Judgment | None]:
    """Judge every move that has an evaluation."""
    found, before = list[Judgment | None](), str(START_CP)
    for ply, after in enumerate(evals):
        sign = 1 if (ply % 2 == 0) != black_first else -1
        found.append(_judgment(before, after, sign))
        before = after
    return found


def _judgment(before: str, after: str, sign: int) -> Judgment | None:
    """Judge one move; the sign is +1 for White's."""
    was, now = sign * centipawns(before), sign * centipawns(after)
    if after.startswith("#") and not before.startswith("#"):
        if now > 0:
            return None
        name = "Inaccuracy" if was < -HOPELESS_CP else "Mistake" if was < -BAD_CP else "Blunder"
        return Judgment(name, "Checkmate is now unavoidable.")
    if before.startswith("#"):
        if was < 0 or after.startswith("#"):
            return None
        name = "Inaccuracy" if now > HOPELESS_CP else "Mistake" if now > BAD_CP else "Blunder"
        return Judgment(name, "Lost forced checkmate sequence.")
    lost = chances(was) - chances(now)
    name = next((name for least, name in JUDGED_FROM if lost >= least), "")
    return Judgment(name, f"{name}.") if name else None


def sides(evals: Sequence[str], *, black_first: bool) -> tuple[Side, Side]:
    """Sum up an analysis for White and Black."""
    cps = [START_CP, *map(centipawns, evals)]
    judged = judgments(evals, black_first=black_first)
    accuracies, weights = _accuracies(cps, black_first=black_first), _weights(cps)
    both = []
    for sign in (1, -1):
        own = slice(int((sign == 1) == black_first), None, 2)
        names = [judgment.name for judgment in judged[own] if judgment]
        losses = [max(0, sign * (was - now)) for was, now in list(pairwise(cps))[own]]
        accuracy = _overall(accuracies[own], weights[own])
        inaccuracies, mistakes, blunders = (names.count(name) for name in ("Inaccuracy", "Mistake", "Blunder"))
        both.append(Side(inaccuracies, mistakes, blunders, round(fmean(losses)) if losses else 0, accuracy))
    return both[0], both[1]


def _accuracies(cps: Sequence[int], *, black_first: bool) -> list[float]:
    """Return how accurate each move was, per cent: a fit to the win percentage it gave away."""
    percents = [50 + 50 * chances(cp) for cp in cps]
    found = []
    for ply, (was, now) in enumerate(pairwise(percents)):
        lost = was - now if (ply % 2 == 0) != black_first else now - was
        raw = 100.0 if lost <= 0 else 103.1668100711649 * exp(-0.04354415386753951 * lost) - 3.166924740191411 + 1
        found.append(max(0.0, min(100.0, raw)))
    return found


def _weights(cps: Sequence[int]) -> list[float]:
    """Weigh moves by how much was going on around them: the spread of the win percentage, from 0.5 to 12."""
    percents = [50 + 50 * chances(cp) for cp in cps]
    size = max(2, min(8, (len(cps) - 1) // 10))
    windows = [percents[:size]] * (min(size, len(percents)) - 2)
    windows += [percents[at : at + size] for at in range(len(percents) - size + 1)]
    return [max(0.5, min(12.0, _spread(window))) for window in windows]


def _spread(values: Sequence[float]) -> float:
    """Return the standard deviation; in floats as lila, for exact fractions make summing up seven times as slow."""
    mean = fmean(values)
    return sqrt(fsum((value - mean) ** 2 for value in values) / len(values))


def _overall(accuracies: Sequence[float], weights: Sequence[float]) -> int:
    """Average one player's moves: half weighted by what was going on, half harmonic."""
    pairs = list(zip(accuracies, weights, strict=False))
    if not pairs:
        return 100
    weighted = sum(value * weight for value, weight in pairs) / sum(weight for _, weight in pairs)
    harmonic = len(pairs) / fsum(1.0 / max(value, 0.01) for value, _ in pairs)
    return round((weighted + harmonic) / 2)
