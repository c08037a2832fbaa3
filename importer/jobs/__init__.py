"""Imports from request to done: admission and queue, the run of each, and what each run decides."""

from importer.jobs.queue import Imports, ImportView
from importer.jobs.workshop import Workshop

__all__ = ["ImportView", "Imports", "Workshop"]
