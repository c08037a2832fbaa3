"""The pool of games: the shipped file is what the script makes, and its games are real chess."""

from functools import cache
from importlib.resources import files

import chess
import pytest

from fake_lichess.play.details import board_of
from fake_lichess.play.openings import Book, read_book
from fake_lichess.play.sequences import POOL_GAMES, line, wish
from fake_lichess.play.variants import lichess_san
from fake_lichess.tracks import Sequence
from tests.made_up_world import sequences


@cache
def book() -> Book:
    """Read the opening book once."""
    return read_book((files("fake_lichess.play") / "openings.tsv").read_text(encoding="utf-8"))


@cache
def shipped() -> list[str]:
    """Return the rows of the shipped file."""
    text = (files("fake_lichess") / "data" / "sequences.tsv").read_text(encoding="utf-8")
    return [row for row in text.splitlines() if not row.startswith("#")]


# The first ten, a draw, the first game without moves, and the only stalemate.
@pytest.mark.parametrize("number", [*range(10), 18, 250, 789])
def test_the_shipped_file_is_what_the_script_makes(number: int) -> None:
    """Playing a game again gives its row, so the file can always be made anew."""
    assert line(number, book()) == shipped()[number]


def test_the_file_holds_the_whole_pool() -> None:
    """No row is missing."""
    assert len(shipped()) == POOL_GAMES


def test_any_prefix_of_the_pool_is_spread_like_the_whole() -> None:
    """The first hundred wishes already have the results and lengths of all thousand."""
    wishes = [wish(number) for number in range(100)]
    assert sum(wanted.result == "1-0" for wanted in wishes) == pytest.approx(49.8, abs=2)
    assert sum(wanted.plies <= 62 for wanted in wishes) == pytest.approx(50, abs=2)


ENDINGS = {
    chess.Termination.CHECKMATE: "mate",
    chess.Termination.STALEMATE: "stalemate",
    chess.Termination.VARIANT_WIN: "variantEnd",
    chess.Termination.VARIANT_LOSS: "variantEnd",
}


def replay(sequence: Sequence) -> chess.Board:
    """Play a sequence on a board; its moves must already be in standard notation."""
    board = board_of(sequence.variant, sequence.fen or "")
    for san in sequence.moves:
        move = board.parse_san(san)
        assert lichess_san(board, move) == san
        board.push(move)
    return board


def test_every_game_of_the_pool_is_legal_and_ends_as_it_says() -> None:
    """All moves are legal; a mate is a mate by the winner, and no open game is over on the board."""
    for sequence in sequences():
        outcome = replay(sequence).outcome()
        if outcome is None:
            assert sequence.ending in ("open", "draw", "noStart")
        else:
            assert outcome.result() == sequence.result
            assert sequence.ending == ENDINGS.get(outcome.termination, "draw")


def test_every_move_is_evaluated_except_a_mating_one() -> None:
    """A final mate has no evaluation, and the position before it says mate in one."""
    for sequence in sequences():
        mated = sequence.ending in ("mate", "variantEnd")
        assert len(sequence.evals) == len(sequence.moves) - mated
        if mated:
            assert sequence.evals[-1] == ("#1" if sequence.result == "1-0" else "#-1")


def test_openings_are_named_as_lichess_names_them() -> None:
    """A game is named after the last position of it that has a name, transpositions included."""
    found = book().classify(("Nf3", "Nc6", "e4", "e5", "Bb5", "h6"))
    assert found is not None
    assert (found[0].eco, found[0].name, found[1]) == ("C60", "Ruy Lopez", 5)
    assert book().classify(()) is None
