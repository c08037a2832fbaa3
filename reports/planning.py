"""Puts into words and tables what a run means for a deployment: ceilings, waits, tiers. Pure; rounds, never decides."""

from datetime import date, datetime

from reports import texts
from reports.findings import Findings, Plan
from reports.tables import Row, Table
from reports.tiers import Ceiling, Offer, met_first
from reports.waiting import Waiting

# The operator asks about these.
_ASKED_USERS = (3, 4, 5)


def ceilings(findings: Findings) -> Table | None:
    """What stops three, four and five imports at once; None where the run does not tell."""
    plan = findings.plan
    if plan is None:
        return None
    met = [met_first(plan.service, users, findings.evidence.run.limit_bytes) for users in _ASKED_USERS]
    return Table(
        name="ceilings",
        caption="Memory left beside the reserve in MiB, and the games a second that the upstream grants one address "
        "and that the processor parses.",
        headings=("at once", "memory left", "upstream games/s", "processor games/s", "met first"),
        rows=tuple(
            Row(
                (
                    str(one.users),
                    texts.mib_cell(one.left_bytes),
                    texts.rate_cell(one.upstream_games_per_s),
                    texts.rate_cell(one.processor_games_per_s),
                    one.binding.value,
                )
            )
            for one in met
        ),
        numbers_from=0,
        numbers_to=4,
    )


def assumptions(plan: Plan) -> str:
    """Say what of the plan was not measured but chosen."""
    streams = texts.count(plan.upstream.streams, "stream")
    return (
        f"Not measured but chosen: an upstream that grants an address {streams} of "
        f"{texts.trimmed(plan.upstream.games_per_s)} games/s, {plan.demand.imports_per_month:,.0f} imports of "
        f"{texts.count(plan.service.games, 'game')} a month, {texts.percent(plan.demand.busiest_hour_ratio)} of a "
        f"day's in its busiest hour, and a wait of at most {texts.seconds(plan.demand.wait_s)} for 95 of 100 users. "
        "The command tiers takes others."
    )


def waits(findings: Findings) -> list[str]:
    """Say how long users wait: at the same moment, and by themselves over the day."""
    plan = findings.plan
    if plan is None:
        return []
    waits_ = plan.waiting
    bursts = texts.listed(
        [
            f"of {texts.spelled(burst.users)} users at the same moment {texts.spelled(burst.waiting)} wait, the last "
            f"{texts.seconds(burst.longest_wait_s)}"
            for burst in waits_.bursts
        ]
    )
    steady = (
        f"Users who come by themselves: one machine takes {waits_.most_per_hour:.0f} imports an hour before 5 in 100 "
        f"wait longer than {texts.seconds(plan.demand.wait_s)}. {_fleets(waits_)}"
    )
    return [f"At the upstream's pace, {_slots(waits_)}: {bursts}.", steady, _rule(findings)]


def _slots(waits_: Waiting) -> str:
    source = "measured service times" if waits_.measured else "service times from the pace alone"
    return f"with {texts.count(waits_.slots, 'import')} streaming at once ({source})"


def _fleets(waits_: Waiting) -> str:
    fleets = [f"{one.users_per_day:,.0f} users a day need {one.machines:,}" for one in waits_.fleets]
    return f"{texts.listed(fleets)} such machines, each with an address of its own."


def _rule(findings: Findings) -> str:
    checked = findings.rule_check
    if checked is None:
        return "No trial with a queue completed, so the rule was not checked against measured waits."
    return (
        f"The rule, first come first served, was checked on {texts.count(len(checked.trials), 'trial')} with a queue: "
        f"recomputed waits are off by {texts.seconds(checked.worst_off_s)} at most, where the longest measured was "
        f"{texts.seconds(checked.longest_wait_s)}."
    )


