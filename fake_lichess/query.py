"""A query string read as Lichess reads it: what does not parse counts as absent, and next to nothing is an error."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from fake_lichess.games import Window
from fake_lichess.pgn import Options
from fake_lichess.selection import Filters
from fake_lichess.tracks import PERFS

WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")  # what fits into 64 bits, near enough
TRUE = ("1", "true", "True", "on", "yes")  # Form.scala:172 of lila


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

    def number(self, name: str) -> int | None:
        """Return a whole number; None when absent or anything else."""
        value = self.text(name)
        return int(value) if value is not None and WHOLE_NUMBER.fullmatch(value) else None

    def switch(self, name: str) -> bool | None:
        """Return a switch, None when absent: any value that does not mean yes means no."""
        value = self.text(name)
        return None if value is None else value in TRUE

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a switch that has a default."""
        value = self.switch(name)
        return default if value is None else value

    def finished(self) -> bool:
        """Say whether finished games are asked for; there are no others here."""
        return self.flag("finished", default=True)

    def window(self) -> Window:
        """Return which games are asked for; at least one."""
        most = self.number("max")
        return Window(
            self.number("since"),
            self.number("until"),
            None if most is None else max(1, most),
            oldest_first=self.text("sort") == "dateAsc",
        )

    def filters(self, owner: str, exists: Callable[[str], bool]) -> Filters:
        """Return what else is asked of the games; an opponent nobody has heard of is no filter.

        Raises:
            InvalidFilter: wonBy or lostBy is neither the opponent nor the account's owner.
        """
        opponent = self.text("vs")
        opponent = opponent.lower() if opponent is not None and exists(opponent) else None
        winners = {name: (self.text(name) or "").lower() or None for name in ("wonBy", "lostBy")}
        for name, player in winners.items():
            if player not in (None, opponent, owner.lower()):
                raise InvalidFilter(f"Invalid {name}")
        color = self.text("color")
        return Filters(
            frozenset((self.text("perfType") or "").split(",")).intersection(PERFS),
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
            as_json=as_json,
            pgn_in_json=as_json and self.flag("pgnInJson", default=False),
            last_fen=as_json and self.flag("lastFen", default=False),
            accuracy=as_json and self.flag("accuracy", default=False),
            division=as_json and self.flag("division", default=extended),
        )
