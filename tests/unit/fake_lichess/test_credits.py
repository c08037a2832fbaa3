"""Credits: spent within a span that begins with the first request, and free of charge for free requests."""

from fake_lichess.credits import Credits


def test_requests_pass_as_long_as_anything_is_left() -> None:
    """What a request costs is not compared with what is left, as on the real server."""
    purse = Credits(10, 60.0, lambda: 0.0)
    assert [purse.allows("a", 6) for _ in range(4)] == [True, True, False, False]
    assert purse.allows("b", 6)
    assert purse.allows("a", 0)


def test_the_span_begins_with_the_first_request() -> None:
    """Refused requests do not lengthen it, and after it everything is there again."""
    now = [0.0]
    purse = Credits(1, 60.0, lambda: now[0])
    assert purse.allows("a")
    now[0] = 59.9
    assert not purse.allows("a")
    now[0] = 60.0
    assert purse.allows("a")
    assert not purse.allows("a")
