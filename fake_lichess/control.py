"""The routes of the harness, which no real Lichess has: accounts, faults, truth, counts, configuration."""

import json
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from itertools import islice, repeat
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from fake_lichess.accounts import USERNAME, Account, Accounts
from fake_lichess.damage import kept_text
from fake_lichess.faults import REFUSABLE, UNSTORABLE, FaultKind
from fake_lichess.games import Window
from fake_lichess.limits import Counts, Limits
from fake_lichess.pgn import Options
from fake_lichess.settings import GAMES_MOST, Settings
from fake_lichess.troubles import EVERYONE, Given, Troubled, Troubles

TRUTH_PIECE_GAMES = 1000  # a choice: some 50 KB of text at a time
# The text that the digest is made of: what an importer that wants everything asks for.
WHOLE = Options(clocks=True, evals=True, opening=True)
USER_OR_EVERYONE = rf"^({USERNAME.pattern}|\{EVERYONE})$"


class NewAccount(BaseModel):
    """How large an account to make."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    games: int = Field(ge=0, le=GAMES_MOST)


class Leaked(BaseModel):
    """How many places an address is to lose until they are forgotten."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    streams: int = Field(ge=1)


class Digest:
    """Sums up the contents of games, in whatever order they come: the SHA-256 of each, added up modulo 2**256."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, game: bytes) -> str:
        """Take in the PGN of one game and return its own SHA-256."""
        of_one = sha256(kept_text(game))
        self._sum = (self._sum + int.from_bytes(of_one.digest(), "big")) % 2**256
        return of_one.hexdigest()

    def text(self) -> str:
        """Return the sum in 64 hexadecimal digits."""
        return f"{self._sum:064x}"


def control_routes(
    settings: Settings, accounts: Accounts, counts: Counts, limits: Limits, troubles: Troubles
) -> APIRouter:
    """Build the routes under ``/_control``."""
    routes = APIRouter(prefix="/_control")
    routes.include_router(fault_routes(troubles))

    @routes.put("/users/{name}")
    def create(name: Annotated[str, Path(pattern=f"^{USERNAME.pattern}$")], wanted: NewAccount) -> dict[str, str | int]:
        """Make a user exist with so many games."""
        accounts.create(name, wanted.games)
        return {"user": name, "games": wanted.games}

    @routes.get("/users/{name}/truth")
    def truth(
        name: str,
        since: int | None = None,
        until: int | None = None,
        most: Annotated[int | None, Query(alias="max", ge=1)] = None,
        digest: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    ) -> StreamingResponse:
        """Say exactly what an import of this window must end up with, newest first."""
        found = accounts.find(name)
        if found is None:
            raise HTTPException(404, f"there is no user {name}; create one with PUT /_control/users/{name}")
        account = troubles.account(found)
        pieces = truth_text(account, account.numbers(Window(since, until, most)), Digest() if digest else None)
        return StreamingResponse(pieces, media_type="application/json")

    @routes.get("/stats")
    async def stats() -> dict[str, object]:
        """Count what was asked for and sent since the start, and the places of streams now taken."""
        return {**counts.snapshot(), "places": limits.places.snapshot(), "faults": troubles.done}

    @routes.put("/addresses/{address}/leaked")
    async def leak(address: str, leaked: Leaked) -> dict[str, object]:
        """Take places of an address that no stream will ever give back."""
        limits.leak(address, leaked.streams)
        return {"places": limits.places.snapshot()}

    @routes.get("/config")
    def config() -> dict[str, object]:
        """Say what the server was started with."""
        return {
            "profile": settings.profile.name.value,
            "games_per_s": settings.games_per_s,
            "speed_ratio": settings.speed_ratio,
            "max_streams": settings.max_streams,
            "seed": settings.seed,
            "games": settings.games,
            "leaks": settings.leaks.value,
            "slot_memory_s": settings.slot_memory_s,
            "reader_patience_s": settings.reader_patience_s,
            "trust_client_header": settings.trust_client_header,
            "evals_share_ratio": settings.evals_share_ratio,
            "replay": None if settings.replay is None else str(settings.replay),
        }

    return routes


def fault_routes(troubles: Troubles) -> APIRouter:
    """Build the routes that make things go wrong."""
    routes = APIRouter()

    @routes.put("/users/{name}/faults")
    async def give(name: Annotated[str, Path(pattern=USER_OR_EVERYONE)], given: Given) -> dict[str, object]:
        """Replace a user's faults, or with ``*`` those of everyone who has none of his own."""
        troubles.give(name, given.faults)
        return told(name)

    @routes.get("/users/{name}/faults")
    async def faults_of(name: str) -> dict[str, object]:
        """List a user's faults with what they were told."""
        return told(name)

    def told(name: str) -> dict[str, object]:
        return {"user": name, "faults": [fault.model_dump(exclude_unset=True) for fault in troubles.of(name)]}

    return routes


def truth_text(account: Account | Troubled, numbers: range, digest: Digest | None) -> Iterator[str]:
    """Write the truth piece by piece: an account of half a million games must not be held in memory."""
    damages: dict[int, list[FaultKind]] = {}
    if isinstance(account, Troubled):
        damages = {number: found for number in numbers if (found := account.damage_to(number))}
    cannot = {number: kinds for number, kinds in damages.items() if UNSTORABLE & set(kinds)}
    may = {number: kinds for number, kinds in damages.items() if REFUSABLE & set(kinds) and number not in cannot}
    left_out = cannot.keys() | may.keys()
    yield f'{{"user":{json.dumps(account.name)},"count":{len(numbers) - len(left_out)},"games":['
    rows = _rows(account, numbers, left_out, digest)
    separator = ""
    while some := tuple(islice(rows, TRUTH_PIECE_GAMES)):
        yield separator + ",".join(some)
        separator = ","
    yield f'],"may_be_stored":{_listed(account, may)},"cannot_be_stored":{_listed(account, cannot)}'
    yield "}" if digest is None else f',"digest":"{digest.text()}"}}'


def _rows(
    account: Account | Troubled, numbers: range, left_out: Collection[int], digest: Digest | None
) -> Iterator[str]:
    texts: Iterator[bytes] = repeat(b"", len(numbers))
    if digest is not None:
        texts = account.texts(numbers, WHOLE) if isinstance(account, Troubled) else account.rendered(numbers, WHOLE)
    for number, (game_id, at_ms), text in zip(numbers, account.created(numbers), texts, strict=True):
        if number not in left_out:
            contents = "" if digest is None else f',"sha256":"{digest.add(text)}"'
            yield f'{{"id":"{game_id}","created_at_ms":{at_ms}{contents}}}'


def _listed(account: Account | Troubled, damages: Mapping[int, list[FaultKind]]) -> str:
    """List games that are no plain truth, with what is wrong with them."""
    listed = []
    for number, kinds in damages.items():
        [(game_id, at_ms)] = account.created(range(number, number + 1))
        listed.append({"id": game_id, "created_at_ms": at_ms, "faults": kinds})
    return json.dumps(listed, separators=(",", ":"))
