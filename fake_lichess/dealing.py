"""Deals time controls and tracks to the games of all sheets as cards are dealt; no I/O and no clock.

A world has some 33 000 games on sheets, of which a sixth are analysed: drawn at random their shares would miss by a
point or two, differently for each seed. So each control's tracks are shuffled and dealt, all of them before any comes
again; time controls are spread evenly over the sessions, and analyses over the endings, results and lengths of games.
"""

from array import array
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

# Spreads what it numbers evenly over 0 to 1, however much that is: the golden ratio.
STEP = 0.6180339887498949


class Card(NamedTuple):
    """What one game is dealt."""

    control: int
    track: int  # its place among the tracks of the control
    analysed: float  # from 0 to 1: games below the share wanted are analysed


class Deal:
    """What all games of a world are dealt, in the order of their sheets."""

    def __init__(self, seed: int, opens: Iterable[bool], table: Sequence[int], ranks: Sequence[Sequence[int]]) -> None:
        """Deal to games, of which *opens* says whether they begin a session.

        The table holds time controls as often as they are played, the ranks how each one's tracks are sorted.
        """
        self._seed = seed
        self._ranks = ranks
        self._controls, self._counts = array("B"), array("L")
        met, session, control = [0] * len(ranks), 0, 0
        for opening in opens:
            if opening:
                control = table[int((session + 0.5) * STEP % 1.0 * len(table))]
                session += 1
            self._controls.append(control)
            self._counts.append(met[control])
            met[control] += 1
        self._decks: dict[tuple[int, int], tuple[list[int], float]] = {}

    def cards(self, games: range) -> list[Card]:
        """Return what these games were dealt."""
        return [self._card(self._controls[game], self._counts[game]) for game in games]

    def _card(self, control: int, count: int) -> Card:
        ranks = self._ranks[control]
        turn, place = divmod(count, len(ranks))
        deck, start = self._decks.get((control, turn)) or self._shuffle(control, turn)
        track = deck[place]
        return Card(control, track, (start + ranks[track] * STEP) % 1.0)

    def _shuffle(self, control: int, turn: int) -> tuple[list[int], float]:
        rng = Random(f"{self._seed}:{control}:{turn}")
        deck = list(range(len(self._ranks[control])))
        rng.shuffle(deck)
        self._decks[control, turn] = deck, rng.random()
        return self._decks[control, turn]
