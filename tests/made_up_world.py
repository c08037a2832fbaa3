"""The made-up world the tests of the fake Lichess share; built from the shipped data, without a server."""

from functools import cache
from importlib.resources import files

from fake_lichess.details import Details
from fake_lichess.games import SyntheticAccount, World
from fake_lichess.people import make_world
from fake_lichess.settings import EVALS_SHARE_RATIO
from fake_lichess.tracks import Pool, Sequence, read_sequences


@cache
def sequences() -> tuple[Sequence, ...]:
    """Read the shipped pool of games once."""
    data = files("fake_lichess") / "data"
    return read_sequences(
        "".join((data / f"{name}.tsv").read_text(encoding="utf-8") for name in ("sequences", "variants"))
    )


@cache
def details() -> Details:
    """Share what is known of the games."""
    return Details(lambda: (files("fake_lichess") / "data" / "details.tsv").read_text(encoding="utf-8"))


@cache
def pool() -> Pool:
    """Share one pool: its tracks do not depend on any seed."""
    return Pool(sequences())


@cache
def world(seed: int = 0, evals_share_ratio: float = EVALS_SHARE_RATIO) -> World:
    """Make the world of one seed."""
    return make_world(seed, pool(), evals_share_ratio)


def account(name: str = "player", games: int = 1000, seed: int = 0) -> SyntheticAccount:
    """Make an account that has computed nothing yet."""
    return SyntheticAccount(world(seed), name, games)
