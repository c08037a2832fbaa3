"""Plays the pool of games ahead of time; run by hand, never by the server.

Legal moves cost milliseconds a game to find, far too slow for streaming, so the games are played once, here, and
shipped as ``fake_lichess/data/sequences.tsv``.
"""
