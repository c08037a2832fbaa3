"""The upstreams as this program meets them: one client, each one's addresses, and the manners that an address owes."""

from importer.upstream.chesscom import REQUESTS_AT_ONCE, ChessCom, MonthAnswer, Validators
from importer.upstream.client import Client, Connections, Host
from importer.upstream.lichess import Lichess, Window
from importer.upstream.streams import Streams

__all__ = [
    "REQUESTS_AT_ONCE",
    "ChessCom",
    "Client",
    "Connections",
    "Host",
    "Lichess",
    "MonthAnswer",
    "Streams",
    "Validators",
    "Window",
]
