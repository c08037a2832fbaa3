"""What can go wrong with an export, as values: each fault, what it needs to be told, and where in a stream it strikes.

No I/O, no clock, no state: how often a fault has struck is kept elsewhere; what it does to a game is in `damage`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FaultKind(StrEnum):
    """What goes wrong; a closed list."""

    TOO_MANY_REQUESTS = "too-many-requests"
    STATUS_500 = "status-500"
    STATUS_502 = "status-502"
    STATUS_503 = "status-503"
    STATUS_504 = "status-504"
    HTML_200 = "html-200"
    CUT_AFTER_GAME = "cut-after-game"
    CUT_INSIDE_GAME = "cut-inside-game"
    CUT_INSIDE_CHARACTER = "cut-inside-character"
    STALL = "stall"
    DRIP = "drip"
    TRUNCATED_TAG = "truncated-tag"
    ILLEGAL_MOVE = "illegal-move"
    UNKNOWN_VARIANT = "unknown-variant"
    NUL_BYTE = "nul-byte"
    INVALID_UTF8 = "invalid-utf8"
    CRLF = "crlf"
    GIANT_GAME = "giant-game"
    DUPLICATE = "duplicate"
    NO_NEWLINE = "no-newline"
    MISSING_ELO = "missing-elo"
    SAME_MILLISECOND = "same-millisecond"
    APPEARING = "appearing"


# Faults that come in place of the export.
ANSWERS = frozenset((
    FaultKind.TOO_MANY_REQUESTS, FaultKind.STATUS_500, FaultKind.STATUS_502, FaultKind.STATUS_503,
    FaultKind.STATUS_504, FaultKind.HTML_200,
))  # fmt: skip
# Faults of the connection, by how many whole games have been sent.
CONNECTION = frozenset((
    FaultKind.CUT_AFTER_GAME, FaultKind.CUT_INSIDE_GAME, FaultKind.CUT_INSIDE_CHARACTER, FaultKind.STALL,
    FaultKind.DRIP,
))  # fmt: skip
# Faults that an account's games have in every export, by the game's place in the account.
CONTENT = frozenset(FaultKind) - ANSWERS - CONNECTION - {FaultKind.APPEARING}
# Games no importer may keep: their text names no game, or no game that was ever played.
UNSTORABLE = frozenset((
    FaultKind.TRUNCATED_TAG, FaultKind.ILLEGAL_MOVE, FaultKind.UNKNOWN_VARIANT, FaultKind.NUL_BYTE,
    FaultKind.INVALID_UTF8,
))  # fmt: skip
# Games an importer may refuse: legal, but of a size no real game has.
REFUSABLE = frozenset((FaultKind.GIANT_GAME,))

# What each kind can be told, beside its name.
TOLD = {
    **dict.fromkeys(ANSWERS, frozenset(("times",))),
    **dict.fromkeys(CONNECTION, frozenset(("times", "game"))),
    **dict.fromkeys(CONTENT, frozenset(("game", "every"))),
    FaultKind.STALL: {"times", "game", "seconds"},
    FaultKind.DRIP: {"times", "game", "seconds", "size_bytes"},
    FaultKind.DUPLICATE: {"game", "every", "copies"},
    FaultKind.SAME_MILLISECOND: {"game", "games"},
    FaultKind.APPEARING: {"game", "games"},
}
COPIES_MOST = 8  # the most often one game was seen in one export by a public importer


class Fault(BaseModel):
    """One fault of one user."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: FaultKind
    # Of the connection, and appearing: strikes when so many games of the export were sent. Of the content: the game's
    # place in the account, where 1 is the newest.
    game: int = Field(default=1, ge=0)
    times: int = Field(default=1, ge=0)  # how many exports it strikes; 0 means every one
    every: int | None = Field(default=None, ge=1)  # and every so many games after the first; None means that one alone
    seconds: float = Field(default=1.0, gt=0.0)  # how long it stalls, or waits between two drips
    size_bytes: int = Field(default=64, ge=1)  # of one drip
    copies: int = Field(default=COPIES_MOST, ge=2, le=COPIES_MOST)
    games: int = Field(default=2, ge=1)  # how many share a millisecond, or appear

    @model_validator(mode="after")
    def _is_told_only_what_it_needs(self) -> Self:
        """Refuse what would silently do nothing."""
        idle = self.model_fields_set - {"kind"} - TOLD[self.kind]
        if idle:
            known = ", ".join(sorted(TOLD[self.kind]))
            raise ValueError(f"{self.kind} knows no {', '.join(sorted(idle))}; it can be told: {known}")
        if self.kind in CONTENT and self.game < 1:
            raise ValueError(f"{self.kind} strikes game {self.game}, but an account's games are counted from 1")
        return self

    def strikes(self, number: int) -> bool:
        """Say whether the content of this game is damaged; 0 is the account's newest."""
        after = number + 1 - self.game
        if self.kind is FaultKind.SAME_MILLISECOND:
            return 0 <= after < self.games
        return after == 0 or (self.every is not None and after > 0 and after % self.every == 0)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a troubled stream does next: wait, then send, then perhaps cut the connection."""

    data: bytes = b""
    games: int = 0  # that end in the data
    wait_s: float = 0.0
    cut: bool = False


# Stand in for a name when the text, PGN or JSON, has no character of more than one byte to be cut inside of.
MULTIBYTE_EVENT, MULTIBYTE_ID = '[Event "Café'.encode(), '{"id":"é'.encode()


def steps(games: Iterator[bytes], faults: tuple[Fault, ...]) -> Iterator[Step]:
    """Send games one by one as the connection's faults have it; a cut is the last step."""
    sent = 0
    for game in chain(games, (None,)):
        if game == b"":  # nothing found yet: others may have their turn
            yield Step()
            continue
        for fault in faults:
            if fault.game == sent:
                for step in _struck(fault, game):
                    yield step
                    if step.cut:
                        return
        if game is not None:
            yield from _sent(game, [fault for fault in faults if fault.kind is FaultKind.DRIP and fault.game <= sent])
            sent += 1


def _struck(fault: Fault, game: bytes | None) -> Iterator[Step]:
    """Strike before this game, or before the end when there is none."""
    if fault.kind is FaultKind.STALL:
        yield Step(wait_s=fault.seconds)
    elif fault.kind is FaultKind.CUT_AFTER_GAME:
        yield Step(cut=True)
    elif game is not None and fault.kind is FaultKind.CUT_INSIDE_GAME:
        yield Step(game[: len(game) // 2], cut=True)
    elif game is not None and fault.kind is FaultKind.CUT_INSIDE_CHARACTER:
        yield Step(_up_to_half_a_character(game), cut=True)


def _sent(game: bytes, drips: list[Fault]) -> Iterator[Step]:
    if not drips:
        yield Step(game, 1)
        return
    [drip, *_] = drips
    for start in range(0, len(game), drip.size_bytes):
        piece = game[start : start + drip.size_bytes]
        yield Step(piece, int(start + len(piece) == len(game)), drip.seconds)


def _up_to_half_a_character(game: bytes) -> bytes:
    """Return the beginning of a game up to the first byte of a longer character, that byte included."""
    first = next((at for at, byte in enumerate(game) if byte >= 0x80), None)  # noqa: PLR2004 - where ASCII ends
    stand_in = MULTIBYTE_ID if game.startswith(b"{") else MULTIBYTE_EVENT
    return stand_in[:-1] if first is None else game[: first + 1]
