"""What the server counts about itself, in the words of Prometheus.

Must not know where the numbers come from. Importing prometheus_client was measured at 0.95 MiB of anonymous memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# Choices. A batch of 50 takes about a millisecond on an idle disk; the queue moves in minutes.
_BATCH_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
# Two threads take turns every 5 ms; the loop is meant to be held for less than 50 ms.
_LATE_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_WAIT_BUCKETS_S = (0.01, 0.1, 1.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclass(frozen=True, slots=True)
class Now:
    """What stands at the moment of asking."""

    imports_by_state: Mapping[str, int]
    queue_length: int
    streams_in_use: int


class Metrics:
    """Counters that go on, and gauges that are set when someone asks; in a registry of their own."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)  # resident memory, processor time, open files
        self._registry = registry
        self._imports = Gauge("importer_imports", "Imports in the database, by state.", ["state"], registry=registry)
        self._queue = Gauge("importer_queue_length", "Imports that wait for their turn.", registry=registry)
        self._streams = Gauge("importer_upstream_streams", "Streams open to the upstream.", registry=registry)
        self._games = Counter(
            "importer_games", "Games dealt with and committed, by outcome.", ["outcome"], registry=registry
        )
        self._answers = Counter(
            "importer_upstream_answers", "Answers of the upstream, by HTTP status.", ["status"], registry=registry
        )
        self.count_wait_s = self._histogram("importer_queue_wait_seconds", "From request to running.", _WAIT_BUCKETS_S)
        self.count_batch_s = self._histogram(
            "importer_batch_seconds", "From the beginning of a batch's transaction to its commit.", _BATCH_BUCKETS_S
        )

        self._count_late_s = self._histogram(
            "importer_loop_late_seconds", "How late the event loop was for an appointment.", _LATE_BUCKETS_S
        )
        self._held = Gauge(
            "importer_loop_held_most_seconds",
            "The longest that the event loop computed while it was late, since the start.",
            registry=registry,
        )
        self._held_most_s = 0.0

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Callable[[float], None]:
        return Histogram(name, text, buckets=buckets, registry=self._registry).observe

    def count_games(self, outcome: str, games: int) -> None:
        """Count games of one outcome."""
        self._games.labels(outcome).inc(games)

    def count_answer(self, status: int) -> None:
        """Count an answer of the upstream."""
        self._answers.labels(str(status)).inc()

    def count_late_s(self, late_s: float, computed_s: float) -> None:
        """Count how late the event loop was for an appointment, and how much of that it computed."""
        self._count_late_s(late_s)
        self._held_most_s = max(self._held_most_s, computed_s)

    def text(self, now: Now) -> bytes:
        """Return everything, as Prometheus reads it."""
        for state, number in now.imports_by_state.items():
            self._imports.labels(state).set(number)
        self._queue.set(now.queue_length)
        self._streams.set(now.streams_in_use)
        self._held.set(self._held_most_s)
        return generate_latest(self._registry)
