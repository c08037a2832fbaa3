"""Promises, laws, real processes and real cgroups."""
