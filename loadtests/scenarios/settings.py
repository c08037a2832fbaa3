"""Reads the orders of this Locust process: the only look at its environment."""

import os

from loadtests.orders import Orders, from_environment


def read_orders() -> Orders:
    """Return what this process was told to do.

    Raises:
        UsageError: a ``LOAD_*`` variable has a value that cannot be used.
    """
    return from_environment(os.environ)
