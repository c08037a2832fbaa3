"""Runs any server under a real memory limit, drives it with Locust, samples it and decides how each trial ended."""
