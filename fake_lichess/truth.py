"""What an import must end up with: every game of a user that an export of this window and these filters holds.

Written piece by piece, for an account of half a million games must not be held in memory; never waits.
"""

import json
from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice, repeat
from typing import NamedTuple

from fake_lichess.accounts import Account, Synthetic
from fake_lichess.damage import kept_text
from fake_lichess.faults import REFUSABLE, UNSTORABLE, FaultKind
from fake_lichess.games import Window
from fake_lichess.pgn import Options
from fake_lichess.selection import Filters
from fake_lichess.troubled import Troubled, TroubledSynthetic

PIECE_GAMES = 1000  # a choice: some 50 KB of text at a time
# The text that the digest is made of: what an importer that wants everything asks for.
WHOLE = Options(clocks=True, evals=True, opening=True)


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


class Row(NamedTuple):
    """One game of the truth."""

    number: int
    id: str
    created_at_ms: int
    text: bytes = b""


def truth_text(account: Account | Troubled, window: Window, filters: Filters, digest: Digest | None) -> Iterator[str]:
    """Write the truth; a replayed file knows no filters, as its exports know none."""
    if filters == Filters() or not isinstance(account, Synthetic | TroubledSynthetic):
        numbers: Sequence[int] = (within := account.numbers(window))
        return _text(account, numbers, _rows(account, within, digest), digest)
    # Gone through twice, for the count comes first; four bytes a game in between.
    found = (account.number_of(game.id) for game in account.selected(window, filters) if game is not None)
    numbers = array("I", (number for number in found if number is not None))
    return _text(account, numbers, _chosen(account, window, filters, digest), digest)


def _text(
    account: Account | Troubled, numbers: Sequence[int], rows: Iterator[Row], digest: Digest | None
) -> Iterator[str]:
    damages: dict[int, list[FaultKind]] = {}
    if isinstance(account, Troubled):
        damages = {number: found for number in numbers if (found := account.damage_to(number))}
    cannot = {number: kinds for number, kinds in damages.items() if UNSTORABLE & set(kinds)}
    may = {number: kinds for number, kinds in damages.items() if REFUSABLE & set(kinds) and number not in cannot}
    left_out = cannot.keys() | may.keys()
    yield f'{{"user":{json.dumps(account.name)},"count":{len(numbers) - len(left_out)},"games":['
    texts, separator = _shown(rows, left_out, digest), ""
    while some := tuple(islice(texts, PIECE_GAMES)):
        yield separator + ",".join(some)
        separator = ","
    yield f'],"may_be_stored":{_listed(account, may)},"cannot_be_stored":{_listed(account, cannot)}'
    yield "}" if digest is None else f',"digest":"{digest.text()}"}}'


def _shown(rows: Iterator[Row], left_out: Collection[int], digest: Digest | None) -> Iterator[str]:
    for row in rows:
        if row.number not in left_out:
            contents = "" if digest is None else f',"sha256":"{digest.add(row.text)}"'
            yield f'{{"id":"{row.id}","created_at_ms":{row.created_at_ms}{contents}}}'


def _rows(account: Account | Troubled, numbers: range, digest: Digest | None) -> Iterator[Row]:
    texts: Iterator[bytes] = repeat(b"", len(numbers))
    if digest is not None:
        texts = account.texts(numbers, WHOLE) if isinstance(account, Troubled) else account.rendered(numbers, WHOLE)
    for number, (game_id, at_ms), text in zip(numbers, account.created(numbers), texts, strict=True):
        yield Row(number, game_id, at_ms, text)


def _chosen(
    account: Synthetic | TroubledSynthetic, window: Window, filters: Filters, digest: Digest | None
) -> Iterator[Row]:
    for game in account.selected(window, filters):
        number = None if game is None else account.number_of(game.id)
        if game is not None and number is not None:
            text = b"" if digest is None else account.text_of(game, WHOLE)
            yield Row(number, game.id, account.created_of(game), text)


def _listed(account: Account | Troubled, damages: Mapping[int, list[FaultKind]]) -> str:
    """List games that are no plain truth, with what is wrong with them."""
    listed = []
    for number, kinds in damages.items():
        [(game_id, at_ms)] = account.created(range(number, number + 1))
        listed.append({"id": game_id, "created_at_ms": at_ms, "faults": kinds})
    return json.dumps(listed, separators=(",", ":"))
