"""Writes games the way people read them: judged moves, openings, how it ended, as ``literate=true`` asks; no I/O.

Sources: Annotator.scala, Advice.scala and StatusText.scala of lila; Pgn.scala and PgnNodeEncoder.scala of scalachess;
the examples of the API description, which show single games literate.
"""

from collections.abc import Sequence
from itertools import zip_longest

from fake_lichess.analysis import START_CP, Judgment, judgments
from fake_lichess.details import Better, Detail, Details
from fake_lichess.games import Game
from fake_lichess.occasions import Occasion
from fake_lichess.pgn import AFTER_GAME, Options, Renderer, clock_text, evaluation_text, movetext
from fake_lichess.tracks import Track

ANNOTATOR = b'[Annotator "lichess.org"]\n'
GLYPHS = {"Inaccuracy": "?!", "Mistake": "?", "Blunder": "??"}
VARIATION_PLIES_MOST = 20  # Annotator.scala
WINNERS, LOSERS = {"1-0": "White", "0-1": "Black"}, {"1-0": "Black", "0-1": "White"}


def renderer(options: Options, details: Details) -> Renderer:
    """Return what turns games into PGN under these options."""
    return LiterateRenderer(options, details) if options.literate else Renderer(options)


class LiterateRenderer(Renderer):
    """Turns games into annotated PGN."""

    def __init__(self, options: Options, details: Details) -> None:
        super().__init__(options)
        self._details = details

    def _tail(self, track: Track, clocks: Sequence[int], *, analysed: bool) -> bytes:
        return self._signed(super()._tail(track, clocks, analysed=analysed))

    def _import(self, game: Game, occasion: Occasion) -> bytes:
        return self._signed(super()._import(game, occasion))

    def _signed(self, text: bytes) -> bytes:
        """Name the annotator in the last tag, which is there even when no tags are asked for."""
        if not self._options.tags:
            return ANNOTATOR + b"\n" + text
        tags, moves = text.split(b"\n\n", 1)
        return tags + b"\n" + ANNOTATOR + b"\n" + moves

    def _body(self, track: Track, clocks: Sequence[int], *, analysed: bool) -> str:
        options, text = self._options, ""
        if options.moves:
            loaded = analysed and (options.evals or options.accuracy)
            text = annotated(
                track,
                clocks if options.clocks else (),
                advice(track, self._detail(track)) if loaded else {},
                shows_evals=analysed and options.evals,
            )
        return (f"{text} {track.sequence.result}" if options.tags else text) + AFTER_GAME

    def _detail(self, track: Track) -> Detail:
        return self._details.of(track.sequence.row, last_ply_taken_back=track.plies < len(track.sequence.moves))


def advice(track: Track, detail: Detail) -> dict[int, tuple[Judgment, Better]]:
    """Say by ply which moves were bad and what was better; a judgment without a better move is none."""
    judged = judgments(track.evals, black_first=track.sequence.black_first)
    better = ((ply, judgment, detail.better.get(ply)) for ply, judgment in enumerate(judged))
    return {ply: (judgment, move) for ply, judgment, move in better if judgment is not None and move is not None}


def annotated(
    track: Track, clocks: Sequence[int], advised: dict[int, tuple[Judgment, Better]], *, shows_evals: bool
) -> str:
    """Write the movetext with everything there is to say about each move."""
    sequence, parts, forced = track.sequence, list[str](), True
    evals = track.evals if shows_evals else ()
    last = len(track.moves) - 1
    for at, (san, clock, evaluation) in enumerate(zip_longest(track.moves, clocks, evals)):
        ply = sequence.first_ply + at
        found = advised.get(at)
        comments = [] if found is None else [_judged(track, at, *found)]
        comments += [] if evaluation is None else [f"[%eval {evaluation_text(evaluation)}]"]
        comments += [] if clock is None else [f"[%clk {clock_text((clock + 50) // 100)}]"]
        said = [f"{sequence.eco} {sequence.opening}"] if at + 1 == sequence.opening_ply else []
        said += [text for text in (ending(track),) if at == last and text]
        glyph = "" if found is None else GLYPHS[found[0].name]
        number = f"{ply // 2 + 1}{'...' if ply % 2 else '.'} "
        shown = f"{number if forced or ply % 2 == 0 else ''}{san}{glyph}"
        text = shown + "".join(f" {{ {comment} }}" for comment in comments + said)
        if found is not None:
            text += f" ({variation(found[1], ply)})"
        parts.append(text)
        forced = bool(comments)  # openings and endings alone do not interrupt a move
    return " ".join(parts).replace("] } { [", "] [")


def variation(better: Better, ply: int) -> str:
    """Write how the game should have gone on, numbered like moves are."""
    return movetext(better.line[:VARIATION_PLIES_MOST], (), (), ply)


def _judged(track: Track, at: int, judgment: Judgment, better: Better) -> str:
    before = track.evals[at - 1] if at else str(START_CP)
    return f"({_shown(before)} → {_shown(track.evals[at])}) {judgment.text} {better.line[0]} was best."


def _shown(evaluation: str) -> str:
    """Write an evaluation for people: pawns with two digits, or how far the mate is."""
    if evaluation.startswith("#"):
        return f"Mate in {abs(int(evaluation[1:]))}"
    return f"{int(evaluation) / 100:.2f}"


def ending(track: Track) -> str:
    """Say in a sentence how a game ended; nothing while it has not."""
    winner, loser = WINNERS.get(track.sequence.result), LOSERS.get(track.sequence.result)
    drawn = winner is None
    return {
        "mate": f"{winner} wins by checkmate.",
        "resign": f"{loser} resigns.",
        "stalemate": "Draw by stalemate.",
        "timeout": "The game is a draw." if drawn else f"{loser} left the game.",
        "draw": "The game is a draw.",
        "outoftime": "Draw by time and insufficient material." if drawn else f"{winner} wins on time.",
        "noStart": f"{winner} wins by forfeit.",
        "cheat": "Cheat detected.",
        "variantEnd": "Game ends by variant rule.",  # whatever the variant: the annotator does not look
    }.get(track.status, "")
