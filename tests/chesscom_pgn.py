"""Builds small games in the words of Chess.com, for tests that need bytes they know everything about."""

from collections.abc import Iterable
from datetime import UTC, datetime

FOOLS_MATE = (
    "1. f3 {[%clk 0:02:59.9]} 1... e5 {[%clk 0:02:58]} 2. g4 {[%clk 0:02:57.1]} 2... Qh4# {[%clk 0:02:55.4]} 0-1"
)
MINUTE_S = 60


def game_id(number: int, kind: str = "live") -> str:
    """Return the id of game *number*."""
    return f"{kind}-{number}"


def month_pgn(numbers: Iterable[int], month_start_s: int, **tags: str | None) -> bytes:
    """Return a month that holds these games, in this order; game n ended in the month's n-th minute."""
    return b"\n\n".join(pgn(number, month_start_s + MINUTE_S * number, **tags) for number in numbers)


def start_s(month: str) -> int:
    """Return when a month such as 2024/05 begins."""
    return int(datetime.strptime(month, "%Y/%m").replace(tzinfo=UTC).timestamp())


def pgn(number: int, ended_s: int, movetext: str = FOOLS_MATE, /, **tags: str | None) -> bytes:
    """Return game *number* as Chess.com would send it; a tag given as None is left out."""
    began, ended = datetime.fromtimestamp(ended_s - MINUTE_S, UTC), datetime.fromtimestamp(ended_s, UTC)
    all_tags: dict[str, str | None] = {
        "Event": "Live Chess",
        "Site": "Chess.com",
        "Date": f"{began:%Y.%m.%d}",
        "Round": "-",
        "White": "Alice",
        "Black": "Bob",
        "Result": movetext.rsplit(maxsplit=1)[-1],
        "CurrentPosition": "rnb1kbnr/pppp1ppp/8/4p3/6Pq/5P2/PPPPP2P/RNBQKBNR w KQkq - 1 3",
        "Timezone": "UTC",
        "ECO": "A00",
        "ECOUrl": "https://www.chess.com/openings/Barnes-Opening-Fools-Mate",
        "UTCDate": f"{began:%Y.%m.%d}",
        "UTCTime": f"{began:%H:%M:%S}",
        "WhiteElo": "1500",
        "BlackElo": "1612",
        "TimeControl": "180",
        "Termination": "Bob won by checkmate",
        "StartTime": f"{began:%H:%M:%S}",
        "EndDate": f"{ended:%Y.%m.%d}",
        "EndTime": f"{ended:%H:%M:%S}",
        "Link": f"https://www.chess.com/game/live/{number}",
        **tags,
    }
    header = "".join(f'[{name} "{value}"]\n' for name, value in all_tags.items() if value is not None)
    return f"{header}\n{movetext}\n".encode()
