"""Every reader stores the same rows and rejects the same games for the same reasons; python-chess is the judge."""

import random
import re
from collections.abc import Mapping, Sequence

import chess
import chess.variant
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fake_lichess.damage import ORDER, Form, all_damaged
from fake_lichess.faults import FaultKind
from fake_lichess.games import SyntheticAccount
from fake_lichess.pgn import Options, Renderer
from importer import fast_replay, replay
from importer.game import Game, Rejection, read_game
from importer.pgn import RawGame, Splitter
from tests.made_up_world import world
from tests.pgn_games import IMMORTAL, pgn

READERS = {"chess": replay.replayed, "fast": fast_replay.replayed}
GAMES = 40
EVERYTHING = Renderer(Options(clocks=True, evals=True, opening=True))
VARIANTS = sorted(board.aliases[0] for board in chess.variant.VARIANTS)
SQUARES = st.sampled_from(chess.SQUARE_NAMES)
UNEXPECTED = st.one_of(
    st.sampled_from(["O-O", "O-O-O", "0-0", "--", "Z0", "e2e4", "e8Q", "exd6", "e", "Nbd2", "Qd1d2", "N@f3", "Kxe8"]),
    st.builds("{}{}{}".format, st.sampled_from(["K", "Q", "R", "B", "N", ""]), st.sampled_from(["", "x"]), SQUARES),
    st.builds("{}{}{}".format, st.sampled_from("QRBN"), st.sampled_from("abcdefgh12345678"), SQUARES),
    st.builds("{}x{}".format, st.sampled_from("abcdefgh"), SQUARES),
    st.builds("{}={}".format, SQUARES, st.sampled_from("QRBNK")),
)


def judged(tags: Mapping[str, str], moves: Sequence[str]) -> str | None:
    """Let python-chess read every move: no short way, no second library."""
    try:
        board = replay.start_position(tags)
    except ValueError as error:
        return f"it cannot be set up: {error!r}"
    for ply, san in enumerate(moves):
        try:
            if not board.push_san(san):
                return f"ply {ply + 1}, nobody moved"
        except ValueError:
            return f"ply {ply + 1}, not legal"
    return None


def assert_all_agree(text: bytes, *, oversized: bool = False) -> Game | Rejection:
    """Read a text with every reader; return what all of them say."""
    raw = RawGame(text.strip(), oversized)
    rows = {name: read_game(raw, replay=how) for name, how in READERS.items()}
    assert rows["fast"] == rows["chess"]
    reference = read_game(raw, replay=judged)
    if isinstance(reference, Game):
        assert rows["chess"] == reference
    else:
        found = rows["chess"]
        assert isinstance(found, Rejection)
        assert re.split("[,:]", found.reason)[0] == re.split("[,:]", reference.reason)[0]
    return rows["chess"]


def random_moves(board: chess.Board, seed: int, plies: int) -> list[str]:
    """Play at random and return the moves in SAN."""
    chance = random.Random(seed)
    moves: list[str] = []
    while len(moves) < plies and not board.is_game_over() and (legal := sorted(board.legal_moves, key=str)):
        move = chance.choice(legal)
        moves.append(board.san(move))
        board.push(move)
    return moves


@pytest.mark.parametrize("faults", [(), *((kind,) for kind in ORDER)], ids=str)
def test_made_up_games_and_every_fault_of_them(faults: tuple[FaultKind, ...]) -> None:
    """Games as the fake sends them, sound or with any fault that a text can have, become the same rows."""
    account = SyntheticAccount(world(0, 0.3), "player1", GAMES)
    games = [all_damaged(EVERYTHING.render(game), faults, Form.PGN) for game in account.games(range(GAMES))]
    splitter = Splitter()
    for raw in [*splitter.feed(b"".join(games)), *splitter.finish()]:
        assert_all_agree(raw.text, oversized=raw.oversized)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant(name: str) -> None:
    """Each variant is played by its own rules, and one move too many rejects its game, whoever reads it."""
    board = chess.variant.find_variant(name)
    for seed in range(3):
        start = board()
        tags = {"Variant": name, "FEN": start.fen()} if name in {"Racing Kings", "Horde"} else {"Variant": name}
        movetext = " ".join(random_moves(start, seed, 60))
        assert isinstance(assert_all_agree(pgn(seed, f"{movetext} *", **tags)), Game)
        assert isinstance(assert_all_agree(pgn(seed, f"{movetext} Kz9 *", **tags)), Rejection)


@pytest.mark.parametrize("number", [0, 1, 518, 959])
def test_chess960_and_given_positions(number: int) -> None:
    """Games that begin elsewhere are read alike, castling by the rook's square included."""
    start = chess.Board.from_chess960_pos(number)
    fen = start.fen()
    movetext = " ".join(random_moves(start, number, 80))
    assert isinstance(assert_all_agree(pgn(1, f"{movetext} *", Variant="Chess960", SetUp="1", FEN=fen)), Game)
    assert_all_agree(pgn(1, f"{movetext} *", Variant="From Position", SetUp="1", FEN=fen))


SICILIAN = "1. e4 c5 2. Nf3 d6 3. d4 cxd4 4. Nxd4 Nf6 5. Nc3 a6"


