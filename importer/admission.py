"""Decides whether a request becomes an import: once for each idempotency key, and no more than may wait.

Must not run anything: what is admitted is handed to the imports.
"""

import asyncio
import json
from dataclasses import dataclass, field
from hashlib import blake2b

from importer.errors import KeyReused, PlatformUnready, QueueFull
from importer.jobs import Imports, ImportView
from importer.jobs.storage import StorageThread
from importer.keys import KeyBook, KeyUse
from importer.store import Account, ImportFilter, Status


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for."""

    account: Account
    games: int
    # No part of the digest and of no text: a key is written down, a token never is.
    upstream_token: str | None = field(default=None, repr=False)

    def digest(self) -> str:
        """Return the same text for the same request, and another for any other."""
        return _digest(json.dumps([*self.account.key(), self.games]))


@dataclass(frozen=True, slots=True)
class Places:
    """How many imports there may be."""

    running_most: int
    waiting_most: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """An import, and whether an earlier request with the same key had asked for it."""

    view: ImportView
    replayed: bool = False


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=16).hexdigest()


class Admission:
    """The one way in: requests pass one at a time, so that no two of them see the same free place or unused key."""

    def __init__(self, imports: Imports, keys: KeyBook, storage: StorageThread, places: Places) -> None:
        self._imports = imports
        self._keys = keys
        self._storage = storage
        self._places = places
        self._door = asyncio.Lock()

    async def admit(self, wanted: Wanted, key: str | None) -> Admitted:
        """Turn a request into an import, or find the one that it has become before.

        Raises:
            PlatformUnready: the server is not set up for the platform.
            KeyReused: the key came with another request before.
            QueueFull: no more imports may wait.
        """
        if (refusal := self._imports.refusal(wanted.account.platform)) is not None:
            raise PlatformUnready(refusal)
        async with self._door:
            if key is None:
                return Admitted(await self._submit(wanted))
            return await self._admit_once(wanted, _digest(key))

    async def _admit_once(self, wanted: Wanted, key_digest: str) -> Admitted:
        use = await self._storage.call(self._keys.find, key_digest)
        view = None if use is None else await self._imports.get(use.import_id)
        if use is not None and view is not None:
            if use.request_digest != wanted.digest():
                raise KeyReused(
                    "This Idempotency-Key came with another request before. Use a new key for a new request."
                )
            return Admitted(view, replayed=True)
        view = await self._submit(wanted)
        use = KeyUse(wanted.digest(), view.row.import_id)
        await self._storage.call(self._keys.remember, key_digest, use)
        return Admitted(view)

    async def _submit(self, wanted: Wanted) -> ImportView:
        if self._is_full() and not await self._has_unfinished(wanted.account):
            raise QueueFull(
                f"{self._imports.waiting} imports wait already, which is all that MAX_QUEUED_IMPORTS allows. "
                "Ask again when some have ended."
            )
        account = wanted.account
        return await self._imports.submit(account.platform, account.user_id, wanted.games, wanted.upstream_token)

    def _is_full(self) -> bool:
        all_run = self._imports.running >= self._places.running_most
        return all_run and self._imports.waiting >= self._places.waiting_most

    async def _has_unfinished(self, account: Account) -> bool:
        """Say whether asking again only returns the import that is under way, which takes no place."""
        newest = await self._imports.list(ImportFilter(account.platform, account.user_id), None, 1)
        return any(view.row.status in {Status.QUEUED, Status.RUNNING} for view in newest)
