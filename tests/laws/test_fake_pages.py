"""Laws of pages: whatever is written many games at a time is what would be written game by game."""

from hypothesis import given, settings
from hypothesis.strategies import booleans, builds, integers, sampled_from

from fake_lichess.games import SyntheticAccount
from fake_lichess.history import BLOCK_GAMES
from fake_lichess.pages import PAGE_GAMES, Page, Pages, Texts
from fake_lichess.pgn import Options, Renderer
from fake_lichess.settings import GAMES_MOST
from fake_lichess.sheets import SHEETS
from tests.made_up_world import world

# Time limits on single examples would only measure how busy the machine is.
unhurried = settings(deadline=None)

options = builds(Options, moves=booleans(), tags=booleans(), clocks=booleans(), evals=booleans(), opening=booleans())
names = sampled_from(("player", "player7", "Some-Body_Else", "xX"))


def made(seed: int, name: str) -> SyntheticAccount:
    """Make the largest account of this name."""
    return SyntheticAccount(world(seed, 0.5), name, GAMES_MOST)


@unhurried
@given(
    account=builds(made, integers(0, 1), names),
    first=integers(0, GAMES_MOST - 1),
    games=integers(0, 300),
    backwards=booleans(),
    choice=options,
)
def test_pages_hold_what_is_written_game_by_game(
    account: SyntheticAccount, first: int, games: int, choice: Options, *, backwards: bool
) -> None:
    """Any run of any account in either order, whatever is shown of the games: the same bytes, on pages of few games."""
    run = range(first, min(first + games, GAMES_MOST))[:: -1 if backwards else 1]
    renderer = Renderer(choice)
    pages = list(Pages(renderer, tags=choice.tags).written(account.blocks(run)))
    assert b"".join(page.text for page in pages) == b"".join(map(renderer.render, account.games(run)))
    assert sum(page.games for page in pages) == len(run)
    assert all(0 < page.games <= PAGE_GAMES for page in pages)


def test_every_game_on_every_sheet_is_written_alike() -> None:
    """An account that goes through all sheets meets every title, tournament, import and berserk there is."""
    run, renderer = range((SHEETS + 1) * BLOCK_GAMES), Renderer(Options(clocks=True, evals=True, opening=True))
    pages = Pages(renderer, tags=True).written(made(0, "player").blocks(run))
    one_by_one = map(renderer.render, made(0, "player").games(run))
    for page in pages:
        assert page.text == b"".join(next(one_by_one) for _ in range(page.games))


@unhurried
@given(name=names, first=integers(0, GAMES_MOST // BLOCK_GAMES - SHEETS))
def test_an_account_meets_no_sheet_again_before_all_others(name: str, first: int) -> None:
    """So no account repeats itself within 32 768 games."""
    run = range(first * BLOCK_GAMES, (first + SHEETS) * BLOCK_GAMES)
    assert len({block.sheet for block, _ in made(0, name).blocks(run)}) == SHEETS


def test_texts_are_had_one_by_one_or_by_the_page() -> None:
    """Both ways lead to the same games; whoever wants single games never sees a page."""
    texts = Texts(iter((b"one", b"two")), iter((Page(b"onetwo", 2),)))
    assert list(texts) == [b"one", b"two"]
    assert [page.text for page in texts.pages] == [b"onetwo"]
