"""Builds small games in the words of Lichess, for tests that need bytes they know everything about."""

from collections.abc import Iterable
from datetime import UTC, datetime

FIRST_S = 1_700_000_000  # creation time of game 0; game n is n minutes younger

# The Immortal Game, and the shortest game there is.
IMMORTAL = (
    "1. e4 e5 2. f4 exf4 3. Bc4 Qh4+ 4. Kf1 b5 5. Bxb5 Nf6 6. Nf3 Qh6 7. d3 Nh5 8. Nh4 Qg5 9. Nf5 c6 10. g4 Nf6 "
    "11. Rg1 cxb5 12. h4 Qg6 13. h5 Qg5 14. Qf3 Ng8 15. Bxf4 Qf6 16. Nc3 Bc5 17. Nd5 Qxb2 18. Bd6 Bxg1 19. e5 Qxa1+ "
    "20. Ke2 Na6 21. Nxg7+ Kd8 22. Qf6+ Nxf6 23. Be7# 1-0"
)
FOOLS_MATE = "1. f3 e5 2. g4 Qh4# 0-1"
ILLEGAL = "1. e4 e5 2. Ke3 Nc6 1-0"


def game_id(number: int) -> str:
    """Return the id of game *number*."""
    return f"g{number:07d}"


def created_at_s(number: int) -> int:
    """Return when game *number* was created."""
    return FIRST_S + 60 * number


def pgn(number: int, movetext: str = FOOLS_MATE, at_s: int | None = None, /, **tags: str | None) -> bytes:
    """Return game *number* as Lichess would send it; a tag given as None is left out."""
    at = datetime.fromtimestamp(created_at_s(number) if at_s is None else at_s, UTC)
    all_tags: dict[str, str | None] = {
        "Event": "rated blitz game",
        "Site": f"https://lichess.org/{game_id(number)}",
        "Date": f"{at:%Y.%m.%d}",
        "Round": "-",
        "White": "Alice",
        "Black": "Bob",
        "Result": movetext.rsplit(maxsplit=1)[-1],
        "GameId": game_id(number),
        "UTCDate": f"{at:%Y.%m.%d}",
        "UTCTime": f"{at:%H:%M:%S}",
        "WhiteElo": "1500",
        "BlackElo": "1612",
        "Variant": "Standard",
        "TimeControl": "180+2",
        "ECO": "A00",
        "Termination": "Normal",
        **tags,
    }
    header = "".join(f'[{name} "{value}"]\n' for name, value in all_tags.items() if value is not None)
    return f"{header}\n{movetext}\n\n\n".encode()


def stream(numbers: Iterable[int]) -> tuple[bytes, ...]:
    """Return these games in this order, a piece each."""
    return tuple(pgn(number) for number in numbers)
