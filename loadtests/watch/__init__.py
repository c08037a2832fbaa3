"""Watches a server that somebody else runs for the first hour after a change: reads, never writes, needs no root.

It starts, limits and stops nothing. What was seen goes into a record as it comes; the published checklist is decided
from that record alone, by ``checklist``.
"""
