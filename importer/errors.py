"""What can go wrong in the importer; how a game or an import ends is data, and only these are raised.

ImporterError
├── SettingsError           nonsense in the environment                        exit code 2
├── StoreUnusable           the database cannot be opened                      exit code 3
├── StoreDamaged            a part of the database cannot be read               exit code 4
├── StorageTrouble          the disk is full, or the like: wait, then ask again; nothing was stored
├── InputUnreadable         a PGN file named on the command line               exit code 3
├── OutputUnwritable        a file that an export was to write                 exit code 3
├── AddressUnusable         the port cannot be listened on                     exit code 3
├── QueueFull               as many imports wait as may: ask again later
├── PlatformUnready         a platform cannot be asked with these settings
├── KeyReused               an idempotency key came with two different requests
└── UpstreamError           the upstream gave no games; ends or delays one import
    ├── PlayerUnknown       404: the import fails at once
    ├── UpstreamRefused     another 4xx: the import fails at once
    ├── UpstreamBusy        429: everyone waits long, then it asks again
    ├── UpstreamDown        no connection, or 5xx: wait a little, then ask again
    ├── UpstreamPage        200, but a page in place of games: the same, and never an empty history
    ├── StreamStalled       no byte for too long, before or in mid-stream: go on from the cursor
    └── StreamCut           the connection closed in mid-stream: go on from the cursor
"""


class ImporterError(Exception):
    """Base of every error of the importer; the message says what, the value found, and what to do next."""

    exit_code = 3


class SettingsError(ImporterError):
    """A setting in the environment is nonsense."""

    exit_code = 2

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        super().__init__(f"{variable} is {value!r}, but must be {allowed}. Change it or unset it, then start again.")


class StoreUnusable(ImporterError):
    """The database cannot be opened or has another format."""


class StoreDamaged(ImporterError):
    """A part of the database cannot be read, and asking again will not help."""

    exit_code = 4


class StorageTrouble(ImporterError):
    """The database does not take or give anything for now: busy, full, read-only or not to be read."""


class InputUnreadable(ImporterError):
    """A PGN file named on the command line cannot be read."""


class OutputUnwritable(ImporterError):
    """A file named on the command line cannot be written."""


class AddressUnusable(ImporterError):
    """The port cannot be listened on."""


class QueueFull(ImporterError):
    """No more imports may wait."""


class PlatformUnready(ImporterError):
    """No import from this platform can succeed until the server's settings change."""


class KeyReused(ImporterError):
    """An idempotency key came with another request before."""


class UpstreamError(ImporterError):
    """The upstream gave no games."""


class PlayerUnknown(UpstreamError):
    """The upstream has no such player."""


class UpstreamRefused(UpstreamError):
    """The upstream will not answer this request, now or later."""


class UpstreamBusy(UpstreamError):
    """The upstream asks this address to wait."""


class UpstreamDown(UpstreamError):
    """The upstream cannot be reached or is in trouble."""


class UpstreamPage(UpstreamError):
    """The upstream answered with something other than games, such as a page about its maintenance."""


class StreamStalled(UpstreamError):
    """The upstream said nothing for too long."""


class StreamCut(UpstreamError):
    """The stream ended before its end."""
