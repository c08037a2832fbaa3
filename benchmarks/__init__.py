"""Measures the speed and size of the servers as processes on loopback; its figures decide no test and no verdict."""
