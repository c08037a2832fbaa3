"""A stand-in for Lichess: streams synthetic or replayed games as the real server does, and knows the true answer."""
