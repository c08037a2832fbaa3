"""Brings an import into each phase that it can be in, and keeps it there, so that its server can be ended just then.

Phases are finer here than in the database: waiting has many reasons, and each is a place to die in.
"""

import signal
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.importer_nursery import Nursery

GAMES_WANTED = 60
# Small batches make many moments between two commits; one import always waits while two run.
SETTINGS = {"IMPORT_BATCH_SIZE": "7", "EXISTING_GAMES_PAGE_SIZE": "5", "MAX_CONCURRENT_IMPORTS": "2"}
FOR_EVER_S = 3_600.0
OVER = {"completed", "failed", "cancelled"}

State = dict[str, Any]
_NUMBERS = count()


@dataclass(frozen=True)
class Scene:
    """What a phase is played with; every import of it is of a player of its own."""

    here: Nursery
    path: Path
    upstream: str
    user: str = ""
    url: str = ""

    def environment(self, **settings: str) -> dict[str, str]:
        """Return the settings of an importer on the database of this scene."""
        files = {"DATABASE_PATH": str(self.path / "games.sqlite3"), "LICHESS_BASE_URL": self.upstream}
        return {**files, **SETTINGS, **settings}

    def begin(self, *faults: Mapping[str, object], **settings: str) -> "Scene":
        """Start a server and ask for an import of a new player, whose exports have these faults."""
        user = f"player-in-phase-{next(_NUMBERS)}"
        give(self.upstream, user, *faults)
        url = self.here.start(self.environment(**settings))
        assert url is not None
        begun = replace(self, user=user, url=url)
        begun.state()
        return begun

    def state(self) -> State:
        """Return the unfinished import of the player: asking for it again returns it."""
        return state(self.url, self.user)

    def until(self, reached: Callable[[State], object]) -> State:
        """Poll the import until it has come so far."""
        import_id = self.state()["import_id"]
        while not reached(shown := httpx.get(f"{self.url}/api/v1/imports/{import_id}", timeout=10).json()):
            assert shown["status"] not in OVER, shown
        return dict(shown)

    @contextmanager
    def database_held(self) -> Iterator[None]:
        """Let another program write to the database for as long as the block lasts."""
        with closing(sqlite3.connect(self.path / "games.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield


def give(upstream: str, user: str, *faults: Mapping[str, object]) -> None:
    """Replace the faults of a player."""
    httpx.put(f"{upstream}/_control/users/{user}/faults", json={"faults": list(faults)}).raise_for_status()


def state(url: str, user: str) -> State:
    """Ask for an import of a player, and return it as it stands."""
    body = {"user_id": user, "platform": "lichess", "limit": GAMES_WANTED}
    shown: State = httpx.post(f"{url}/api/v1/import-more-games", json=body, timeout=10).json()
    return shown


def held_up_by(reason: str) -> Callable[[State], bool]:
    """Return what tells whether an import is held up for that reason."""
    return lambda shown: reason in str(shown["held_up"])


SILENT_AFTER = 4
SILENCE = {"kind": "stall", "game": SILENT_AFTER, "seconds": FOR_EVER_S}
SLOWLY = {"kind": "drip", "game": 1, "seconds": 0.02, "size_bytes": 400}
PATIENT = {"UPSTREAM_STALL_S": "60", "UPSTREAM_BUSY_WAIT_S": "3600"}


@contextmanager
def in_the_queue(scene: Scene) -> Iterator[str]:
    """Wait behind two imports, of which one does not get on and the other waits for its stream."""
    first = scene.begin(SILENCE, **PATIENT)
    replace(first, user=f"{first.user}-2").state()
    third = replace(first, user=f"{first.user}-3")
    assert third.state()["phase"] == "queued"
    yield third.user


@contextmanager
def while_reading(scene: Scene) -> Iterator[str]:
    """Be resumed by a server that cannot begin, because another program holds the database."""
    begun = scene.begin(SILENCE, **PATIENT)
    begun.until(lambda shown: shown["fetched"])
    assert scene.here.signal(signal.SIGKILL) == -signal.SIGKILL
    with scene.database_held():
        url = scene.here.start(scene.environment(**PATIENT))
        assert replace(begun, url=url or "").state()["phase"] == "reading_existing"
        yield begun.user


@contextmanager
def waiting_for_its_turn(scene: Scene) -> Iterator[str]:
    """Wait for the one stream, which another import has."""
    first = scene.begin(SILENCE, **PATIENT)
    first.until(lambda shown: shown["fetched"])
    second = replace(first, user=f"{first.user}-2")
    second.until(held_up_by("waits for its turn"))
    yield second.user


@contextmanager
def while_streaming(scene: Scene) -> Iterator[str]:
    """Be in the middle of a stream that goes on."""
    begun = scene.begin(SLOWLY)
    begun.until(lambda shown: shown["fetched"])
    yield begun.user


@contextmanager
def in_a_silence(scene: Scene) -> Iterator[str]:
    """Wait for the next byte of a stream that has fallen silent."""
    begun = scene.begin(SILENCE, **PATIENT)
    begun.until(lambda shown: shown["fetched"] == SILENT_AFTER - 1)  # the last one may go on
    yield begun.user


@contextmanager
def after_a_429(scene: Scene) -> Iterator[str]:
    """Leave the upstream alone, as it asked for."""
    begun = scene.begin({"kind": "too-many-requests"}, **PATIENT)
    begun.until(held_up_by("every import leaves it alone"))
    yield begun.user


@contextmanager
def behind_a_429(scene: Scene) -> Iterator[str]:
    """Wait until another import, which was refused, has asked again."""
    begun = scene.begin({"kind": "too-many-requests"}, **PATIENT, UPSTREAM_MAX_STREAMS="2")
    begun.until(held_up_by("every import leaves it alone"))
    second = replace(begun, user=f"{begun.user}-2")
    second.until(held_up_by("lets another import stream"))
    yield second.user


@contextmanager
def after_a_failure(scene: Scene) -> Iterator[str]:
    """Wait before asking again."""
    begun = scene.begin({"kind": "status-503"})
    begun.until(held_up_by("503; it asks again"))
    yield begun.user


@contextmanager
def unable_to_store(scene: Scene) -> Iterator[str]:
    """Hold games that the database does not take."""
    begun = scene.begin(SLOWLY)
    begun.until(lambda shown: shown["stored"])
    with scene.database_held():
        begun.until(held_up_by("busy"))
        yield begun.user


@contextmanager
def when_finished(scene: Scene) -> Iterator[str]:
    """Be over."""
    begun = scene.begin()
    import_id = begun.state()["import_id"]
    while httpx.get(f"{begun.url}/api/v1/imports/{import_id}").json()["status"] not in OVER:
        pass
    yield begun.user


Play = Callable[[Scene], AbstractContextManager[str]]
PHASES: Mapping[str, Play] = {
    play.__name__.replace("_", " "): play
    for play in (
        in_the_queue,
        while_reading,
        waiting_for_its_turn,
        while_streaming,
        in_a_silence,
        after_a_429,
        behind_a_429,
        after_a_failure,
        unable_to_store,
        when_finished,
    )
}
