"""Splits a stream of PGN bytes into whole games, with a bounded buffer.

Must not look inside a game beyond its boundaries, and never sees a socket: bytes come in, games go out.
"""

from dataclasses import dataclass

# A choice: Lichess ends games at 600 plies, which with clocks and evaluations is about 30 KiB (its mean game is 3 KiB),
# so four times that holds every real game. Larger: more memory for one hostile stream; smaller: real games rejected.
GAME_BYTES_MOST = 128 * 1024

# A game begins at its Event tag, wherever that stands (exports exist without a newline between two games), or at a tag
# line right after a blank line (when the Event tag is the damaged part). Both are decided by what came before them
# alone, so how the network cuts the stream cannot matter.
_EVENT = b'[Event "'
_TAG_LINE = b"\n["
_NEWLINE, _BRACKET = b"\n]"  # most tag lines follow another, which ends in a bracket
_BLANKS = b" \t\r\f\v"

# As long as a result can be, 1/2-1/2: of a game too large its last word is kept as well, to tell whether it was cut.
_ENDING_BYTES = 7

# What may stand before the first game: blanks, and the byte order mark some editors put in front of a file.
_PADDING = b" \t\r\n\f\v\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class RawGame:
    """The text of one game as it came, without surrounding blank lines."""

    text: bytes
    oversized: bool = False  # then the text is only the beginning of the game
    ending: bytes = b""  # then, the last word of the game, of which what is longer than a result is left out


class Splitter:
    """Takes a stream of bytes in any pieces and gives back whole games.

    It holds one unfinished game: at most *most_bytes*, a few bytes that may begin the next, and one piece of input.
    """

    def __init__(self, most_bytes: int = GAME_BYTES_MOST) -> None:
        self._most_bytes = most_bytes
        self._held = bytearray()
        self._oversized = False
        self._seen = 0  # no boundary can begin before this position of the held bytes

    def feed(self, data: bytes) -> list[RawGame]:
        """Take the next bytes; return the games that ended in them."""
        self._held += data if self._held else data.lstrip(_PADDING)
        solid = data.rstrip()
        if not solid:
            self._shed()
            return []
        games: list[RawGame] = []
        start = 0
        while (end := self._next_start(max(start + 1, self._seen))) is not None:
            games += self._game(start, end)
            start = self._seen = end
        del self._held[:start]
        self._seen = max(0, len(self._held) - (len(data) - len(solid)) - (len(_EVENT) - 1))
        self._shed()
        return games

    def finish(self) -> list[RawGame]:
        """Return the last game; only for a stream that came to its proper end."""
        games = self._game(0, len(self._held))
        self._held.clear()
        self._seen = 0
        return games

    def held_bytes(self) -> int:
        """Return how many bytes wait for the rest of their game."""
        return len(self._held)

    def _next_start(self, begin: int) -> int | None:
        """Return where the next game begins, at *begin* or later."""
        event = self._held.find(_EVENT, begin)
        end = len(self._held) if event < 0 else event
        line = self._held.find(_TAG_LINE, begin, end)
        while line >= 0:
            if self._held[line - 1] != _BRACKET and self._blank_before(line):
                return line + 1
            line = self._held.find(_TAG_LINE, line + 1, end)
        return None if event < 0 else event

    def _blank_before(self, line: int) -> bool:
        """Say whether the line that ends at this position is blank."""
        while self._held[line - 1] in _BLANKS:
            line -= 1
        return self._held[line - 1] == _NEWLINE

    def _game(self, start: int, end: int) -> list[RawGame]:
        """Return the game between two positions, or nothing where nothing stands."""
        text = bytes(self._held[start:end]).rstrip()
        oversized = self._oversized or len(text) > self._most_bytes
        self._oversized = False
        if not oversized:
            return [RawGame(text)] if text else []
        return [RawGame(text[: self._most_bytes].rstrip(), oversized, text[-_ENDING_BYTES:].split()[-1])]

    def _shed(self) -> None:
        """Forget what a game holds beyond its most, except what decides where the next game begins."""
        if len(self._held) <= self._most_bytes + len(_EVENT):
            return
        beyond = bytes(self._held[self._most_bytes :])
        solid = beyond.rstrip()
        decided, undecided = solid[: 1 - len(_EVENT)], solid[1 - len(_EVENT) :]
        last = decided.rstrip()
        self._oversized |= bool(last)
        # Of what is decided the last word stays: it may end the game, and no line looks as if it followed a blank one.
        word = _last_word(last)
        self._held[self._most_bytes :] = word + _gist(decided[len(last) :]) + undecided + _gist(beyond[len(solid) :])
        self._seen = min(self._seen, self._most_bytes + len(word))


def _last_word(text: bytes) -> bytes:
    """Return the last word, of which one byte more than a result has is enough, with a blank where one precedes it."""
    end = text[-_ENDING_BYTES - 1 :]
    word = end.split()[-1] if end else end
    return word if word == end else b" " + word


def _gist(blanks: bytes) -> bytes:
    """Return the shortest run of blanks that means the same for where a game begins."""
    return b"\n" * min(2, blanks.count(b"\n")) + (b"" if blanks.endswith(b"\n") else blanks[-1:])
