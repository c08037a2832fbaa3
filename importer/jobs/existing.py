"""Tells which games of an account are stored already, in one of two ways that a setting chooses between.

Must not look at games: it is asked about ids. What is in hand and not yet stored is the ledger's to tell.
"""

from collections.abc import Sequence

from importer.jobs.known import KnownIds
from importer.jobs.ledger import Ledger
from importer.jobs.workshop import Workshop
from importer.store import Account


class PagedIds:
    """Reads every id when an import begins, a page at a time, and remembers them: eight bytes for each stored game."""

    asks_first = False

    def __init__(self, workshop: Workshop, ledger: Ledger, account: Account) -> None:
        self._shop = workshop
        self._ledger = ledger
        self._account = account
        self._known = KnownIds()

    async def begin(self) -> None:
        """Read the ids, a page at a time."""
        after_id = ""
        while True:
            page = await self._ledger.ask(self._shop.store.page_of_ids, self._account, after_id, self._shop.page_size)
            for game_id in page:
                self._known.add(game_id)
            if len(page) < self._shop.page_size:
                return
            after_id = page[-1]

    async def meet(self, game_ids: Sequence[str]) -> None:
        """Need nothing: every id is known."""

    def add(self, game_id: str) -> None:
        """Remember one more."""
        self._known.add(game_id)

    def __contains__(self, game_id: str) -> bool:
        return game_id in self._known


class LookedUpIds:
    """Asks the database about the games that come, before they are parsed; holds no more than one answer."""

    asks_first = True

    def __init__(self, workshop: Workshop, ledger: Ledger, account: Account) -> None:
        self._shop = workshop
        self._ledger = ledger
        self._account = account
        self._found: frozenset[str] = frozenset()

    async def begin(self) -> None:
        """Need nothing: what comes is asked about when it comes."""

    async def meet(self, game_ids: Sequence[str]) -> None:
        """Ask which of these are stored."""
        if game_ids:
            self._found = await self._ledger.ask(self._shop.store.stored_among, self._account, game_ids)

    def add(self, game_id: str) -> None:
        """Need nothing: it is in the ledger's hand, and then in the database."""

    def __contains__(self, game_id: str) -> bool:
        return game_id in self._found or self._ledger.holds(game_id)


def existing(workshop: Workshop, ledger: Ledger, account: Account) -> PagedIds | LookedUpIds:
    """Return what tells which games are stored, as the setting says."""
    chosen = PagedIds if workshop.strategy == "pages" else LookedUpIds
    return chosen(workshop, ledger, account)
