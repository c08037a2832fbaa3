"""What faults do to the text of one game, in both forms."""

import json

import pytest

from fake_lichess.damage import ORDER, Form, all_damaged, damaged, kept_text, moved_in_time
from fake_lichess.faults import FaultKind

PGN = (
    b'[Event "rated blitz game"]\n[Site "https://lichess.org/abcdefgh"]\n[Date "2026.01.02"]\n[White "a"]\n'
    b'[Black "b"]\n[Result "1-0"]\n[GameId "abcdefgh"]\n[UTCDate "2026.01.02"]\n[UTCTime "10:00:00"]\n'
    b'[WhiteElo "1500"]\n[BlackElo "1510"]\n[WhiteRatingDiff "+6"]\n[BlackRatingDiff "-6"]\n[Variant "Chess960"]\n'
    b'[FEN "x"]\n[SetUp "1"]\n\n1. e4 { [%clk 0:03:00] } 1... e5 1-0\n\n\n'
)
GAME = {
    "id": "abcdefgh",
    "variant": "chess960",
    "createdAt": 1,
    "players": {"white": {"user": {"name": "a"}, "rating": 1500, "ratingDiff": 6}, "black": {"aiLevel": 3}},
    "initialFen": "x",
    "moves": "e4 e5",
    "clocks": [1, 2],
}
LINE = json.dumps(GAME, separators=(",", ":")).encode() + b"\n"


@pytest.mark.parametrize("kind", FaultKind)
@pytest.mark.parametrize("form", Form)
def test_each_damage_touches_the_text_or_leaves_it_wholly_alone(kind: FaultKind, form: Form) -> None:
    """Faults of the content change both forms; all others, and those that only repeat or move games, change none."""
    game = PGN if form is Form.PGN else LINE
    textual = {
        FaultKind.TRUNCATED_TAG, FaultKind.ILLEGAL_MOVE, FaultKind.UNKNOWN_VARIANT, FaultKind.NUL_BYTE,
        FaultKind.INVALID_UTF8, FaultKind.CRLF, FaultKind.GIANT_GAME, FaultKind.NO_NEWLINE, FaultKind.MISSING_ELO,
    }  # fmt: skip
    assert (damaged(game, kind, form) != game) == (kind in textual)


def test_json_stays_json_where_only_its_meaning_is_damaged() -> None:
    """Keys keep their order, and nothing else is touched."""
    moves = json.loads(damaged(LINE, FaultKind.ILLEGAL_MOVE, Form.NDJSON))
    assert moves == {**GAME, "moves": "Ke5 e5"}
    assert list(moves) == list(GAME)
    assert json.loads(damaged(LINE, FaultKind.UNKNOWN_VARIANT, Form.NDJSON)) == {**GAME, "variant": "quantum"}
    players = {"white": {"user": {"name": "a"}}, "black": {"aiLevel": 3}}
    assert json.loads(damaged(LINE, FaultKind.MISSING_ELO, Form.NDJSON)) == {**GAME, "players": players}
    giant = json.loads(damaged(LINE, FaultKind.GIANT_GAME, Form.NDJSON))
    assert (len(giant["moves"].split()), giant["variant"], "clocks" in giant) == (4000, "standard", False)


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATED_TAG, FaultKind.NUL_BYTE, FaultKind.INVALID_UTF8])
def test_json_is_broken_where_pgn_is(kind: FaultKind) -> None:
    """What is no PGN tag any more is no JSON any more."""
    with pytest.raises(ValueError, match=r"Invalid|Unterminated|decode|control"):
        json.loads(damaged(LINE, kind, Form.NDJSON).decode())


def test_games_move_in_time_in_both_forms() -> None:
    """PGN shows the second, JSON the millisecond."""
    moved = moved_in_time(PGN, 1_700_000_000_123, Form.PGN)
    assert b'[Date "2023.11.14"]' in moved
    assert b'[UTCDate "2023.11.14"]\n[UTCTime "22:13:20"]' in moved
    assert json.loads(moved_in_time(LINE, 1_700_000_000_123, Form.NDJSON))["createdAt"] == 1_700_000_000_123


def test_a_giant_or_illegal_game_is_of_the_variant_it_says() -> None:
    """The giant game begins where standard games begin; a game without moves gets an illegal one."""
    giant = damaged(PGN, FaultKind.GIANT_GAME, Form.PGN)
    assert b'[Variant "Standard"]' in giant
    assert b"FEN" not in giant
    assert giant.endswith(b" 1-0\n\n\n")
    assert damaged(b'[A "b"]\n\n 1-0\n\n\n', FaultKind.ILLEGAL_MOVE, Form.PGN) == b'[A "b"]\n\n1. Ke5 1-0\n\n\n'


def test_games_in_chesscom_s_words_are_damaged_too() -> None:
    """There the address alone names a game, and a variant only what is not standard."""
    game = b'[Site "Chess.com"]\n[Link "https://www.chess.com/game/live/123456789"]\n\n1. e4 1-0\n\n\n'
    assert b"live/12345\n\n1. e4" in damaged(game, FaultKind.TRUNCATED_TAG, Form.PGN)
    assert damaged(game, FaultKind.UNKNOWN_VARIANT, Form.PGN).endswith(b'"]\n[Variant "Quantum"]\n\n1. e4 1-0\n\n\n')


def test_a_text_without_tags_is_damaged_at_its_front() -> None:
    """Exports without tags carry broken bytes too."""
    assert damaged(b"1. e4 e5\n\n\n", FaultKind.NUL_BYTE, Form.PGN) == b"\x001. e4 e5\n\n\n"


def test_what_is_kept_does_not_depend_on_line_ends_or_surroundings() -> None:
    """The digest sees one text, however it was sent."""
    assert kept_text(PGN.replace(b"\n", b"\r\n")) == kept_text(b"\n" + PGN) == PGN.strip()


def test_every_damage_has_its_place_in_the_order() -> None:
    """What changes the text of a game alone also does so beside others."""
    assert {kind for kind in FaultKind if damaged(PGN, kind, Form.PGN) != PGN} == set(ORDER)


@pytest.mark.parametrize("kind", ORDER)
@pytest.mark.parametrize("form", Form)
def test_two_damages_of_one_game_do_not_depend_on_their_order(kind: FaultKind, form: Form) -> None:
    """Changed line ends or a NUL do not keep the game's tags from being found, whatever was given first."""
    game = PGN if form is Form.PGN else LINE
    for other in (FaultKind.CRLF, FaultKind.NUL_BYTE):
        found = all_damaged(game, [other, kind], form)
        assert found == all_damaged(game, [kind, other], form)
        assert (found.count(b"[Event ") == 1) == (form is Form.PGN)
        assert found.count(b"\r\n") == (found.count(b"\n") if other is FaultKind.CRLF else found.count(b"\r"))
