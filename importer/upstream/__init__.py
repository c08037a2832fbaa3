"""Lichess as this program meets it: one client, and the manners that an address owes it."""

from importer.upstream.client import Connections, Upstream, Window
from importer.upstream.streams import Streams

__all__ = ["Connections", "Streams", "Upstream", "Window"]
