"""Laws of the game reader: as strict as python-chess's own reader of PGN, and never taken by surprise."""

import io

import chess
import chess.pgn
from hypothesis import example, given
from hypothesis import strategies as st

from importer.game import Game, Rejection, peek, read_game, read_trusted_game
from importer.pgn import RawGame
from tests.pgn_games import IMMORTAL, pgn

COMMENTS = st.sampled_from(["", " { [%clk 0:03:00] }", " { [%eval 0.17] [%clk 0:00:30] }", " $4", "?!"])
# Only words that look like moves: the reference reader passes over any other, which here makes a game unreadable.
STRAY_MOVES = st.sampled_from(["e4", "Nf3", "O-O", "O-O-O", "Qxh7#", "exd6", "bxa8=N", "Kd2", "R1a3", "e2e4", "Nbd2"])
chess.pgn.LOGGER.setLevel("CRITICAL")  # one line for every illegal move otherwise


@st.composite
def movetexts(draw: st.DrawFn) -> str:
    """Random legal games in Lichess's form, some with a stray move put in place of a legal one."""
    board = chess.Board()
    words: list[tuple[str, str]] = []
    for choice in draw(st.lists(st.integers(0, 10_000), max_size=40)):
        moves = sorted(board.legal_moves, key=str)
        if not moves:
            break
        move = moves[choice % len(moves)]
        number = f"{board.fullmove_number}. " if board.turn else f"{board.fullmove_number}... "
        words.append((number, board.san(move)))
        board.push(move)
    if draw(st.booleans()) and words:
        place = draw(st.integers(0, len(words) - 1))
        words[place] = (words[place][0], draw(STRAY_MOVES))
    moves_shown = " ".join(number + san + draw(COMMENTS) for number, san in words)
    return f"{moves_shown} {draw(st.sampled_from(['1-0', '0-1', '1/2-1/2', '*']))}".strip()


@given(movetext=movetexts())
def test_the_same_games_are_valid_as_for_the_reference_reader(movetext: str) -> None:
    """A game is stored exactly if python-chess's own reader finds no fault in it, with as many moves."""
    text = pgn(1, movetext)
    reference = chess.pgn.read_game(io.StringIO(text.decode()))
    assert reference is not None
    mine = read_game(RawGame(text.strip()))
    if reference.errors:
        assert isinstance(mine, Rejection)
    else:
        assert isinstance(mine, Game)
        assert mine.plies == len(list(reference.mainline_moves()))


@given(movetext=movetexts())
def test_counting_agrees_with_replaying(movetext: str) -> None:
    """For a valid game the trusted reader gives the very same row."""
    raw = RawGame(pgn(1, movetext).strip())
    replayed = read_game(raw)
    if isinstance(replayed, Game):
        assert read_trusted_game(raw) == replayed


@given(text=st.binary(max_size=300))
@example(text=b'[Event "\\"]\n\n*')
def test_no_bytes_are_a_surprise(text: bytes) -> None:
    """Whatever the bytes, the outcome is a game or a rejection, never an exception."""
    assert isinstance(read_game(RawGame(text)), Game | Rejection)
    peek(text)


@given(place=st.integers(0, 800), put=st.binary(max_size=4), length=st.integers(0, 40))
def test_no_damage_to_a_game_is_a_surprise(place: int, put: bytes, length: int) -> None:
    """A valid game with any one stretch of it overwritten is a game or a rejection that keeps the text."""
    text = pgn(1, IMMORTAL).strip()
    damaged = text[:place] + put + text[place + length :]
    outcome = read_game(RawGame(damaged))
    assert isinstance(outcome, Game) or outcome.text == damaged


VARIANTS = ["Standard", "Chess960", "From Position", "Atomic", "Antichess", "Crazyhouse", "Horde", "Three-check"]


@given(variant=st.sampled_from(VARIANTS), board=st.text("kqrbnpKQRBNP12345678/", max_size=40), moves=STRAY_MOVES)
@example(variant="Standard", board="8/8/8/8/8/8/8/8", moves="O-O")
def test_no_start_position_is_a_surprise(variant: str, board: str, moves: str) -> None:
    """Positions without kings, with impossible ranks or with a hundred queens reject the game at worst."""
    text = pgn(1, f"1. {moves} 1-0", Variant=variant, FEN=f"{board} w KQkq - 0 1")
    assert isinstance(read_game(RawGame(text.strip())), Game | Rejection)
