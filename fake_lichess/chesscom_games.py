"""Writes the games of an account as Chess.com's Published-Data API does: month by month, JSON and PGN; no I/O.

Reads Lichess's PGN, so whatever account the other side can export exists on this side too. Left out is what Chess.com
has no form for: other variants, opponents without a rating, games without a move.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import chess
import chess.variant

from fake_lichess.analysis import sides

# Square to character, then promotions, then drops, as the site's own game viewer packs moves (general knowledge).
TCN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!?{~}(^)[_]@#$,./&-*++="
TCN_PIECES = "qnrbkp"
RULES = {
    "Standard": "chess", "Chess960": "chess960", "King of the Hill": "kingofthehill", "Three-check": "threecheck",
    "Crazyhouse": "crazyhouse",
}  # fmt: skip
# How long a game may last in all to be of a class, in seconds (general knowledge).
BULLET_BELOW_S, BLITZ_BELOW_S = 180, 600
DAY_S = 86_400

_TAG = re.compile(r'^\[(\w+) "(.*)"\]$', re.MULTILINE)
_ASIDE = re.compile(r"\{[^}]*\}|\d+\.+")
_EVALUATION = re.compile(r"\[%eval (#?)(-?[\d.]+)\]")
_CLOCK = re.compile(r"\[%clk (\d+):(\d+):(\d+)\]")


@dataclass(frozen=True, slots=True)
class Played:
    """What a board knows about a sequence of moves."""

    fen: str
    tcn: str
    ending: str  # Chess.com's word for how the loser lost, or how it was drawn; empty when not on the board


@dataclass(frozen=True, slots=True)
class Found:
    """One game as read from Lichess's PGN."""

    tags: Mapping[str, str]
    moves: tuple[str, ...]
    clocks_s: tuple[int, ...]
    evals: tuple[str, ...] = ()  # centipawns or "#n"


def month_games(games: Iterable[tuple[int, bytes]], base_url: str) -> dict[int, dict[str, object]]:
    """Write games, oldest first, as a month lists them; each stays with its number in the account."""
    found = ((number, read(text)) for number, text in games)
    return {number: shown(game, base_url) for number, game in found if is_playable(game)}


def read(game: bytes) -> Found:
    """Read one game of a Lichess export."""
    header, _, movetext = game.decode().partition("\n\n")
    moves = tuple(_ASIDE.sub(" ", movetext).split()[:-1])
    clocks = tuple(
        (int(hours) * 60 + int(minutes)) * 60 + int(rest) for hours, minutes, rest in _CLOCK.findall(movetext)
    )
    evals = tuple(
        f"#{value}" if mate else str(round(float(value) * 100)) for mate, value in _EVALUATION.findall(movetext)
    )
    return Found(dict(_TAG.findall(header)), moves, clocks, evals)


def is_playable(found: Found) -> bool:
    """Say whether Chess.com could hold this game."""
    rated = all(found.tags.get(f"{side}Elo", "?").isdigit() for side in ("White", "Black"))
    dated = "UTCDate" in found.tags  # imported games say only on which day they were played
    return bool(found.moves) and rated and dated and found.tags.get("Variant", "Standard") in RULES


def shown(found: Found, base_url: str) -> dict[str, object]:
    """Write one game in the order of keys that the API has."""
    tags, control = found.tags, time_control(found.tags["TimeControl"])
    played = _played(tags.get("Variant", "Standard"), tags.get("FEN"), found.moves)
    started = datetime.strptime(f"{tags['UTCDate']} {tags['UTCTime']}", "%Y.%m.%d %H:%M:%S").replace(tzinfo=UTC)
    ended = int(started.timestamp()) + _lasted_s(found, control)
    results, how = _results(tags, played.ending)
    return {
        "url": _url(tags["GameId"], control),
        "pgn": _pgn(found, played, control, how, (started, datetime.fromtimestamp(ended, UTC))),
        "time_control": control,
        "end_time": ended,
        "rated": not tags["Event"].startswith("casual"),
        **_accuracies(found),
        "tcn": played.tcn,
        "uuid": _uuid(tags["GameId"]),
        "initial_setup": tags.get("FEN", chess.STARTING_FEN),
        "fen": played.fen,
        "time_class": time_class(control),
        "rules": RULES[tags.get("Variant", "Standard")],
        "white": _player(tags, "White", results[0], base_url),
        "black": _player(tags, "Black", results[1], base_url),
        "eco": _eco_url(tags),
    }


