"""Chooses which library replays the moves: python-chess, or the one of the extra `fast` where the settings ask for it.

Must not read a game itself.
"""

from importer.errors import SettingsError
from importer.replay import Replay, replayed
from importer.settings import ReaderName


def replay_by(name: ReaderName) -> Replay:
    """Return what replays moves.

    Raises:
        SettingsError: its library is not installed.
    """
    if name == "chess":
        return replayed
    try:
        # Imported only where it is wanted: most installations do not have it, and it takes a megabyte.
        from importer import fast_replay  # noqa: PLC0415
    except ModuleNotFoundError as error:
        allowed = f'"chess" where pgn-read is not installed ({error}); pip install "import-capacity[fast]" adds it'
        raise SettingsError("PGN_READER", name, allowed) from error
    return fast_replay.replayed
