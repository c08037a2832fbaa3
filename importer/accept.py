"""Chooses among media types by what an Accept header asks for.

Must not know what is behind the types.
"""

import re
from collections.abc import Sequence

_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def choose(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered type that is wanted most, the earlier one of equals; None when none of them is.

    RFC 9110, section 12.5.1: the most specific range that fits a type decides its quality, and 0 refuses it. An empty
    header accepts everything; a range that cannot be read is passed over.
    """
    ranges = [found for part in accept.split(",") if (found := _range(part)) is not None]
    if not accept.strip():
        return offered[0]
    best = max(offered, key=lambda kind: _quality(kind, ranges))
    return best if _quality(best, ranges) > 0 else None


def _range(part: str) -> tuple[str, float] | None:
    """Read one range and its quality."""
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    qualities = [piece for piece in parameters if piece.startswith("q=")]
    if not qualities:
        return kind, 1.0
    found = _QUALITY.fullmatch(qualities[0])
    return None if found is None else (kind, float(found[1]))


def _quality(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return how much a type is wanted."""
    wanted = dict(reversed(ranges))
    for name in (kind, kind.split("/", maxsplit=1)[0] + "/*", "*/*"):
        if name in wanted:
            return wanted[name]
    return 0.0
