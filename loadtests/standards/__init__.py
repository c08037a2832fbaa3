"""Known-answer servers: their true memory need is known by construction, so the harness is checked against them.

Only the standard library is imported, and nothing of the harness: a scale does not make its own weights.
"""
