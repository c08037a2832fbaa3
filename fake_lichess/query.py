"""A query string read as Lichess reads it: what does not parse counts as absent, and next to nothing is an error."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from fake_lichess.games import Window
from fake_lichess.pgn import Options
from fake_lichess.selection import Filters
from fake_lichess.tracks import PERFS

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
DIGITS_MOST = 40  # Python counts digits before it reads a number, and refuses to read thousands
INT_BITS, LONG_BITS = 32, 64  # numbers that do not fit are no numbers (RequestGetter.scala of lila)
PERF_KEYS = frozenset((*PERFS, "standard", "puzzle"))  # the last two are known, but no game has them
TRUE = ("true", "True", "on", "yes")  # Form.scala:172 of lila


class InvalidFilter(ValueError):
    """The only parameters Lichess refuses: a winner or loser who has nothing to do with these games."""


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of one request."""

    request: Request

    def text(self, name: str) -> str | None:
        """Return the first value of a parameter; None when absent or empty."""
        values = self.request.query_params.getlist(name)
        return values[0] if values and values[0] else None

    def number(self, name: str, bits: int) -> int | None:
        """Return a whole number of so many bits; None when absent or anything else."""
        value = self.text(name)
        if value is None or len(value) > DIGITS_MOST or not WHOLE_NUMBER.fullmatch(value):
            return None
        number = int(value)
        return number if -(1 << bits - 1) <= number < 1 << bits - 1 else None

    def switch(self, name: str) -> bool | None:
        """Return a switch, None when absent: the number 1 and four words mean yes, any other value means no."""
        number = self.number(name, INT_BITS)
        if number is not None:
            return number == 1
        value = self.text(name)
        return None if value is None else value in TRUE

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a switch that has a default."""
        value = self.switch(name)
        return default if value is None else value

    def finished(self) -> bool:
        """Say whether finished games are asked for."""
        return self.flag("finished", default=True)

    def ongoing(self) -> bool:
        """Say whether games in progress are asked for."""
        return self.flag("ongoing", default=False) or not self.finished()

    def window(self) -> Window:
        """Return which games are asked for; at least one."""
        most = self.number("max", INT_BITS)
        return Window(
            self.number("since", LONG_BITS),
            self.number("until", LONG_BITS),
            None if most is None else max(1, most),
            oldest_first=self.text("sort") == "dateAsc",
        )

    def filters(self, reader: str | None, exists: Callable[[str], bool]) -> Filters:
        """Return what else is asked of the games; an opponent nobody has heard of is no filter.

        Raises:
            InvalidFilter: wonBy or lostBy is neither the opponent nor *reader*, the owner of the token.
        """
        named = (self.text("vs") or "").lower() or None
        winners = {name: (self.text(name) or "").lower() or None for name in ("wonBy", "lostBy")}
        for name, player in winners.items():
            if player not in (None, named, reader):
                raise InvalidFilter(f"Invalid {name}")
        opponent = named if named is not None and exists(named) else None
        color = self.text("color")
        return Filters(
            frozenset((self.text("perfType") or "").split(",")).intersection(PERF_KEYS),
            self.switch("rated"),
            color if color in ("white", "black") else None,
            self.switch("analysed"),
            opponent,
            winners["wonBy"],
            winners["lostBy"],
        )

    def options(self, *, as_json: bool, extended: bool = False) -> Options:
        """Return how the games are to be written; *extended* is how single games are shown unless told otherwise."""
        return Options(
            moves=self.flag("moves", default=True),
            tags=self.flag("tags", default=True),
            clocks=self.flag("clocks", default=extended),
            evals=self.flag("evals", default=extended),
            opening=self.flag("opening", default=extended),
            literate=self.flag("literate", default=False),
            as_json=as_json,
            pgn_in_json=as_json and self.flag("pgnInJson", default=False),
            last_fen=as_json and self.flag("lastFen", default=False),
            accuracy=as_json and self.flag("accuracy", default=False),
            division=as_json and self.flag("division", default=extended),
        )
