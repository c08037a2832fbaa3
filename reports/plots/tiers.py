"""What a thousand imports cost on each tier, and what each tier meets first."""

from typing import Final

from matplotlib.figure import Figure

from reports.findings import Findings, Plan
from reports.plots.canvas import BLUE, ORANGE, PALE, VERMILLION, Plot, drawn, label
from reports.tiers import Ceiling, Offer

_COLOURS: Final = {Ceiling.MEMORY: VERMILLION, Ceiling.CPU: ORANGE, Ceiling.UPSTREAM: BLUE}
TIER_IN: Final = 0.24


def tiers_plot(findings: Findings) -> Plot | None:
    """Draw the plot; None where there is no plan or nothing suffices."""
    plan = findings.plan
    suffice = [offer for offer in plan.offers if offer.rejected is None] if plan is not None else []
    if plan is None or not suffice:
        return None
    best, worst = suffice[0], suffice[-1]
    description = (
        f"Cost a month of {len(suffice)} tiers, from {best.tier.provider} {best.tier.name} at "
        f"${best.monthly_usd or 0:.2f} to {worst.tier.provider} {worst.tier.name} at ${worst.monthly_usd or 0:.2f}"
    )
    return drawn("tiers", 1.0 + TIER_IN * len(suffice), description, lambda figure: _draw(figure, suffice, plan))


def _draw(figure: Figure, suffice: list[Offer], plan: Plan) -> None:
    axes = figure.subplots()
    for place, offer in enumerate(suffice):
        usd = offer.monthly_usd or 0.0
        axes.barh(place, usd, color=_COLOURS[offer.binding], height=0.62, edgecolor=PALE)
        machines = "" if offer.machines == 1 else f", {offer.machines} machines"
        label(axes, (usd, place), f"${usd:.2f}{machines}", xytext=(5, 0))
    names = [f"{offer.tier.provider} {offer.tier.name}, {offer.tier.memory_mib:.0f} MiB" for offer in suffice]
    axes.set_yticks(range(len(suffice)), names)
    axes.set_ylim(len(suffice) - 0.5, -0.5)
    axes.set_xlim(0, max((offer.monthly_usd or 0.0) for offer in suffice) * 1.4 or 1.0)
    axes.set_xlabel(f"$ a month for {plan.demand.imports_per_month:,.0f} imports; the colour says what is met first")
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.tick_params(axis="y", length=0)
    for ceiling in dict.fromkeys(offer.binding for offer in suffice):
        axes.barh(0, 0, color=_COLOURS[ceiling], label=ceiling.value)
    figure.legend(loc="outside upper right", ncols=3, handlelength=1.0)
