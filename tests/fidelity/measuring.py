"""Measures what published statistics of Lichess speak of, on made-up games; pure, and knows no published value."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean, quantiles

import zstandard

from fake_lichess.games import Game
from fake_lichess.ndjson import ORDINARY, JsonRenderer
from fake_lichess.pgn import TERMINATION, Options, Renderer
from tests.made_up_world import details

Measured = dict[str, float]
Render = Callable[[Game], bytes]

TOURNAMENTS = ("arena", "swiss")
CONTROLS = ("60+0", "180+0", "300+0", "600+0", "900+15")
SPEEDS = ("ultraBullet", "bullet", "blitz", "rapid", "classical")
# Forms of a game whose size is known, by name; those with evaluations are measured on analysed games.
FORMS = {
    "PGN": Options(opening=True),
    "PGN+clk": Options(opening=True, clocks=True),
    "PGN+eval": Options(opening=True, evals=True),
    "PGN+clk+eval": Options(opening=True, clocks=True, evals=True),
    "JSON": Options(as_json=True, opening=True),
    "JSON+clk": Options(as_json=True, opening=True, clocks=True),
    "JSON+clk+eval": Options(as_json=True, opening=True, clocks=True, evals=True),
}
# Games this near in length stand for games of that length: a choice; two plies are about 80 bytes of 3 200.
NEAR_PLIES = 2
# Lichess compresses its dumps hard (`zstd -19`); a level lower changes the ratio by 2 %.
ZSTD_LEVEL = 19


def percent(games: Sequence[Game], holds: Callable[[Game], bool], weight: Callable[[Game], int] = lambda _: 1) -> float:
    """Return the share of games that something holds for."""
    return 100 * sum(weight(game) for game in games if holds(game)) / sum(map(weight, games))


def plies(game: Game) -> int:
    """Return how many moves both sides made."""
    return game.track.plies


def source(game: Game) -> str:
    """Return where a game came from."""
    return (game.occasion or ORDINARY).source


def is_rated_standard(game: Game) -> bool:
    """Say whether a game would be in Lichess's dump of rated standard games."""
    return game.rated and game.track.control.variant == "standard"


def measure(games: Sequence[Game]) -> Measured:
    """Measure all that does not take a game's text."""
    rated = [game for game in games if is_rated_standard(game)]
    analysed = [game for game in rated if game.analysed]
    return lengths(rated) | results(rated, analysed) | endings(analysed) | analyses(games, rated) | kinds(games, rated)


def lengths(rated: Sequence[Game]) -> Measured:
    """Measure how long games are."""
    found = list(map(plies, rated))
    marks = quantiles(found, n=20, method="inclusive")
    return {
        "plies, mean": fmean(found),
        "plies, 5 %": marks[0],
        "plies, 50 %": marks[9],
        "plies, 95 %": marks[18],
        "plies, most": max(found),
        "zero moves": percent(rated, lambda game: plies(game) == 0),
    }


def results(rated: Sequence[Game], analysed: Sequence[Game]) -> Measured:
    """Measure who wins."""
    measured = {}
    for name, result in (("White wins", "1-0"), ("Black wins", "0-1"), ("draws", "1/2-1/2")):
        measured[name] = percent(rated, lambda game, result=result: game.track.sequence.result == result)  # type: ignore[misc]
        measured[f"{name}, analysed, by plies"] = percent(
            analysed,
            lambda game, result=result: game.track.sequence.result == result,  # type: ignore[misc]
            plies,
        )
    return measured


def endings(analysed: Sequence[Game]) -> Measured:
    """Measure how games end."""
    found = Counter(TERMINATION[game.track.status] for game in analysed)
    rest = found.total() - found["Normal"] - found["Time forfeit"]
    counts = {"normal": found["Normal"], "time forfeit": found["Time forfeit"], "other": rest}
    return {f"ended: {name}": 100 * count / found.total() for name, count in counts.items()}


def analyses(games: Sequence[Game], rated: Sequence[Game]) -> Measured:
    """Measure which games are analysed, and of which speed the analysed ones are."""
    measured = {"analysed": percent(games, lambda game: game.analysed)}
    analysed = [game for game in rated if game.analysed]
    speeds = Counter(game.track.control.speed for game in analysed)
    for speed in SPEEDS:
        measured[f"{speed} among analysed"] = 100 * speeds[speed] / len(analysed)
        of_speed = [game for game in games if game.track.control.speed == speed]
        measured[f"analysed among {speed}"] = percent(of_speed, lambda game: game.analysed)
    measured["tournaments among analysed"] = percent(analysed, lambda game: source(game) in TOURNAMENTS)
    return measured


def kinds(games: Sequence[Game], rated: Sequence[Game]) -> Measured:
    """Measure what is played."""
    texts = Counter(game.track.control.text for game in rated)
    measured = {f"time control {text}": 100 * texts[text] / len(rated) for text in CONTROLS}
    measured["bullet and blitz"] = percent(rated, lambda game: game.track.control.speed in SPEEDS[:3])
    measured["variants"] = percent(games, lambda game: game.track.control.variant != "standard")
    return measured


def sizes(games: Iterable[Game], at_plies: Sequence[int]) -> Measured:
    """Measure the bytes of a game in each form, at these lengths, the mean of the lengths around each."""
    usual = [game for game in games if is_rated_standard(game) and game.track.control.days_per_move is None]
    measured = {}
    for form, options in FORMS.items():
        render: Render = (JsonRenderer(options, details()) if options.as_json else Renderer(options)).render
        for wanted in at_plies:
            near = [
                game
                for game in usual
                if abs(plies(game) - wanted) <= NEAR_PLIES and (game.analysed or not options.evals)
            ]
            measured[f"{form}, {wanted} plies"] = fmean(len(render(game)) for game in near)
    return measured


def compressed_ratio(games: Iterable[Game]) -> float:
    """Return how much smaller the text of these games becomes, with clocks and evaluations as in a dump."""
    text = b"".join(map(Renderer(FORMS["PGN+clk+eval"]).render, games))
    return len(text) / len(zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(text))