def _accuracies(found: Found) -> dict[str, object]:
    """Say how accurately an analysed game was played; the hundredths are a choice that depends on the game alone."""
    if not found.evals:
        return {}
    hundredths = blake2b(found.tags["GameId"].encode(), digest_size=2).digest()
    both = zip(("white", "black"), sides(found.evals, black_first=False), hundredths, strict=True)
    return {"accuracies": {color: min(100.0, side.accuracy + part % 100 / 100) for color, side, part in both}}


def time_control(lichess: str) -> str:
    """Write a time control as Chess.com does: 600, 180+2, and 1/259200 for three days a move."""
    if lichess.endswith("per move"):
        return f"1/{int(lichess.split(maxsplit=1)[0]) * DAY_S}"
    initial, _, increment = lichess.partition("+")
    if not initial.isdigit():
        return f"1/{3 * DAY_S}"
    return initial if increment in ("", "0") else lichess


def time_class(control: str) -> str:
    """Return the class a time control belongs to."""
    if "/" in control:
        return "daily"
    initial, _, increment = control.partition("+")
    lasts_s = int(initial) + 40 * int(increment or 0)
    return "bullet" if lasts_s < BULLET_BELOW_S else "blitz" if lasts_s < BLITZ_BELOW_S else "rapid"


# The same few thousand pre-played games make up every account.
@lru_cache(maxsize=8192)
def _played(variant: str, fen: str | None, moves: tuple[str, ...]) -> Played:
    chess960 = variant == "Chess960"  # to python-chess a way to castle, no variant
    board = chess.variant.find_variant("Standard" if chess960 else variant)(
        fen or chess.STARTING_FEN, chess960=chess960
    )
    packed = []
    for san in moves:
        move = board.parse_san(san)
        packed.append(tcn(move))
        board.push(move)
    outcome = board.outcome(claim_draw=True)
    if board.is_variant_end():
        return Played(board.fen(), "".join(packed), {"King of the Hill": "kingofthehill"}.get(variant, "threecheck"))
    ending = {
        chess.Termination.CHECKMATE: "checkmated", chess.Termination.STALEMATE: "stalemate",
        chess.Termination.INSUFFICIENT_MATERIAL: "insufficient", chess.Termination.FIFTY_MOVES: "50move",
        chess.Termination.THREEFOLD_REPETITION: "repetition",
    }.get(outcome.termination, "") if outcome else ""  # fmt: skip
    return Played(board.fen(), "".join(packed), ending)


def tcn(move: chess.Move) -> str:
    """Pack a move into two characters."""
    if move.drop is not None:
        return TCN[79 + TCN_PIECES.index(chess.piece_symbol(move.drop))] + TCN[move.to_square]
    to = move.to_square
    if move.promotion is not None:
        forward = -8 if move.from_square < 16 else 8  # noqa: PLR2004 - the two lowest ranks: Black promotes
        aside = move.to_square - move.from_square - forward + 1
        to = 64 + 3 * TCN_PIECES.index(chess.piece_symbol(move.promotion)) + aside
    return TCN[move.from_square] + TCN[to]


def _results(tags: Mapping[str, str], on_board: str) -> tuple[tuple[str, str], str]:
    """Return White's and Black's result code, and the sentence of the Termination tag."""
    late = tags.get("Termination") == "Time forfeit"
    if tags["Result"] == "1/2-1/2":
        how = on_board if on_board not in ("", "checkmated") else "timevsinsufficient" if late else "agreed"
        return (how, how), f"Game drawn by {how}"
    lost = "timeout" if late else on_board or "resigned"
    white_won = tags["Result"] == "1-0"
    won_by = {"checkmated": "by checkmate", "timeout": "on time", "resigned": "by resignation"}.get(lost, f"by {lost}")
    return ("win", lost) if white_won else (lost, "win"), f"{tags['White' if white_won else 'Black']} won {won_by}"


