"""The summary for machines: base units in names, nothing rounded, the same figures as the page. Pure."""

from typing import Any

from reports import sentences
from reports.compare import Comparison
from reports.findings import Findings
from reports.gate import Gate
from reports.line import Line
from reports.model import Level
from reports.observation import Outcome
from reports.stats import Estimate
from reports.tiers import Offer

# A choice: raised when a name is taken away or changes its meaning; new names may come without.
SUMMARY_VERSION = 1


def summary(findings: Findings) -> dict[str, Any]:
    """Return the findings as plain data, ready for JSON."""
    found, run = findings.capacity, findings.evidence.run
    return {
        "summary_version": SUMMARY_VERSION,
        "run_id": run.run_id,
        "verdict": {
            "users": found.headline.users,
            "state": found.headline.state.value,
            "why": found.headline.why.value,
            "sentence": sentences.verdict(findings),
        },
        "shown_safe_users": found.shown_safe,
        "limit_bytes": run.limit_bytes,
        "reserve_bytes": run.reserve_bytes,
        "upstream": found.mode.model_dump(),
        "setting": found.setting,
        "games_per_user": found.anchor.games_per_user,
        "trials": {
            "planned": run.trials_planned,
            "recorded": findings.evidence.recorded,
            "priming": len(findings.evidence.priming),
            **{outcome.value: sum(seen.outcome is outcome for seen in findings.evidence.trials) for outcome in Outcome},
        },
        "levels": [_level(level) for level in found.levels],
        "line": _line(found.line),
        "savings": [
            {
                "knob": saving.knob,
                "larger": saving.larger,
                "smaller": saving.smaller,
                "per_import_bytes": _estimate(saving.per_import_bytes),
            }
            for saving in (findings.grid.savings if findings.grid else ())
        ],
        "claims": [
            {
                "claim": compared.claim.text,
                "claimed": list(compared.claim.claimed),
                "unit": compared.claim.unit,
                "says": compared.claim.says,
                "measured": _estimate(compared.measured),
                "holds": compared.holds.value,
                "trial_ids": list(compared.trial_ids),
            }
            for compared in findings.claims
        ],
        "plan": plan_summary(findings),
        "doubts": [{"finding": doubt.finding, "remedy": doubt.remedy} for doubt in findings.doubts],
    }


def _line(line: Line | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {
        "base_bytes": _estimate(line.base),
        "need_bytes": _estimate(line.need),
        "waiting_bytes": _estimate(line.waiting),
        "spread_bytes": line.fit.spread,
        "degrees_of_freedom": line.fit.dof,
        "users_from": line.lowest,
        "users_to": line.highest,
        "trial_ids": [seen.trial_id for seen in line.trials],
        "killed_trial_ids": [seen.trial_id for seen in line.killed],
    }


def plan_summary(findings: Findings) -> dict[str, Any] | None:
    """Return the plan for a load as plain data; None where the run tells of none."""
    plan = findings.plan
    if plan is None:
        return None
    return {
        "imports_per_month": plan.demand.imports_per_month,
        "busiest_hour_ratio": plan.demand.busiest_hour_ratio,
        "wait_s": plan.demand.wait_s,
        "upstream_games_per_s": plan.upstream.games_per_s,
        "upstream_streams": plan.upstream.streams,
        "import_cpu_s": plan.service.cpu_s,
        "most_per_hour_within_wait": plan.waiting.most_per_hour,
        "fleets": [{"users_per_day": one.users_per_day, "machines": one.machines} for one in plan.waiting.fleets],
        "offers": [_offer(offer, plan.demand.imports_per_month) for offer in plan.offers],
    }


def _offer(offer: Offer, imports_per_month: float) -> dict[str, Any]:
    return {
        "tier": f"{offer.tier.provider} {offer.tier.name}",
        "memory_bytes": offer.tier.memory_bytes,
        "fits": offer.fits,
        "beyond_measured": offer.beyond_measured,
        "binding": offer.binding.value,
        "imports_per_hour": offer.most_per_hour,
        "imports_per_hour_within_wait": offer.within_wait_per_hour,
        "machines": offer.machines,
        "usd_per_month": offer.monthly_usd,
        "usd_per_thousand_imports": offer.usd_per_thousand(imports_per_month),
        "price_as_of": None if offer.tier.as_of is None else offer.tier.as_of.isoformat(),
        "rejected": offer.rejected,
    }


def comparison_summary(found: Comparison) -> dict[str, Any]:
    """Return two runs side by side as plain data."""
    return {
        "summary_version": SUMMARY_VERSION,
        "shown_safe_users": list(found.shown_safe),
        "failed_trials": list(found.failed),
        "differences": [
            {
                "setting": one.setting,
                "figure": one.figure,
                "first": one.first,
                "second": one.second,
                "difference": _estimate(one.difference),
                "values": list(one.values),
                "told_from_chance": one.is_told,
            }
            for one in found.differences
        ],
        "only_first": list(found.only_first),
        "only_second": list(found.only_second),
    }


def gate_summary(found: Gate) -> dict[str, Any]:
    """Return the gate's answer as plain data, ready for JSON."""
    return {
        "summary_version": SUMMARY_VERSION,
        "answer": found.answer.name.lower(),
        "exit_code": found.answer.value,
        "reason": found.reason,
        "wants_rerun": found.wants_rerun,
        "runs": [
            {
                "run_id": run.run_id,
                "void_trials": run.void,
                "refusal": run.refusal,
                "limits": [
                    {"text": one.threshold.text, "found": one.found, "kept": one.kept.value} for one in run.checks
                ],
                "growths": [growth.model_dump() | {"grew": growth.grew} for growth in run.growths],
            }
            for run in found.runs
        ],
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "users": level.users,
        "state": level.state.value,
        "why": level.why.value,
        "passed": len(level.having(Outcome.PASSED)),
        "failed": len(level.having(Outcome.FAILED)),
        "void": len(level.having(Outcome.VOID)),
        "highest_peak_bytes": level.highest_peak_bytes,
        "expected_bytes": level.expected_bytes,
        "bound_bytes": level.bound_bytes,
        "within_data": level.within_data,
        "failure_bound_ratio": level.failure_bound_ratio,
        "trial_ids": [seen.trial_id for seen in level.trials],
    }


def _estimate(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else {"value": estimate.value, "low": estimate.low, "high": estimate.high}