def tiers(findings: Findings) -> Table | None:
    """Every tier under the demand, the cheapest that suffices first; None where the run does not tell."""
    plan = findings.plan
    if plan is None:
        return None
    today = _day(findings)
    return Table(
        name="tiers",
        caption="Hosting tiers under this load, the cheapest first. Memory in MiB; * more imports at once than were "
        "measured; \N{DAGGER} a price older than half a year, or of unknown age.",
        headings=(
            "tier",
            "memory",
            "fit at once",
            "met first",
            "imports an hour",
            "within the wait",
            "machines",
            "$ a month",
            "$ for 1,000",
            "above its memory",
            "price",
            "rejected because",
        ),
        rows=tuple(_offer(offer, plan, today) for offer in plan.offers),
        numbers_from=1,
        numbers_to=9,
    )


def _offer(offer: Offer, plan: Plan, today: date) -> Row:
    tier = offer.tier
    thousand = offer.usd_per_thousand(plan.demand.imports_per_month)
    dated = f"{tier.as_of or 'undated'}, {tier.confidence}{chr(0x2020) if tier.is_stale(today) else ''}"
    return Row(
        (
            f"{tier.provider} {tier.name}",
            f"{tier.memory_mib:.0f}",
            f"{offer.fits}{'*' if offer.beyond_measured else ''}",
            offer.binding.value,
            f"{offer.most_per_hour:.0f}",
            f"{offer.within_wait_per_hour:.0f}",
            texts.ABSENT if offer.machines is None else str(offer.machines),
            texts.ABSENT if offer.monthly_usd is None else f"{offer.monthly_usd:.2f}",
            texts.ABSENT if thousand is None else f"{thousand:.3f}",
            "killed" if tier.on_exceed == "killed" else f"swaps, killed at {tier.killed_at_ratio:g}{texts.TIMES}",
            dated,
            offer.rejected or "",
        ),
        "" if offer.rejected is None else "void",
    )


def choice(findings: Findings) -> list[str]:
    """Say which tier to take, whether a bigger one is worth its price, and which prices are old."""
    plan = findings.plan
    if plan is None:
        return ["This run does not tell what an import needs, so nothing can be said of tiers."]
    suffice = [offer for offer in plan.offers if offer.rejected is None]
    if not suffice:
        return ["No tier suffices; the table says why."]
    return [_cheapest(suffice[0], plan), _bigger(suffice), *_stale(plan, _day(findings))]


def _cheapest(best: Offer, plan: Plan) -> str:
    machines = texts.count(best.machines or 0, "machine")
    return (
        f"{best.tier.provider} {best.tier.name} suffices for {plan.demand.imports_per_month:,.0f} imports a month at "
        f"${best.monthly_usd or 0:.2f} ({machines}); what it meets first is the {_ceiling(best)}."
    )


def _bigger(suffice: list[Offer]) -> str:
    """Compare one big machine with several small ones, by what more memory brings in imports an hour."""
    smallest = min(suffice, key=lambda offer: offer.tier.memory_mib)
    largest = max(suffice, key=lambda offer: offer.tier.memory_mib)
    times = largest.tier.memory_mib / smallest.tier.memory_mib
    gain = largest.most_per_hour / smallest.most_per_hour
    sentence = (
        f"{texts.trimmed(times)} times the memory ({largest.tier.provider} {largest.tier.name} against "
        f"{smallest.tier.provider} {smallest.tier.name}) brings {texts.trimmed(gain)} times the imports an hour"
    )
    if largest.binding is Ceiling.UPSTREAM:
        return f"{sentence}: the upstream counts streams by address, so several small machines beat a big one."
    return f"{sentence}."


def _ceiling(offer: Offer) -> str:
    return {Ceiling.MEMORY: "memory", Ceiling.CPU: "processor", Ceiling.UPSTREAM: "upstream"}[offer.binding]


def _stale(plan: Plan, today: date) -> list[str]:
    old = [offer for offer in plan.offers if offer.tier.is_stale(today)]
    if not old:
        return []
    of = texts.count(len(plan.offers), "price")
    return [
        f"{len(old)} of {of} were read over half a year before this run, or nobody knows when: look before you pay."
    ]


def _day(findings: Findings) -> date:
    """The day of the run, which the ages of prices are counted to: the same records give the same report on any day."""
    return datetime.fromisoformat(findings.evidence.run.started_at).date()
