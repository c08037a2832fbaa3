"""Words the answers of searches: one paragraph each, with the evidence it rests on."""

from collections.abc import Sequence

from loadtests.find import Found
from loadtests.record import Ending, Trial
from loadtests.series import peak_bytes
from loadtests.squeeze import Squeezed

BYTES_PER_MIB = 2**20


def most_users(found: Found) -> str:
    """Say how many users are safe, and what shows it."""
    question, answer = found.question, found.answer
    spoiled = _spoiled(answer.beyond, found.spoiler, question.limit_bytes - question.reserve_bytes)
    under = f"under {_mib(question.limit_bytes)} with {_mib(question.reserve_bytes)} kept free"
    if answer.point is None:
        nobody = f"Not even one user of {question.target.name} is shown safe {under}"
        return f"{nobody}.{_exhausted(found.answer.exhausted)}{spoiled}"
    plain, long = found.at(answer.point), found.at(answer.point, long=True)
    highest = " (the most that were asked for)" if answer.point == question.highest_users else ""
    bound = f", upper 95/95 bound {_mib(found.bound_bytes)}" if found.bound_bytes is not None else ""
    return (
        f"{_users(answer.point)} of {question.target.name} at once {'is' if answer.point == 1 else 'are'} SAFE {under}"
        f"{highest}: {_completed(plain)}, highest peak {_highest(plain)}{bound}; "
        f"at three times the length {_completed(long)}, highest peak {_highest(long)}."
        f"{_exhausted(answer.exhausted)}{spoiled}"
    )


def smallest_limit(squeezed: Squeezed) -> str:
    """Say which limit is the smallest that was survived, what shows it, and what the gauge says."""
    name, users = squeezed.question.target.name, _users(squeezed.users)
    if squeezed.need_bytes is None:
        under = squeezed.question.limit_bytes
        return (
            f"{users} of {name} did not survive {_mib(under)}, the highest limit allowed."
            f"{_exhausted(squeezed.answer.exhausted)}{_ended(squeezed.spoiler)}"
        )
    at = [one.trial for one in squeezed.probed if one.tried.point == squeezed.answer.point]
    gauge = squeezed.gauge_bytes
    beside = ""
    if gauge:
        off = squeezed.need_bytes / gauge - 1
        beside = f" The gauge reads {_mib(gauge)} without a squeeze: the limit lies {off:+.1%} from that."
    below = "" if squeezed.failed_bytes is None else f", and {_mib(squeezed.failed_bytes)} was not survived"
    return (
        f"{users} of {name} need a limit of {_mib(squeezed.need_bytes)}: {_completed(at)} under it, one of them of "
        f"three times the length{below}.{_exhausted(squeezed.answer.exhausted)}{_ended(squeezed.spoiler)}{beside}"
    )


def _completed(trials: Sequence[Trial]) -> str:
    done = sum(trial.ending is Ending.COMPLETED for trial in trials)
    return f"{done} of {len(trials)} {'trial' if len(trials) == 1 else 'trials'} completed"


def _highest(trials: Sequence[Trial]) -> str:
    peaks = [peak for trial in trials if (peak := peak_bytes(trial)) is not None]
    return _mib(max(peaks, default=None))


def _spoiled(users: int | None, spoiler: Trial | None, allowed_bytes: int) -> str:
    if users is None or spoiler is None:
        return ""
    not_safe = f" {_users(users)} {'is' if users == 1 else 'are'} not:"
    if spoiler.ending is not Ending.COMPLETED:
        return not_safe + _ended(spoiler)
    over = "its peak" if (peak_bytes(spoiler) or 0) > allowed_bytes else "the bound that follows from its peak"
    return f"{not_safe} trial {spoiler.trial_id} completed, but {over} of {_highest([spoiler])} spends of the reserve."


def _ended(spoiler: Trial | None) -> str:
    if spoiler is None:
        return ""
    return f" trial {spoiler.trial_id} ended {spoiler.ending.value} ({spoiler.reason})."


def _exhausted(exhausted: bool) -> str:  # noqa: FBT001 - one word of a sentence
    return " The trials allowed ran out first: allow more with --max-trials." if exhausted else ""


def _users(count: int) -> str:
    return f"{count} user" if count == 1 else f"{count} users"


def _mib(size_bytes: float | None) -> str:
    return "not measured" if size_bytes is None else f"{size_bytes / BYTES_PER_MIB:.1f} MiB"
