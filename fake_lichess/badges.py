"""What users wear beside their names: flairs and the wings of patrons; no I/O.

Every name keeps what it has, wherever it appears: beside a game, in a list, on its own page.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

# One name in so many has a flair or is a patron: choices, for no counts are published.
FLAIR_EVERY, PATRON_EVERY = 5, 25
PATRON_COLORS = 10  # PatronColor.yaml of the API description
# Names of pictures as in public/flair of lila.
FLAIRS = (
    "nature.seedling", "nature.cat", "nature.dog", "nature.fox", "nature.octopus-howard", "nature.fire",
    "activity.lichess", "activity.lichess-horsey", "activity.trophy", "food-drink.hot-beverage", "food-drink.pizza",
    "objects.books", "smileys.alien", "symbols.red-heart", "travel-places.rocket",
    "people.person-taking-bath-medium-skin-tone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Badges:
    """What one user wears."""

    flair: str | None = None
    patron_color: int | None = None  # None for who is no patron

    def shown(self) -> dict[str, object]:
        """Return it as Lichess shows it."""
        flair = {} if self.flair is None else {"flair": self.flair}
        return flair | ({} if self.patron_color is None else {"patron": True, "patronColor": self.patron_color})


def badges_of(user_id: str) -> Badges:
    """Return what a user wears; ids are names in lower case."""
    flair, which, patron, color = blake2b(b"badges:" + user_id.encode(), digest_size=4).digest()
    return Badges(
        FLAIRS[which % len(FLAIRS)] if flair % FLAIR_EVERY == 0 else None,
        1 + color % PATRON_COLORS if patron % PATRON_EVERY == 0 else None,
    )


# Opponents are met again and again; as many are kept as there are, and the accounts besides.
@lru_cache(maxsize=8192)
def badges_text(user_id: str) -> str:
    """Write what a user wears as keys of JSON, each followed by a comma."""
    worn = badges_of(user_id)
    flair = "" if worn.flair is None else f'"flair":"{worn.flair}",'
    return flair + ("" if worn.patron_color is None else f'"patron":true,"patronColor":{worn.patron_color},')
