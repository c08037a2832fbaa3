"""Imports from the running fake while faults strike, and compares with what the fake knows to be true."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from fake_lichess.faults import CONTENT
from importer.game import Game, Rejection, read_game
from importer.jobs.course import Patience
from importer.pgn import RawGame, Splitter
from importer.reading import NEWEST, PAGE_GAMES_MOST, GamesReader, Position
from importer.store import Account, ImportRow, Status, Store
from tests.importing import Knobs, importing

FaultObject = Mapping[str, str | float]

# Far more games than any account here has.
EVERYTHING = 10_000
WHOLE = {"clocks": "true", "evals": "true", "opening": "true"}
# What ends a stream too early, so that its last whole game may not be known to be whole.
INTERRUPTIONS = ("cut-after-game", "cut-inside-game", "cut-inside-character", "stall")

# More than all the faults of a combination can strike in a row; no wait outlasts a test.
STUBBORN = Patience(down_wait_s=0.001, growth=1.0, failures_most=30, storage_first_wait_s=0.001)


@dataclass(frozen=True)
class Way:
    """How the games are imported."""

    knobs: Knobs
    users: int = 1
    more: bool = False  # some games from the middle are stored before, so newer ones come first and then older ones


# A silence of half a second is a stall here, which a busy machine rarely makes by itself; then it only asks once more.
ALONE = Knobs(silent_most_s=0.5, patience=STUBBORN)
SHARED = Knobs(streams_most=1, slice_games=7, silent_most_s=0.5, patience=STUBBORN)
WAYS = {
    "first": Way(ALONE),
    "more": Way(ALONE, more=True),
    "shared": Way(SHARED, users=3),
    "shared-more": Way(SHARED, users=2, more=True),
}


@dataclass(frozen=True)
class Truth:
    """What the fake says an account holds."""

    sound: Mapping[str, str]  # the SHA-256 of the text of every game that must be stored, by id
    refused: frozenset[str]  # ids of games that must, or may, be refused


@dataclass(frozen=True)
class Fake:
    """The fake, as a test gives it orders and asks it."""

    client: httpx.Client

    def give(self, user: str, faults: Iterable[FaultObject]) -> None:
        """Replace the faults of a user; none of them has struck yet."""
        self.client.put(f"/_control/users/{user}/faults", json={"faults": list(faults)}).raise_for_status()

    def truth(self, user: str) -> Truth:
        """Return what imports of the whole account must end up with."""
        told = self.client.get(f"/_control/users/{user}/truth", params={"digest": "true"}).raise_for_status().json()
        refused = frozenset(game["id"] for name in ("may_be_stored", "cannot_be_stored") for game in told[name])
        return Truth({game["id"]: game["sha256"] for game in told["games"]}, refused)

    def middle(self, user: str) -> list[RawGame]:
        """Return some games from the middle of the account, as an import long ago would have got them."""
        games = self.client.get(f"/_control/users/{user}/truth").raise_for_status().json()["games"]
        third = len(games) // 3
        newest_ms, oldest_ms = games[third]["created_at_ms"], games[-third]["created_at_ms"]
        window = {**WHOLE, "since": str(oldest_ms), "until": str(newest_ms)}
        text = self.client.get(f"/api/games/user/{user}", params=window).raise_for_status().content
        splitter = Splitter()
        return [*splitter.feed(text), *splitter.finish()]

    def sent(self) -> tuple[int, int]:
        """Return how many games were sent whole so far, and how many streams a fault has interrupted."""
        stats: dict[str, Any] = self.client.get("/_control/stats").raise_for_status().json()
        return stats["games_sent"], sum(stats["faults"].get(kind, 0) for kind in INTERRUPTIONS)


@dataclass(frozen=True)
class Outcome:
    """What became of the imports of one user: of a first one, and of one that is asked for when all is over."""

    user: str
    rows: tuple[ImportRow, ...]
    before: int  # games stored before
    refused_before: int

    def total(self, count: str) -> int:
        """Add up a count over all imports."""
        return sum(getattr(row, count) for row in self.rows)


def prepare(fake: Fake, path: Path, user: str, faults: Sequence[FaultObject], way: Way) -> Outcome:
    """Give a user his faults, and store what an earlier import would have stored under them."""
    games, refused = [], {}
    if way.more:
        fake.give(user, [fault for fault in faults if fault["kind"] in CONTENT])
        for raw in fake.middle(user):
            found = read_game(raw)
            if isinstance(found, Game):
                games.append(found)
            else:
                refused[found.text] = found
    fake.give(user, faults)
    with closing(Store(str(path / "games.sqlite3"))) as store:
        before = store.add_games(Account("lichess", user), games, list[Rejection](refused.values()))
    return Outcome(user, (), before, len(refused))


async def run(fake: Fake, path: Path, before: Sequence[Outcome], knobs: Knobs) -> list[Outcome]:
    """Import everything of these users at once, then once more."""
    rows: dict[str, tuple[ImportRow, ...]] = {one.user: () for one in before}
    async with importing(str(fake.client.base_url), path, knobs) as here:
        for _ in range(2):
            submitted = [await here.imports.submit("lichess", user, EVERYTHING) for user in rows]
            for view in submitted:
                row = await here.end_of(view.row.import_id)
                rows[row.user_id] = (*rows[row.user_id], row)
    return [Outcome(one.user, rows[one.user], one.before, one.refused_before) for one in before]


def stored(path: Path, user: str) -> dict[str, str]:
    """Return the SHA-256 of the text of every stored game of a user, by id."""
    found: dict[str, str] = {}
    after: Position | None = NEWEST
    with closing(GamesReader(str(path / "games.sqlite3"))) as reader:
        while after is not None and (page := reader.page(Account("lichess", user), after, PAGE_GAMES_MOST)):
            found |= {game.game_id: sha256(game.pgn.encode()).hexdigest() for game in page}
            after = Position.of(page[-1])
    return found


def assert_the_truth(fake: Fake, path: Path, outcome: Outcome) -> None:
    """Compare what imports that ended well have stored and counted with what the fake knows."""
    truth = fake.truth(outcome.user)
    assert [(row.status, row.error) for row in outcome.rows] == [(Status.COMPLETED, None)] * len(outcome.rows)
    assert stored(path, outcome.user) == truth.sound
    assert outcome.total("stored") == len(truth.sound) - outcome.before
    assert outcome.total("rejected") == len(truth.refused) - outcome.refused_before
    for row in outcome.rows:
        assert row.fetched == row.stored + row.duplicates + row.rejected
