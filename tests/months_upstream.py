"""Scripts Chess.com's answers: the list of months and the months themselves, with what they are called."""

from collections.abc import Iterable

from tests.chesscom_pgn import month_pgn, start_s
from tests.scripted_upstream import Answer

JSON = "application/json; charset=utf-8"
PGN = "application/vnd.chess-pgn; charset=utf-8; charset=utf-8"
# What the upstream's clock shows: all months before May 2024 are over.
MAY = "Date: Sat, 18 May 2024 12:00:00 GMT"


def listed(*months: str) -> Answer:
    """Return the list of months."""
    addresses = ",".join(f'"https://api.chess.com/pub/player/alice/games/{month}"' for month in months)
    return Answer((f'{{"archives":[{addresses}]}}'.encode(),), kind=JSON)


def month(name: str, numbers: Iterable[int], tag: str = "one", date: str = MAY, **tags: str | None) -> Answer:
    """Return a month of these games."""
    headers = (f'ETag: W/"{tag}"', "Last-Modified: Thursday, 16-May-2024 22:34:57 GMT+0000", date)
    return Answer((month_pgn(numbers, start_s(name), **tags),), kind=PGN, headers=headers)


UNCHANGED = Answer(status=304)
