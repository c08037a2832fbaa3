"""What an import from the fake's Chess.com side must hold: read from months in JSON, while the importer reads PGN."""

from typing import Any

import httpx

ME = {"User-Agent": "capacity-tests/1.0 (tests@example.org)"}


def true_games(upstream: str, user: str) -> dict[str, str]:
    """Return the PGN of every game by its id, the newest first."""
    found: list[dict[str, Any]] = []
    with httpx.Client(base_url=upstream, headers=ME, timeout=30) as client:
        for month in client.get(f"/pub/player/{user}/games/archives").raise_for_status().json()["archives"]:
            found += client.get(month).raise_for_status().json()["games"]
    found.sort(key=lambda game: game["end_time"], reverse=True)
    return {"-".join(game["url"].split("/")[-2:]): game["pgn"].strip() for game in found}


def true_ids(upstream: str, user: str, most: int | None = None) -> list[str]:
    """Return the ids of the newest games."""
    return list(true_games(upstream, user))[:most]