def _lasted_s(found: Found, control: str) -> int:
    """Return how long a game took: what left both clocks; a choice for daily games, which show none."""
    if "/" in control:
        return len(found.moves) * DAY_S // 8
    initial, _, increment = control.partition("+")
    given_s = 2 * int(initial) + int(increment or 0) * len(found.moves)
    return max(1, given_s - sum(found.clocks_s[-2:])) if len(found.clocks_s) > 1 else 1


def _pgn(found: Found, played: Played, control: str, how: str, times: tuple[datetime, datetime]) -> str:
    tags, (started, ended) = found.tags, times
    shown_tags = {
        "Event": "Live Chess" if "/" not in control else "Let's Play!", "Site": "Chess.com",
        "Date": f"{started:%Y.%m.%d}", "Round": "-", "White": tags["White"], "Black": tags["Black"],
        "Result": tags["Result"], "CurrentPosition": played.fen, "Timezone": "UTC",
        **{name: tags[name] for name in ("ECO",) if tags.get(name, "?") != "?"},
        "ECOUrl": _eco_url(tags), "UTCDate": f"{started:%Y.%m.%d}", "UTCTime": f"{started:%H:%M:%S}",
        "WhiteElo": tags["WhiteElo"], "BlackElo": tags["BlackElo"], "TimeControl": control, "Termination": how,
        "StartTime": f"{started:%H:%M:%S}", "EndDate": f"{ended:%Y.%m.%d}", "EndTime": f"{ended:%H:%M:%S}",
        "Link": _url(tags["GameId"], control),
        **({"Variant": tags["Variant"]} if tags.get("Variant", "Standard") != "Standard" else {}),
        **({"SetUp": "1", "FEN": tags["FEN"]} if "FEN" in tags else {}),
    }  # fmt: skip
    header = "".join(f'[{name} "{value}"]\n' for name, value in shown_tags.items())
    return f"{header}\n{_movetext(found.moves, found.clocks_s)} {tags['Result']}\n"


def _movetext(moves: Sequence[str], clocks_s: Sequence[int]) -> str:
    """Write moves with clocks as the site does: no blanks inside the braces, tenths where there are any."""
    words = []
    for ply, san in enumerate(moves):
        clock = ""
        if ply < len(clocks_s):
            minutes, seconds = divmod(clocks_s[ply], 60)
            # Lichess's PGN shows whole seconds; the tenths are a choice that depends on the ply alone.
            tenths = f".{ply % 10}" if ply % 10 else ""
            clock = f" {{[%clk {minutes // 60}:{minutes % 60:02}:{seconds:02}{tenths}]}}"
        number = f"{ply // 2 + 1}{'...' if ply % 2 else '.'} " if clock or ply % 2 == 0 else ""
        words.append(f"{number}{san}{clock}")
    return " ".join(words)


def _player(tags: Mapping[str, str], side: str, result: str, base_url: str) -> dict[str, object]:
    name = tags[side]
    return {
        "rating": int(tags[f"{side}Elo"]),
        "result": result,
        "@id": f"{base_url}/player/{name.lower()}",
        "username": name,
        "uuid": _uuid(name.lower()),
    }


def _url(game_id: str, control: str) -> str:
    number = int.from_bytes(blake2b(game_id.encode(), digest_size=5).digest(), "big") % 10**11
    return f"https://www.chess.com/game/{'daily' if '/' in control else 'live'}/{number}"


def _uuid(text: str) -> str:
    return str(UUID(bytes=blake2b(text.encode(), digest_size=16).digest()))


def _eco_url(tags: Mapping[str, str]) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", tags.get("Opening", "Undefined")).strip("-")
    return f"https://www.chess.com/openings/{name}"
