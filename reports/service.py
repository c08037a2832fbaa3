"""What a machine's trials say of the server as a service: its bound, its memory on average, and the work of an import.

The upstream's pace and streams are not measured but chosen: those of the real Lichess, or given. Pure.
"""

import math
import statistics
from dataclasses import dataclass
from typing import Final

from reports.model import Capacity
from reports.tiers import Service
from reports.trials import Evidence

# Lichess streams 25 games a second to an address it does not know, and 2 exports at once; its text says 20 and 1.
# Source: lila's code of 2025-07, measured at 24.3 by a public importer.
GAMES_PER_S: Final = 25.0
STREAMS: Final = 2
# A choice: a server that uses at most this much more than n processors is said to use n.
_WHOLE_PROCESSORS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Upstream:
    """What an upstream grants one address."""

    games_per_s: float = GAMES_PER_S
    streams: int = STREAMS


def service_of(evidence: Evidence, found: Capacity, upstream: Upstream) -> Service | None:
    """Describe the server of the pooled trials; None where no need, base or processor time was measured."""
    line = found.line
    if line is None or line.need is None or not found.anchor.games_per_user:
        return None
    bases = [seen.base_bytes for seen in line.trials if seen.base_bytes is not None]
    work = [(seen.load_cpu_s, seen.trial.users, seen.wall_s) for seen in line.trials if seen.load_cpu_s is not None]
    if not bases or not work:
        return None
    busiest = max((cpu_s / wall_s for cpu_s, _, wall_s in work if wall_s), default=1.0)
    return Service(
        bound_bytes=lambda users: line.bound_bytes(users) or math.inf,
        measured_to=line.highest,
        idle_bytes=statistics.fmean(bases),
        need_bytes=max(0.0, line.need.value),
        cpu_s=sum(cpu_s for cpu_s, _, _ in work) / sum(users for _, users, _ in work),
        processes=max(1, math.ceil(busiest - _WHOLE_PROCESSORS)),
        games=found.anchor.games_per_user,
        games_per_s=upstream.games_per_s,
        streams=upstream.streams,
        reserve_ratio=evidence.run.reserve_bytes / evidence.run.limit_bytes,
    )
