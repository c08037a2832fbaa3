"""Lays out as tables what stands side by side: two runs, or a setting before and after. Pure."""

from reports import texts
from reports.ablation import Ablation, Step
from reports.compare import Comparison, Difference
from reports.tables import Row, Table


def ablation(found: Ablation) -> Table:
    """What each change saves an import of one target."""
    return Table(
        name="ablation",
        caption=f"{found.target}: saved an import. MB as claimed, MiB as measured with {found.users} at once; negative "
        "where it costs.",
        headings=("change", "claimed (MB)", "saved (MiB)", "95 % interval (MiB)", "trials", "told from chance"),
        rows=tuple(_step(step) for step in found.steps),
        numbers_from=1,
        numbers_to=5,
    )


def _step(step: Step) -> Row:
    changes = zip(step.knobs, step.before, step.after, strict=True)
    low, high = step.claimed_mb or (0.0, 0.0)
    claimed = texts.trimmed(low) if low == high else f"{texts.trimmed(low)} to {texts.trimmed(high)}"
    return Row(
        (
            ", ".join(f"{texts.short_name(knob)} {before} to {after}" for knob, before, after in changes),
            claimed if step.claimed_mb else texts.ABSENT,
            _in_mib(step.saves_bytes.value),
            f"{_in_mib(step.saves_bytes.low)} to {_in_mib(step.saves_bytes.high)}",
            str(step.trials),
            "yes" if step.is_told else "no",
        )
    )


def differences(found: Comparison, *, told: bool) -> Table:
    """Figures of both runs that differ beyond chance, or those that do not."""
    return Table(
        name="told" if told else "same",
        caption=f"{'Differences beyond chance' if told else 'No difference that could be told from chance'}: memory in "
        "MiB, times in s; the interval is of the difference, second less first, at 95 %.",
        headings=("figure", "first", "second", "difference", "95 % interval", "values", "setting"),
        rows=tuple(_compared(one) for one in found.differences if one.is_told is told),
        numbers_from=1,
        numbers_to=6,
    )


def _compared(one: Difference) -> Row:
    scale = texts.MIB_BYTES if one.figure.endswith("_bytes") else 1.0
    interval = texts.ABSENT
    if one.difference is not None:
        low, high = texts.figure(one.difference.low / scale), texts.figure(one.difference.high / scale)
        interval = f"{low} to {high}"
    return Row(
        (
            one.figure.removesuffix("_bytes").replace("_", " "),
            texts.figure(one.first / scale),
            texts.figure(one.second / scale),
            texts.figure((one.second - one.first) / scale),
            interval,
            f"{one.values[0]} and {one.values[1]}",
            one.setting,
        )
    )


def _in_mib(size_bytes: float) -> str:
    return texts.figure(texts.to_mib(size_bytes))
