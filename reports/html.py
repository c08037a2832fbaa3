"""Builds the page and its Markdown summary from findings and pictures; words come from below, layout from templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from reports import planning, sentences, side_by_side, tables, texts
from reports.ablation import Ablation
from reports.captions import captions
from reports.compare import Comparison
from reports.findings import Findings
from reports.model import State
from reports.observation import Outcome
from reports.plots import Plot
from reports.sentences import saved

_GLYPHS: Final = {State.SAFE: "\N{CHECK MARK}", State.NOT_SAFE: "\N{BALLOT X}", State.CANNOT_TELL: "?"}


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One figure of the strip under the verdict."""

    label: str
    value: str


def page(findings: Findings, plots: Mapping[str, Plot]) -> str:
    """Return the report as one self-contained HTML file."""
    return _templates().get_template("report.html.j2").render(_context(findings, plots))


def markdown(findings: Findings, plots: Mapping[str, Plot]) -> str:
    """Return the summary as Markdown that shows the PNG files beside it."""
    return _templates().get_template("summary.md.j2").render(_context(findings, plots))


def tier_plan(findings: Findings) -> str:
    """Return the plan for a load alone, as Markdown."""
    return _templates().get_template("tiers.md.j2").render(_context(findings, {}))


def comparison_page(found: Comparison) -> str:
    """Return two runs side by side, as Markdown."""
    told, same = side_by_side.differences(found, told=True), side_by_side.differences(found, told=False)
    return _templates().get_template("compare.md.j2").render(found=found, told=told, same=same)


def ablation_page(found: Sequence[Ablation]) -> str:
    """Return what each optimisation saves, on every target measured, as Markdown beside its picture."""
    return (
        _templates()
        .get_template("ablation.md.j2")
        .render(found=found, table=side_by_side.ablation, sentence=saved, mib=texts.mib_chosen)
    )


def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=select_autoescape(["html.j2"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _markdown_cell
    return environment


def _context(findings: Findings, plots: Mapping[str, Plot]) -> dict[str, Any]:
    found, run = findings.capacity, findings.evidence.run
    level = found.headline
    return {
        "question": f"Can {texts.spelled(level.users)} imports run at once at {texts.mib_chosen(run.limit_bytes)}?",
        "state": level.state.name.lower(),
        "state_word": sentences.STATES[level.state],
        "glyph": _GLYPHS[level.state],
        "verdict": sentences.verdict(findings),
        "shown_safe": sentences.shown_safe(found),
        "counting": sentences.counting(level),
        "conditions": sentences.conditions(findings),
        "interrupted": _interrupted(findings),
        "figures": _key_figures(findings),
        "line": sentences.line(found),
        "savings": sentences.savings(findings),
        "other_pace": sentences.other_pace(findings),
        "throughput": sentences.throughput(found),
        "doubts": findings.doubts,
        "ceilings": planning.ceilings(findings),
        "assumptions": planning.assumptions(findings.plan) if findings.plan else "",
        "waits": planning.waits(findings),
        "tiers": planning.tiers(findings),
        "choice": planning.choice(findings),
        "levels": tables.levels(findings),
        "queueing": tables.queueing(findings),
        "claims": tables.claims(findings),
        "trials": tables.trials(findings),
        "facts": tables.facts(findings),
        "plots": plots,
        "captions": captions(findings),
        "run_id": run.run_id,
        "started_at": run.started_at,
        "target": found.anchor.target,
    }


def _interrupted(findings: Findings) -> str:
    evidence = findings.evidence
    if evidence.recorded >= evidence.run.trials_planned and not evidence.cut_short:
        return ""
    planned = texts.count(evidence.run.trials_planned, "planned trial")
    return f"This run was interrupted: {evidence.recorded} of {planned} were recorded."


def _key_figures(findings: Findings) -> tuple[KeyFigure, ...]:
    found, run = findings.capacity, findings.evidence.run
    level, need = found.headline, found.line.need if found.line else None
    failed = len(level.having(Outcome.FAILED))
    counted = failed + len(level.having(Outcome.PASSED))
    with_three = f"with {texts.spelled(level.users)}"
    figures = [KeyFigure(f"failed trials {with_three}", f"{failed} of {counted}")]
    if level.highest_peak_bytes is not None:
        figures.append(KeyFigure(f"highest peak {with_three}", texts.mib(level.highest_peak_bytes)))
    elif level.trials:
        readings = [seen.peak_bytes for seen in level.trials if seen.peak_bytes is not None]
        figures += [KeyFigure(f"last reading {with_three}", texts.mib(max(readings)))] if readings else []
    if level.bound_bytes is not None and level.within_data:
        figures.append(KeyFigure(f"95/95 bound {with_three}", texts.mib(level.bound_bytes)))
        figures.append(KeyFigure("left under the limit", texts.mib(run.limit_bytes - level.bound_bytes)))
    if need is not None:
        figures.append(KeyFigure("one more import adds", texts.mib(need.value)))
    return tuple(figures)


def _markdown_cell(text: str) -> str:
    return text.replace("|", "\\|")
