"""Runs the fake upstream as a process outside every trial's cgroup, and asks it what is true.

Meets the fake over HTTP only; never imports it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from loadtests.errors import UpstreamUnusable
from loadtests.process import Cores, free_port, start_child
from loadtests.record import Upstream
from loadtests.settings import REPOSITORY

# A choice: the fake starts in about a second, a replayed file of some megabytes takes longer to index.
READY_WITHIN_S = 60.0
# An account of 10 000 games with clocks and evals is about 30 MB on loopback.
ANSWER_WITHIN_S = 60.0
# Lichess hides its games from clients that do not say who they are, and so does the fake.
USER_AGENT = "import-capacity-loadtests/0.1 (harness)"


@dataclass(frozen=True, slots=True)
class UpstreamPlan:
    """What kind of upstream a trial needs."""

    profile: str
    seed: int
    games_per_account: int
    replay: Path | None = None
    lift_stream_limit: bool = True  # memory of N imports is measured while N streams run


@dataclass(frozen=True, slots=True)
class Game:
    """One game that an import must end up with."""

    game_id: str
    created_at_ms: int


class NoUpstream:
    """Stands where an upstream would, for a target that imports nothing."""

    url = ""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def facts(self) -> Upstream:
        """Say that there is none."""
        return Upstream(profile="none", games_per_s=None, speed_ratio=1.0, max_streams=None, seed=self._seed)


class RunningUpstream:
    """A fake upstream that answers on *url*."""

    def __init__(self, url: str, replay: Path | None, process_group: int | None = None) -> None:
        self.url = url
        self.process_group = process_group
        self._replay = replay
        self._client = httpx.Client(base_url=url, headers={"User-Agent": USER_AGENT}, timeout=ANSWER_WITHIN_S)

    def facts(self) -> Upstream:
        """Return the mode this upstream runs in, as the upstream itself says it."""
        config = self._get("/_control/config").json()
        return Upstream(
            profile=f"replay:{self._replay.name}" if self._replay else config["profile"],
            games_per_s=config["games_per_s"],
            speed_ratio=config["speed_ratio"],
            max_streams=config["max_streams"],
            seed=config["seed"],
        )

    def truth(self, user: str) -> tuple[Game, ...]:
        """Return every game of *user*, newest first."""
        games = self._get(f"/_control/users/{user}/truth").json()["games"]
        return tuple(Game(game["id"], game["created_at_ms"]) for game in games)

    def save_games(self, user: str, since_ms: int, until_ms: int, file: Path) -> None:
        """Write the PGN of *user*'s games from *since_ms* to just before *until_ms* to *file*, newest first."""
        flags: dict[str, str | int] = {
            "since": since_ms,
            "until": until_ms,
            "clocks": "true",
            "evals": "true",
            "opening": "true",
        }
        try:
            with self._client.stream("GET", f"/api/games/user/{user}", params=flags) as answer, file.open("wb") as out:
                answer.raise_for_status()
                for chunk in answer.iter_bytes():
                    out.write(chunk)
        except httpx.HTTPError as error:
            raise UpstreamUnusable(f"the upstream did not export {user}'s games: {error}. Try it by hand.") from error

    def close(self) -> None:
        """Drop the connections to the upstream."""
        self._client.close()

    def _get(self, path: str) -> httpx.Response:
        try:
            return self._client.get(path).raise_for_status()
        except httpx.HTTPError as error:
            raise UpstreamUnusable(f"the upstream did not answer {path}: {error}. Try it by hand.") from error


@contextmanager
def upstream(plan: UpstreamPlan, folder: Path, cores: Cores | None) -> Iterator[RunningUpstream]:
    """Run a fake upstream until the block ends.

    Raises:
        UpstreamUnusable: it ended before it listened, for example because the replayed file holds no game.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = folder / f"upstream-{plan.profile}.log"
    with start_child(_command(plan, port), env={}, cwd=REPOSITORY, entry_file=None, log=log, cores=cores) as child:
        if child.wait_ready(f"{url}/healthz", READY_WITHIN_S) != "ready":
            last = child.log_tail(1) or "it printed nothing"
            raise UpstreamUnusable(f"the fake upstream did not start: {last}. Run `python -m fake_lichess` by hand.")
        running = RunningUpstream(url, plan.replay, child.pid)
        try:
            yield running
        finally:
            running.close()


def _command(plan: UpstreamPlan, port: int) -> list[str]:
    command = [sys.executable, "-m", "fake_lichess", "--port", str(port), "--profile", plan.profile]
    command += ["--seed", str(plan.seed), "--games", str(plan.games_per_account)]
    if plan.lift_stream_limit:
        command += ["--max-streams", "0"]
    if plan.replay is not None:
        command += ["--replay", str(plan.replay.resolve())]
    return command
