"""The other people of the made-up world: opponents, what they play, and how often games are analysed; no I/O."""

from math import exp, log
from random import Random

from fake_lichess.games import World
from fake_lichess.sheets import Rules, Sheets
from fake_lichess.tracks import TIME_CONTROLS, Pool

# How many opponents all accounts draw from, a choice: far more than a client could keep apart by accident.
OPPONENTS = 4096
NUMBER_MOST = 2020
FIRST = (
    "Angry Bishop Black Blunder Bold Calm Castle Check Chess Clever Crazy Dark Deep Draw Early En Fast File Fork Free "
    "Frosty Gambit Golden Grand Green Happy Hidden Hyper Iron King Knight Lazy Little Lone Lucky Mad Mate Mighty Night "
    "Open Passed Patzer Pawn Pin Queen Quick Quiet Rapid Red Rook Royal Sharp Silent Silver Skewer Slow Smooth Solid "
    "Steel Sunny Swift Tempo Tactic Wild Winter Zug"
)
SECOND = (
    "Adept Ape Bear Boy Cat Crusher Dancer Dog Dragon Eagle Eater Endgame Expert Falcon Fan Fish Fox Friend Ghost Girl "
    "Goat Guru Hawk Hero Hunter Hustler Jumper King Lion Lover Machine Maniac Master Minor Monk Moose Mover Ninja "
    "Novice Owl Panda Pilot Pirate Prince Pusher Rider Runner Sailor Samurai Shark Smith Snail Storm Student Tiger "
    "Turtle Viking Walker Whale Wizard Wolf Worker Zebra"
)
# Analysed games by speed among people who use importers (a public importer's benchmark, 2026-06): bullet 6.0, blitz
# 22.8, rapid 35.2, classical 42.4 %. Kept as proportions; the overall share is set on the command line. UltraBullet is
# taken as bullet and correspondence as classical: choices.
ANALYSED_RATIO = {
    "ultraBullet": 0.06, "bullet": 0.06, "blitz": 0.228, "rapid": 0.352, "classical": 0.424, "correspondence": 0.424,
}  # fmt: skip
# Drawn are 3.8 % of 4.096e9 rated games (elastic.co) but 5.3 % of the plies of analysed ones (deepyaman/
# lichess-live-win-probability, 2024-07), so that draws are analysed more often.
DRAWN_RATIO, ANALYSED_MORE_IF_DRAWN = 0.038, 1.4
# Entries of the table that turns a draw into a time control; steps of 0.025 % are enough for the rarest variant.
CONTROL_TABLE = 4096
# Titled opponents, about as rare as titled players are among those one meets: a choice of 0.6 %.
TITLES = (*("GM",) * 2, *("IM",) * 4, *("FM",) * 8, "WGM", "WIM", "WFM", "NM", "NM", "CM", "CM", "LM", "BOT")


def make_world(seed: int, pool: Pool, evals_share_ratio: float) -> World:
    """Gather what all accounts of one server share."""
    rules = Rules(pool, _control_table(), _analysed(evals_share_ratio), _opponents(seed), TITLES)
    return World(seed, rules, Sheets(seed, rules))


def _control_table() -> tuple[int, ...]:
    total = sum(control.share for control in TIME_CONTROLS)
    ends, reached = [], 0.0
    for control in TIME_CONTROLS:
        reached += control.share
        ends.append(reached / total * CONTROL_TABLE)
    return tuple(next(at for at, end in enumerate(ends) if entry + 0.5 < end) for entry in range(CONTROL_TABLE))


def _opponents(seed: int) -> tuple[str, ...]:
    """Make names like real ones; none begins with "player", for those are accounts of this server."""
    rng = Random(seed)
    first, second, joints = FIRST.split(), SECOND.split(), ("", "", "_", "-")
    # Half of the names carry a number, as on any old enough site.
    numbers = [""] * NUMBER_MOST + [str(number) for number in range(1, NUMBER_MOST)]
    return tuple("".join(map(rng.choice, (first, joints, second, numbers))) for _ in range(OPPONENTS))


def _analysed(overall_ratio: float) -> tuple[tuple[float, float], ...]:
    """Shift the odds of every speed alike until the overall share is the one asked for."""
    if overall_ratio in (0.0, 1.0):
        return ((overall_ratio,) * 2,) * len(TIME_CONTROLS)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        shares = [_shifted(ANALYSED_RATIO[control.speed], middle) for control in TIME_CONTROLS]
        weighted = sum(_overall(share) * control.share for share, control in zip(shares, TIME_CONTROLS, strict=True))
        if weighted / sum(control.share for control in TIME_CONTROLS) < overall_ratio:
            low = middle
        else:
            high = middle
    return tuple((share, _of_draws(share)) for share in shares)


def _overall(decided: float) -> float:
    """Return the share of all games that are analysed, when this one of the decided ones is."""
    return (1.0 - DRAWN_RATIO) * decided + DRAWN_RATIO * _of_draws(decided)


def _of_draws(decided: float) -> float:
    return min(1.0, ANALYSED_MORE_IF_DRAWN * decided)


def _shifted(ratio: float, by: float) -> float:
    return 1.0 / (1.0 + exp(-(log(ratio / (1.0 - ratio)) + by)))
