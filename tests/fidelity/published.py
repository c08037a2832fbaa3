"""What is published about games on Lichess, and how near the made-up games must come to it."""

from dataclasses import dataclass

NOTEBOOK = "deepyaman/lichess-live-win-probability, 89.85 million rated standard games of 2024-07"
ANALYSED = "the same notebook, analysed games"
ELASTIC = "elastic.co, 4.096e9 rated games to about 2023"
BLOG = "chessvillage blog, 2.8 million games of 2019-04"
IMPORTER = "a public importer's production report, 603 350 games, 2026-06"
BENCHMARK = "a public importer's benchmark, 2026-06"
DUMPS = "database.lichess.org"
RENDERED = "computed with another renderer on 2 336 real games' moves"
INFERRED = "inferred, not published"

# Four standard errors of a share near 20 % among 100 000 games that come in sessions of eight under one time control.
SHARE_POINTS = 2.0
# The same for shares of a few per cent, and for the rarest.
SMALL_SHARE_POINTS, RARE_SHARE_POINTS = 1.0, 0.5
# Results and endings follow from a pool of 1 000 games and no sessions: a quarter of the above would be noise.
RESULT_POINTS = 1.0
# The sources' own games differ this much in their headers (names, openings, ratings).
BYTES_RATIO = 0.05


@dataclass(frozen=True, slots=True)
class Published:
    """One published value: what is measured beside it, and how far that may lie outside *low* to *high*."""

    key: str  # of the measuring module
    unit: str
    low: float
    high: float
    tolerance: float
    source: str

    def is_met(self, measured: float) -> bool:
        """Say whether a measured value lies within the tolerance."""
        return self.low - self.tolerance <= measured <= self.high + self.tolerance


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """One value published of a population that is not modelled, because another source's is that contradicts it."""

    key: str
    unit: str
    low: float
    high: float
    source: str
    why: str


def at(key: str, unit: str, value: float, tolerance: float, source: str) -> Published:
    """Make a row of one value."""
    return Published(key, unit, value, value, tolerance, source)


LENGTHS = (
    at("plies, mean", "plies", 66.6, 2.0, NOTEBOOK),
    at("plies, 5 %", "plies", 20, 3, INFERRED),
    at("plies, 50 %", "plies", 62, 3, INFERRED),
    at("plies, 95 %", "plies", 125, 6, INFERRED),
    Published("plies, most", "plies", 125, 300, 0, INFERRED),
    Published("zero moves", "%", 0.2, 0.3, 0.05, NOTEBOOK),
)
RESULTS = (
    at("White wins", "%", 49.8, RESULT_POINTS, ELASTIC),
    at("Black wins", "%", 46.4, RESULT_POINTS, ELASTIC),
    at("draws", "%", 3.8, RESULT_POINTS, ELASTIC),
    at("White wins, analysed, by plies", "%", 48.4, RESULT_POINTS, ANALYSED),
    at("Black wins, analysed, by plies", "%", 46.3, RESULT_POINTS, ANALYSED),
    at("draws, analysed, by plies", "%", 5.3, RESULT_POINTS, ANALYSED),
)
ENDINGS = (
    at("ended: normal", "%", 75.9, RESULT_POINTS, ANALYSED),
    at("ended: time forfeit", "%", 24.1, RESULT_POINTS, ANALYSED),
    Published("ended: other", "%", 0.0, 0.01, 0.01, ANALYSED),
)
ANALYSES = (
    at("analysed", "%", 14.7, RESULT_POINTS, IMPORTER),
    at("analysed among bullet at 20 % in all", "%", 6.0, SHARE_POINTS, BENCHMARK),
    at("analysed among blitz at 20 % in all", "%", 22.8, SHARE_POINTS, BENCHMARK),
    at("analysed among rapid at 20 % in all", "%", 35.2, SHARE_POINTS, BENCHMARK),
    at("analysed among classical at 20 % in all", "%", 42.4, 2 * SHARE_POINTS, f"{BENCHMARK}; few such games"),
    at("tournaments among analysed", "%", 10.9, SHARE_POINTS, ANALYSED),
)
CONTROLS = (
    at("time control 60+0", "%", 25, SHARE_POINTS, BLOG),
    at("time control 180+0", "%", 18, SHARE_POINTS, BLOG),
    at("time control 300+0", "%", 17, SHARE_POINTS, BLOG),
    at("time control 600+0", "%", 11, SHARE_POINTS, BLOG),
    at("time control 900+15", "%", 4, SMALL_SHARE_POINTS, BLOG),
    at("bullet and blitz", "%", 79, SHARE_POINTS, BLOG),
    Published("variants", "%", 2, 4, RESULT_POINTS, INFERRED),
)
# Bytes of a game by form, at each of these lengths.
AT_PLIES = (40, 67, 92, 120)
BYTES = {
    "PGN": (664, 834, 979, 1151),
    "PGN+clk": (1535, 2296, 2994, 3782),
    "PGN+eval": (1455, 2162, 2810, 3542),
    "PGN+clk+eval": (2055, 3167, 4190, 5342),
    "JSON": (677, 791, 888, 1004),
    "JSON+clk": (928, 1204, 1451, 1735),
    "JSON+clk+eval": (2333, 3541, 4544, 5620),
}


def sized(form: str, plies: int, size: int) -> Published:
    """Make the row of a size."""
    return at(f"{form}, {plies} plies", "bytes", size, round(size * BYTES_RATIO), RENDERED)


SIZES = tuple(
    sized(form, plies, size) for form, row in BYTES.items() for plies, size in zip(AT_PLIES, row, strict=True)
)
COMPRESSION = (at("compressed, of 1 000 games", "times", 7.1, 0.7, DUMPS),)
SECTIONS = {
    "Length": LENGTHS,
    "Result": RESULTS,
    "Ending": ENDINGS,
    "Computer analysis": ANALYSES,
    "What is played": CONTROLS,
    "Size of a game": (*SIZES, *COMPRESSION),
}
ALL = tuple(row for rows in SECTIONS.values() for row in rows)
OF_2024 = (
    "importers' users have other games analysed than all players: what is analysed of each speed among them, which is "
    "met above, makes other shares of the whole"
)
ELSEWHERE = (
    Elsewhere(
        "plies, mean", "plies", 72.0, 73.0, f"{IMPORTER}: 73 to 74 positions",
        "importers' users play longer games than all players, whose mean is met above; a game of theirs is 6 % larger",
    ),
    Elsewhere(
        "analysed", "%", 6.0, 9.05, f"{DUMPS}, all rated games; {NOTEBOOK}",
        "importers' users have more games analysed; their share is met above, and `--evals-share 0.06` gives this one",
    ),
    Elsewhere("ultraBullet among analysed", "%", 0.65, 0.65, ANALYSED, OF_2024),
    Elsewhere("bullet among analysed", "%", 21.3, 21.3, ANALYSED, OF_2024),
    Elsewhere("blitz among analysed", "%", 47.9, 47.9, ANALYSED, OF_2024),
    Elsewhere("rapid among analysed", "%", 27.9, 27.9, ANALYSED, OF_2024),
    Elsewhere("classical among analysed", "%", 2.3, 2.3, ANALYSED, OF_2024),
)  # fmt: skip
