"""What is published about games on Lichess, how near the made-up games must come, and where they knowingly do not."""

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
    miss: str = ""  # why the games do not come as near as that; nothing where they do

    def is_met(self, measured: float) -> bool:
        """Say whether a measured value lies within the tolerance."""
        return self.low - self.tolerance <= measured <= self.high + self.tolerance


def at(key: str, unit: str, value: float, tolerance: float, source: str) -> Published:
    """Make a row of one value that is met."""
    return Published(key, unit, value, value, tolerance, source)


def missed(row: Published, why: str) -> Published:
    """Say why a row is not met."""
    return Published(row.key, row.unit, row.low, row.high, row.tolerance, row.source, why)


ONE_RESULT = "analysed games end as all others do here"
ANALYSED_MIX = (
    "the sources contradict each other: the importers' shares by speed, which are met below, under the time controls "
    "of 2019 make other shares than those of 2024"
)
SHORT_LINES = "the better line of a judged move is one move long here and many on Lichess"

LENGTHS = (
    at("plies, mean", "plies", 66.6, 2.0, NOTEBOOK),
    missed(
        Published("plies, mean", "plies", 72.0, 73.0, 2.0, f"{IMPORTER}: 73 to 74 positions"),
        "importers' users play longer games than all players; the mean of all is met",
    ),
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
    missed(at("White wins, analysed, by plies", "%", 48.4, RESULT_POINTS, ANALYSED), ONE_RESULT),
    at("Black wins, analysed, by plies", "%", 46.3, RESULT_POINTS, ANALYSED),
    missed(at("draws, analysed, by plies", "%", 5.3, RESULT_POINTS, ANALYSED), ONE_RESULT),
)
FORFEITS = "a quarter of all rated games end so here; the analysed ones are slower, and fewer of them do"
ENDINGS = (
    missed(at("ended: normal", "%", 75.9, RESULT_POINTS, ANALYSED), FORFEITS),
    missed(at("ended: time forfeit", "%", 24.1, RESULT_POINTS, ANALYSED), FORFEITS),
    missed(
        Published("ended: other", "%", 0.0, 0.01, 0.01, ANALYSED),
        "on purpose: at the true share an importer would meet none in a thousand games",
    ),
)
SPEEDS = (
    at("ultraBullet among analysed", "%", 0.65, RARE_SHARE_POINTS, ANALYSED),
    missed(at("bullet among analysed", "%", 21.3, SHARE_POINTS, ANALYSED), ANALYSED_MIX),
    missed(at("blitz among analysed", "%", 47.9, SHARE_POINTS, ANALYSED), ANALYSED_MIX),
    at("rapid among analysed", "%", 27.9, SHARE_POINTS, ANALYSED),
    missed(at("classical among analysed", "%", 2.3, SMALL_SHARE_POINTS, ANALYSED), ANALYSED_MIX),
    at("tournaments among analysed", "%", 10.9, SHARE_POINTS, ANALYSED),
)
ANALYSES = (
    at("analysed", "%", 14.7, RESULT_POINTS, IMPORTER),
    missed(
        Published("analysed", "%", 6.0, 9.05, RESULT_POINTS, f"{DUMPS}, all rated games; {NOTEBOOK}"),
        "importers' users have more games analysed; their share is met, and `--evals-share 0.06` gives this one",
    ),
    at("analysed among bullet at 20 % in all", "%", 6.0, SHARE_POINTS, BENCHMARK),
    at("analysed among blitz at 20 % in all", "%", 22.8, SHARE_POINTS, BENCHMARK),
    at("analysed among rapid at 20 % in all", "%", 35.2, SHARE_POINTS, BENCHMARK),
    at("analysed among classical at 20 % in all", "%", 42.4, 2 * SHARE_POINTS, f"{BENCHMARK}; few such games"),
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
    row = at(f"{form}, {plies} plies", "bytes", size, round(size * BYTES_RATIO), RENDERED)
    return missed(row, SHORT_LINES) if form == "JSON+clk+eval" else row


SIZES = tuple(
    sized(form, plies, size) for form, row in BYTES.items() for plies, size in zip(AT_PLIES, row, strict=True)
)
COMPRESSION = (at("compressed, of 1 000 games", "times", 7.1, 0.7, DUMPS),)
SECTIONS = {
    "Length": LENGTHS,
    "Result": RESULTS,
    "Ending": ENDINGS,
    "Speed among analysed games": SPEEDS,
    "Computer analysis": ANALYSES,
    "What is played": CONTROLS,
    "Size of a game": (*SIZES, *COMPRESSION),
}
ALL = tuple(row for rows in SECTIONS.values() for row in rows)
