"""The compact set of stored ids."""

from hypothesis import given
from hypothesis import strategies as st

from importer.jobs.known import KnownIds

IDS = st.text("ABab01", min_size=1, max_size=12)


@given(added=st.lists(IDS), asked=IDS)
def test_it_is_a_set(added: list[str], asked: str) -> None:
    """Whatever is added in whatever order, it holds exactly that, each once."""
    known = KnownIds()
    for game_id in added:
        known.add(game_id)
    assert (asked in known) == (asked in set(added))
    assert all(game_id in known for game_id in added)
    assert len(known) == len(set(added))