@pytest.mark.parametrize(
    "text",
    [
        pgn(1, IMMORTAL, WhiteElo=None, BlackElo="?"),
        pgn(1, IMMORTAL).replace(b"\n", b"\r\n"),
        pgn(1, IMMORTAL).replace(b'[Round "-"]', b'[Round "-"]\n[White "Carol"]\n[Event "again"]'),
        pgn(1, f"{SICILIAN} $1 $142 1/2-1/2"),
        pgn(1, "1. e4! $1 e5?? $4 2. Nf3!? Nc6?! 3. Bb5!! *"),
        pgn(1, "1. e4 (1. d4 d5 (1... Nf6 2. c4 (2. Nf3 g6) 2... e6) 2. c4) 1... c5 (1... e5) 2. Nf3 0-1"),
        pgn(1, "1. e4 { braces ( [ } 1... e5 {} 2. Nf3 { 1-0 } 2... Nc6 ; to the end of the line {\n3. Bb5 1-0"),
        pgn(1, "1. e4 e5\n% escaped, and not of the game\n2. Nf3 Nc6 1-0"),
        pgn(1, "1. e4 e5 2. Nf3"),
        pgn(1, "1. e4 e5 1-0 1-0"),
        pgn(1, "1. e4 e5 2-0"),
        pgn(1, "*"),
        pgn(1, "1. e4 -- 2. d4 *"),
        pgn(1, "1. e4 e5 2. Nf3 Nf6 3. Bc4 Bc5 4. 0-0 0-0 *"),
        pgn(1, "1. e4 e5 2. Nf3 Nf6 3. Bc4 Bc5 4. O-O O-O-O *"),
        pgn(1, "1. e4 d5 2. exd5 c6 3. dxc6 a6 4. cxb7 a5 5. bxa8=N Nc6 *"),
        pgn(1, "1. e4 d5 2. exd5 c6 3. dxc6 a6 4. cxb7 a5 5. bxa8N Nc6 *"),
        pgn(1, "1. e4 d5 2. exd5 c6 3. dxc6 a6 4. cxb7 a5 5. bxa8 Nc6 *"),
        pgn(1, "1. e2e4 e7-e5 2. Ng1f3 Nb8-c6 *"),
        pgn(1, "1. Nxe2 *"),
        pgn(1, "1. Qd1 *"),
        pgn(1, "1. d5 *"),
        pgn(1, "1. e4 e5 2. e5 *"),
        pgn(1, "1. e4 Nc6 2. e5 Nxe5 3. d4 Nf3+ 4. Nxf3 d5 5. f4 *"),
        pgn(1, "1. e4 e5 2. Ke2 Qh4 3. Qe1 d6 4. Qd1 e3 *"),
        pgn(1, "1. d4 Nf6 2. c4 g6 3. Nc3 d5 4. Nf3 Bg7 5. Nxd5 Bf5 6. Nxf6+ h6 *"),
        pgn(1, "1. e4 d6 2. e5 f5 3. Nf3 c5 4. exf6 *"),
        pgn(1, "1. e4 d6 2. e5 f5 3. exf6 *"),
        pgn(1, "1. e4 Nf6 2. e5 d5 3. exf6 c5 4. exd6 *"),
        pgn(1, "1. e4 c5 2. e5 d5 3. exc6 *"),
        pgn(1, "1. e4 e5 2. Nge2 Nc6 3. Nec3 Nge7 4. Nd5 Nxd5 5. exd5 *"),
        pgn(1, "1. Nf3 d5 2. d3 d4 3. Nd2 *"),
        pgn(1, IMMORTAL, Variant="Quantum"),
        pgn(1, IMMORTAL, FEN="8/8/8/8/8/8/8/8 w - - 0 1"),
        pgn(1, IMMORTAL, FEN="no position"),
    ],
)
def test_what_real_files_hold(text: bytes) -> None:
    """Odd tags, line ends, comments, glyphs, variations, results and notations are read alike."""
    assert_all_agree(text)


@settings(deadline=None)
@given(seed=st.integers(0, 50), plies=st.integers(1, 120), place=st.floats(0, 1), put=UNEXPECTED, more=st.booleans())
@example(seed=0, plies=1, place=0.0, put="Nxe2", more=False)
def test_a_valid_game_with_one_move_changed(seed: int, plies: int, place: float, put: str, *, more: bool) -> None:
    """Whatever word stands where a move was, the readers agree on whether the game is one, and on what is wrong."""
    moves = random_moves(chess.Board(), seed, plies)
    changed = int(place * len(moves))
    words = [*moves[:changed], put, *(moves[changed + 1 :] if more else ())]
    assert_all_agree(pgn(1, f"{' '.join(words)} *"))


@settings(deadline=None)
@given(seed=st.integers(0, 50), plies=st.integers(1, 120), pick=st.integers(0, 10_000), sloppy=st.booleans())
def test_a_valid_game_that_ends_with_a_move_its_king_forbids(seed: int, plies: int, pick: int, *, sloppy: bool) -> None:
    """Moves that a piece could make but for a check or a pin are refused by every reader."""
    board = chess.Board()
    moves = random_moves(board, seed, plies)
    possible = sorted(board.pseudo_legal_moves, key=str)
    if not possible:
        return
    move = possible[pick % len(possible)]
    piece = board.piece_at(move.from_square)
    assert piece is not None
    letter = "" if piece.piece_type == chess.PAWN else piece.symbol().upper()
    file = chess.FILE_NAMES[chess.square_file(move.from_square)]
    taking = f"{'' if letter and sloppy else file}x" if board.is_capture(move) else ""
    promoted = f"={chess.piece_symbol(move.promotion).upper()}" if move.promotion else ""
    words = [*moves, f"{letter}{taking}{chess.square_name(move.to_square)}{promoted}"]
    assert_all_agree(pgn(1, f"{' '.join(words)} *"))


@settings(deadline=None)
@given(place=st.integers(0, 900), put=st.binary(max_size=4), length=st.integers(0, 40))
def test_any_damage_to_the_bytes(place: int, put: bytes, length: int) -> None:
    """A game with any one stretch of its bytes overwritten is the same to every reader."""
    text = pgn(1, IMMORTAL)
    assert_all_agree(text[:place] + put + text[place + length :])
