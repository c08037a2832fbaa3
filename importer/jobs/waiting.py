"""Waits out an upstream's trouble for one import, or gives up.

Must not know what was asked for; how long each kind of trouble is waited for is the patience's to say.
"""

import asyncio
import logging
import random

from importer.errors import UpstreamError
from importer.jobs.progress import Progress
from importer.jobs.workshop import Workshop

_log = logging.getLogger(__name__)


async def wait_out(workshop: Workshop, progress: Progress, trouble: UpstreamError, failures: int) -> None:
    """Wait as the trouble asks for after failure number *failures* (from 1) in a row.

    Raises:
        UpstreamError: the trouble itself, when asking again is of no use.
    """
    wait_s = workshop.patience.wait_s(trouble, failures, random.random())
    if wait_s is None:
        raise trouble
    _log.warning("import %s: %s; asking again in %.1f s", progress.row.import_id, trouble, wait_s)
    progress.hold_up(f"{trouble}; it asks again")
    try:
        await asyncio.sleep(wait_s)
    finally:
        progress.hold_up(None)
