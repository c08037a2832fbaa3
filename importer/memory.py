"""Decides when to collect cyclic garbage.

Must not know what a game is: it counts, and it collects.
"""

import gc


class Collector:
    """Collects after every so many games of the whole process, whichever import they belong to."""

    def __init__(self, every_games: int) -> None:
        self._every_games = every_games
        self._since_last = 0

    def settle(self) -> None:
        """Set aside what the start left behind, so that later collections need not look at it again."""
        gc.collect()
        gc.freeze()

    def count_game(self) -> bool:
        """Count one game; collect when it is due, and say whether it was."""
        self._since_last += 1
        if self._every_games == 0 or self._since_last < self._every_games:
            return False
        self._since_last = 0
        gc.collect()
        return True
