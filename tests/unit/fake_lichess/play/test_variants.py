"""Games of variants and what boards tell about games: the shipped files are what the script makes."""

from collections import Counter
from functools import cache
from importlib.resources import files

import chess
import chess.variant
import pytest

from fake_lichess.play import details, variants
from fake_lichess.play.openings import Book, read_book
from fake_lichess.tracks import Sequence
from tests.made_up_world import details as known
from tests.made_up_world import sequences


@cache
def book() -> Book:
    """Read the opening book once."""
    return read_book((files("fake_lichess.play") / "openings.tsv").read_text(encoding="utf-8"))


def shipped(name: str) -> list[str]:
    """Return the rows of a shipped file."""
    text = (files("fake_lichess") / "data" / f"{name}.tsv").read_text(encoding="utf-8")
    return [row for row in text.splitlines() if not row.startswith("#")]


def detail(sequence: Sequence) -> str:
    """Find out again what a board tells about a game."""
    return details.line(sequence.variant, sequence.fen or "", sequence.moves, sequence.evals)


@pytest.mark.parametrize("variant", variants.VARIANTS)
def test_the_first_games_of_each_variant_are_made_again_alike(variant: str) -> None:
    """Each game depends on its variant and number alone."""
    rows = [row for row in shipped("variants") if row.split("\t")[7] == variant]
    assert len(rows) == variants.VARIANT_GAMES
    assert [variants.line(variants.play(variant, number, book())) for number in range(3)] == rows[:3]


def test_details_are_those_of_the_games() -> None:
    """Row by row, the shipped details are what a board says about the shipped games."""
    rows = shipped("details")
    assert len(rows) == len(sequences())
    for number in (*range(0, 1000, 40), *range(1000, 1360, 13)):
        assert detail(sequences()[number]) == rows[number]
    unplayed = next(sequence for sequence in sequences() if not sequence.moves)
    assert detail(unplayed) == f"{chess.STARTING_FEN}\t\t{chess.STARTING_FEN}\t\t- -\t"


def test_positions_are_written_as_lichess_writes_them() -> None:
    """Pockets stand behind a slash, given checks at the end; ordinary positions as everywhere."""
    house = chess.variant.CrazyhouseBoard()
    for san in ("e4", "d5", "exd5"):
        house.push_san(san)
    assert details.lichess_fen(house).startswith("rnbqkbnr/ppp1pppp/8/3P4/8/8/PPPP1PPP/RNBQKBNR/P b")
    checks = chess.variant.ThreeCheckBoard()
    for san in ("e4", "f6", "Qh5+"):
        checks.push_san(san)
    assert details.lichess_fen(checks).endswith(" 1 2 +1+0")
    assert details.lichess_fen(chess.Board()) == chess.STARTING_FEN


def test_variants_end_by_their_own_rules() -> None:
    """Among the shipped games, every variant that can end in its own way does."""
    endings = {(sequence.variant, sequence.ending) for sequence in sequences()}
    for variant in ("antichess", "atomic", "kingOfTheHill", "racingKings", "threeCheck"):
        assert (variant, "variantEnd") in endings


def test_better_lines_are_legal_and_as_long_as_lichess_keeps_them() -> None:
    """Played from where the judged move was made, a better line is legal; seven of ten have all twelve plies."""
    lengths = Counter[bool]()
    for sequence in sequences()[::20]:
        better = known().of(sequence.row, last_ply_taken_back=False).better
        board = details.board_of(sequence.variant, sequence.fen or "")
        for ply, san in enumerate(sequence.moves):
            if ply in better:
                line, elsewhere = better[ply].line, board.copy(stack=False)
                assert elsewhere.parse_uci(better[ply].uci) == elsewhere.parse_san(line[0]) != board.parse_san(san)
                for move in line:
                    elsewhere.push_san(move)
                lengths[len(line) == details.LINE_PLIES_MOST] += 1
            board.push_san(san)
    assert lengths[True] / lengths.total() == pytest.approx(0.65, abs=0.1)
