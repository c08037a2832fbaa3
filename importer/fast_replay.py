"""Replays a game's moves with pgn_read, a second library that knows the rules; python-chess where it cannot judge.

Must not be imported unless it is wanted: pgn_read is an extra. It judges the ordinary game from the ordinary position,
its moves in the usual form; variants, given positions and other forms go to python-chess. So does every game that
pgn_read does not accept, because python-chess has the last word on what is wrong with a move.
"""

import re
from collections.abc import Mapping, Sequence

import chess
from pgn_read.core.constants import (
    FEN_BLACK_ACTIVE,
    FEN_BLACK_KNIGHT,
    FEN_WHITE_ACTIVE,
    FEN_WHITE_KNIGHT,
    IFG_PAWN_CAPTURE_TO_FILE,
    IFG_PAWN_TO_RANK,
    IFG_PIECE_CAPTURE,
    IFG_PIECE_DESTINATION,
)
from pgn_read.core.game_strict_pgn import GameStrictPGN
from pgn_read.core.parser import PGN

from importer import replay

_MOVE = r"(?:[KQRBN][a-h1-8]?x?[a-h][1-8]|[a-h](?:x[a-h])?[1-8](?:=[QRBN])?|O-O(?:-O)?)[+#]?"
_USUAL = re.compile(rf"(?:{_MOVE} )*")
# pgn_read sets up its board with the first move, and until then the checks below have nothing to look at.
_FIRST = frozenset(chess.Board().san(move) for move in chess.Board().legal_moves)
_DIRECTIONS = tuple((file, rank) for file in (-1, 0, 1) for rank in (-1, 0, 1) if file or rank)


def _line(square: chess.Square, file_step: int, rank_step: int) -> tuple[str, ...]:
    """Return the squares in one direction, the nearest first."""
    names = []
    file, rank = chess.square_file(square) + file_step, chess.square_rank(square) + rank_step
    while 0 <= file <= 7 and 0 <= rank <= 7:  # noqa: PLR2004 the edges of the board
        names.append(chess.square_name(chess.square(file, rank)))
        file, rank = file + file_step, rank + rank_step
    return tuple(names)


def _lines(square: chess.Square, color: chess.Color) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """Return each line to a square, with the pieces of *color* that attack along it: from next to it, and from afar."""
    found = []
    for file_step, rank_step in _DIRECTIONS:
        distant = "bq" if file_step and rank_step else "rq"
        near = f"{distant}kp" if file_step and rank_step == (-1 if color else 1) else f"{distant}k"
        line = _line(square, file_step, rank_step)
        found.append((line, near.upper(), distant.upper()) if color else (line, near, distant))
    return tuple(line for line in found if line[0])


# By the side that is attacked, as pgn_read names it: where attacks on a square come from.
_LINES = {
    FEN_WHITE_ACTIVE: {chess.square_name(square): _lines(square, chess.BLACK) for square in chess.SQUARES},
    FEN_BLACK_ACTIVE: {chess.square_name(square): _lines(square, chess.WHITE) for square in chess.SQUARES},
}
_KNIGHT = {FEN_WHITE_ACTIVE: FEN_BLACK_KNIGHT, FEN_BLACK_ACTIVE: FEN_WHITE_KNIGHT}
_KNIGHT_REACH = {
    chess.square_name(square): frozenset(map(chess.square_name, chess.SquareSet(chess.BB_KNIGHT_ATTACKS[square])))
    for square in chess.SQUARES
}


class _Strict(GameStrictPGN):  # type: ignore[misc] # it ships no types
    """A game as pgn_read reads it, without the four kinds of illegal move that it was found to accept."""

    def append_piece_move(self, match: re.Match[str]) -> None:
        """Move a piece; not onto one's own, nor onto any without a capture: that would be half of a longer move."""
        taken = self._piece_placement_data.get(match[IFG_PIECE_DESTINATION])
        if (taken is None) == bool(match[IFG_PIECE_CAPTURE]) or (taken and taken.color == self._active_color):
            self.append_token_and_set_error(match)
        else:
            super().append_piece_move(match)

    def append_pawn_move(self, match: re.Match[str]) -> None:
        """Move a pawn; en passant only on the file of the pawn that has just passed."""
        file = match[IFG_PAWN_CAPTURE_TO_FILE]
        target = f"{file}{match[IFG_PAWN_TO_RANK]}"
        if file and target not in self._piece_placement_data and target != self._en_passant_target_square:
            self.append_token_and_set_error(match)
        else:
            super().append_pawn_move(match)

    def is_square_attacked_by_other_side(self, square: str, side: str) -> bool:
        """Say whether a piece attacks the square; pgn_read's own search for knights ends at the first other piece."""
        reach = _KNIGHT_REACH[square]
        for knight in self._pieces_on_board[_KNIGHT[side]]:
            if knight.square.name in reach:
                return True
        board = self._piece_placement_data
        for line, near, distant in _LINES[side][square]:
            attackers = near
            for name in line:
                if name in board:
                    if board[name].name in attackers:
                        return True
                    break
                attackers = distant
        return False


_reader = PGN(game_class=_Strict)


def replayed(tags: Mapping[str, str], moves: Sequence[str]) -> str | None:
    """Play the moves from the position that the tags name; return what is wrong, or None."""
    if moves and replay.is_ordinary(tags) and _is_accepted(moves):
        return None
    return replay.replayed(tags, moves)


def _is_accepted(moves: Sequence[str]) -> bool:
    """Say whether pgn_read finds every move legal."""
    text = " ".join(moves) + " "
    if moves[0] not in _FIRST or _USUAL.fullmatch(text) is None:
        return False
    [game] = _reader.read_games(f"{text}*")
    return game.state is None
