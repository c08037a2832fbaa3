"""Puts a run into words, for a terminal and for the page in the docs; no I/O and no clock."""

from benchmarks.figures import Figure, Machine, Run

BYTES_PER_GIB = 2**30
MARKS = {True: "met", False: "**missed**", None: ""}
HEAD = """# Figures of one run

<!-- written by the benchmarks with KEEP; a test compares it with the JSON beside it -->
What the servers of this repository do on one machine, as processes on loopback, the importer in an environment of its
own. No test depends on these figures. Company on the machine lengthens wall-clock times, and where two cores are two
threads of one, it makes processor seconds worth less too; so the load average stands beside the figures. Memory is
indifferent to company.

"""


def page(run: Run) -> str:
    """Return the page in Markdown."""
    lines = [
        "| figure | unit | median | lowest to highest | goal | median : goal | |",
        "|---|---|---|---|---|---|---|",
        *(f"| {' | '.join(cells(each))} |" for each in run.figures),
    ]
    notes = [f"- {each.name}: {each.note}" for each in run.figures if each.note]
    return (
        f"{HEAD}`{run.command}` on {where(run.machine)}, in {run.elapsed_s:.0f} s.\n\n"
        + "\n".join(lines)
        + "\n\n## How each was measured\n\n"
        + "\n".join(notes)
        + "\n"
    )


def where(machine: Machine) -> str:
    """Name the machine and how busy it was."""
    edited = " with changes" if machine.revision.endswith("+dirty") else ""
    return (
        f"{machine.cpu_model}, {machine.cpu_count} cores, {machine.memory_bytes / BYTES_PER_GIB:.0f} GiB, "
        f"Linux {machine.kernel}, Python {machine.python}, revision {machine.revision[:12]}{edited}, {machine.date}, "
        f"load average {machine.load_before:.1f} before and {machine.load_after:.1f} after"
    )


def line(each: Figure) -> str:
    """Say one figure in a line of a terminal."""
    name, unit, median, spread, goal, ratio, mark = cells(each)
    against = f"goal {goal}, {ratio} of it: {mark.strip('*')}" if goal else "no goal"
    return f"{name}: {median} {unit} ({spread}); {against}"


def cells(each: Figure) -> tuple[str, ...]:
    """Return what a row of the table says."""
    found, ratio = each.median(), each.ratio()
    spread = f"{number(min(each.readings))} to {number(max(each.readings))}" if each.readings else ""
    return (
        each.name,
        each.unit,
        "not measured" if found is None else number(found),
        spread,
        "" if each.goal is None else f"{each.side} {number(each.goal)}",
        "" if ratio is None else f"{ratio:.2f}",
        MARKS[each.is_met()],
    )


def number(value: float) -> str:
    """Write three digits or so, as many as a benchmark can stand for."""
    if abs(value) >= 1000:  # noqa: PLR2004 - whole numbers from here on say enough
        return f"{round(value, -2) if abs(value) >= 10_000 else value:,.0f}"  # noqa: PLR2004 - four digits at most
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004 - three digits
