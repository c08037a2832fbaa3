"""Runs the trials of a search one by one into a records file, each at the users and the limit that are asked for.

Decides nothing: which trial comes next is for ``search`` to say, and what one means is for ``find`` and ``squeeze``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from loadtests.bench import Wanted, Workshop, append, folders, resolved, workshop
from loadtests.launch import Bench
from loadtests.plan import PlannedTrial, Profiles, Series, UpstreamProfile, trials_of
from loadtests.record import Run, Trial
from loadtests.settings import Settings
from loadtests.target import Target
from loadtests.trial import run_trial

RECORDS = "records.jsonl"
# The question says so: a setting is confirmed at three times the length of the trials that found it.
LONG_RATIO = 3


@dataclass(frozen=True, slots=True)
class Question:
    """What a search is about, whatever it looks for."""

    name: str  # of the search, as a run's plan is called
    target: Target
    target_file: str
    profile: str | None
    profiles: Profiles
    vary: Mapping[str, str]
    upstream_profile: UpstreamProfile
    games_per_user: int
    stored_games_per_user: int
    highest_users: int
    slots_follow_users: bool
    limit_bytes: int
    reserve_bytes: int
    seed: int
    replay: Path | None
    out: Path
    settings: Settings
    environment: Mapping[str, str]
    command: str

    @property
    def imports(self) -> bool:
        """Whether users import games, rather than hold a request."""
        return self.target.scenario == "import"


@dataclass(frozen=True, slots=True)
class Wish:
    """The trial that is wanted."""

    users: int
    long: bool = False
    priming: bool = False
    limit_bytes: int | None = None  # None: the question's own
    within_s: float | None = None  # None: as the settings say


class Prober:
    """Runs one trial after the other; benches for more users, or longer imports, are set up when they are needed."""

    def __init__(self, question: Question, shop: Workshop, records: TextIO) -> None:
        self.trials: list[Trial] = []
        self._question = question
        self._shop = shop
        self._records = records
        self._benches: dict[tuple[int, int], Bench] = {}
        self._repeats: Counter[tuple[int, int, bool]] = Counter()
        self._header(trials_planned=0)

    def run(self, wish: Wish) -> Trial:
        """Run the trial and record it."""
        question, bench = self._question, self._bench(wish)
        limit_bytes = wish.limit_bytes or question.limit_bytes
        place = (wish.users, limit_bytes, wish.long)
        settings = bench.settings
        within_s = (wish.within_s or settings.imports_within_s) * (LONG_RATIO if wish.long else 1)
        planned = replace(
            self._planned(wish),
            trial_id=f"t{len(self.trials):03d}",
            repeat=self._repeats[place],
            priming=wish.priming,
            rounds=LONG_RATIO if wish.long and not question.imports else 1,
        )
        self._repeats[place] += not wish.priming
        bench = replace(
            bench, limit_bytes=limit_bytes, settings=settings.model_copy(update={"imports_within_s": within_s})
        )
        trial = run_trial(planned, len(self.trials), bench)
        append(self._records, trial)
        self.trials.append(trial)
        return trial

    def finish(self) -> None:
        """Write down how many trials the search took in the end; a reader takes the last such line."""
        self._header(len(self.trials))

    def _planned(self, wish: Wish) -> PlannedTrial:
        question = self._question
        series = Series(
            name="confirm" if wish.long else "users",
            users=(wish.users,),
            profile=question.profile,
            vary={name: (value,) for name, value in question.vary.items()},
            slots_follow_users=question.slots_follow_users,
            upstream_profile=question.upstream_profile,
            repeats=1,
        )
        [planned] = trials_of(series, question.profiles)
        return planned if question.imports else replace(planned, upstream_profile="none")

    def _bench(self, wish: Wish) -> Bench:
        """Set up a bench for as many users, up to the next power of two: accounts are filled as they are needed."""
        question = self._question
        users = min(question.highest_users, 1 << (wish.users - 1).bit_length())
        games = question.games_per_user * (LONG_RATIO if wish.long and question.imports else 1)
        if (users, games) not in self._benches:
            self._benches[users, games] = self._shop.bench(self._wanted(users, games, wish))
        return self._benches[users, games]

    def _wanted(self, users: int, games: int, wish: Wish) -> Wanted:
        question = self._question
        return Wanted(
            run_id=question.out.name,
            seed=question.seed,
            target=question.target,
            settings=question.settings,
            environment=question.environment,
            limit_bytes=question.limit_bytes,
            users=users,
            games_per_user=games if question.imports else 0,
            stored_games_per_user=question.stored_games_per_user if question.imports else 0,
            upstream_profiles=frozenset({question.upstream_profile if question.imports else "none"}),
            replay=question.replay,
            target_file=question.target_file,
            try_settings=() if self._benches else (self._planned(wish).setting,),
            folder=f"{users}-users-{games}-games",
        )

    def _header(self, trials_planned: int) -> None:
        question = self._question
        run = Run(
            run_id=question.out.name,
            started_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            command=question.command,
            plan=question.name,
            seed=question.seed,
            trials_planned=trials_planned,
            limit_bytes=question.limit_bytes,
            reserve_bytes=question.reserve_bytes,
            host=self._shop.host(resolved(question.target.python)),
        )
        append(self._records, run)


@contextmanager
def prober(question: Question) -> Iterator[Prober]:
    """Open a search's folder and records until the block ends; a search that could not begin leaves neither.

    Raises:
        UsageError: the folder or the target cannot be used.
        LimitUnavailable: the host cannot enforce the limit.
    """
    with folders(question.out) as work, workshop(work) as shop:
        file = question.out / RECORDS
        with file.open("x", encoding="utf-8") as records:
            made = Prober(question, shop, records)
            try:
                yield made
            finally:
                if made.trials:
                    made.finish()  # what was measured stays, whatever ends a search
                else:
                    file.unlink()
