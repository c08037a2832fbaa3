"""What clients send and get about imports: the models, and what each field must be.

Must not decide anything; an import is put into words and nothing more.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.config import JsonDict

from importer.jobs import ImportView
from importer.store import USER_ID_PATTERN

GAMES_MOST = 100_000  # a choice: over an hour of streaming at the upstream's pace

Platform = Literal["lichess", "chesscom"]
ImportStatus = Literal["queued", "running", "completed", "failed", "cancelled"]

# What an HTTP header can hold, and no more: an error about a header would show it.
# Source: RFC 6750, section 2.1, `b64token`; the length is a choice, far above Lichess's 24.
_TOKEN_PATTERN = re.compile(r"[A-Za-z0-9._~+/=-]{1,512}")

# Lichess's personal and OAuth tokens, of 20 and 32 characters behind the prefix. Source: lila, its type `Bearer`.
_LICHESS_TOKEN = re.compile(r"li[po]_[A-Za-z0-9]{20,}")

USER_RULE = "must be 2 to 30 letters, digits, underscores or hyphens"
PLATFORM_RULE = 'must be "lichess" or "chesscom"'
AFTER_RULE = "must be the `next` of an earlier answer"

# What a request for an import must be, in the words of an error.
REQUEST_RULES = {
    ("body", "user_id"): USER_RULE,
    ("body", "platform"): PLATFORM_RULE,
    ("body", "limit"): f"must be a whole number from 1 to {GAMES_MOST}",
    ("body", "upstream_token"): "must be 1 to 512 letters, digits and -._~+/=, or left out",
}


def _check_token(token: SecretStr | None) -> SecretStr | None:
    if token is not None and not _TOKEN_PATTERN.fullmatch(token.get_secret_value()):
        raise ValueError("not a token")
    return token


def _check_user(user_id: str) -> str:
    """Refuse a token in the wrong place, where it would be stored and shown."""
    if _LICHESS_TOKEN.fullmatch(user_id):
        raise ValueError("a token is no name")
    return user_id


def _whole(number: object) -> object:
    """Take 5.0 for 5, as JSON does."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


class ImportRequest(BaseModel):
    """Which games to import."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"examples": [{"user_id": "alice", "platform": "lichess", "limit": 500}]},
    )

    user_id: Annotated[str, Field(pattern=USER_ID_PATTERN), AfterValidator(_check_user)]
    platform: Platform
    limit: Annotated[
        int,
        Field(ge=1, le=GAMES_MOST, description="how many games that are not stored yet"),
        BeforeValidator(_whole),  # behind the bounds, which otherwise are missing from the OpenAPI
    ]
    upstream_token: Annotated[
        SecretStr | None,
        AfterValidator(_check_token),
        Field(
            description="the player's own, for higher limits; used for this import alone and never stored",
            json_schema_extra={
                "anyOf": [{"type": "string", "pattern": f"^{_TOKEN_PATTERN.pattern}$"}, {"type": "null"}]
            },
        ),
    ] = None


_EXAMPLE: JsonDict = {
    "import_id": "5f0c9e1b7a3d2468",
    "user_id": "alice",
    "platform": "lichess",
    "limit": 500,
    "status": "running",
    "queue_position": 0,
    "phase": "streaming",
    "fetched": 120,
    "stored": 100,
    "duplicates": 0,
    "rejected": 0,
    "queue_wait_s": 0.0004,
    "first_game_after_s": 0.21,
    "elapsed_s": 4.9,
    "held_up": None,
    "error": None,
    "requested_at": "2026-03-01T12:00:00.000+00:00",
}


class ImportState(BaseModel):
    """An import as it stands."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    import_id: str
    user_id: str
    platform: str
    limit: int
    status: ImportStatus
    queue_position: Annotated[int, Field(description="from 1; 0 when it does not wait")]
    phase: Literal["queued", "reading_existing", "streaming", "finished"]
    fetched: Annotated[int, Field(description="games received whole, whatever became of them")]
    stored: Annotated[int, Field(description="games that are new and committed")]
    duplicates: int
    rejected: int
    queue_wait_s: float | None
    first_game_after_s: Annotated[float | None, Field(description="from running to the first game received")]
    elapsed_s: Annotated[float | None, Field(description="from running until now or until done")]
    held_up: Annotated[str | None, Field(description="what keeps it from going on at the moment")]
    error: str | None
    requested_at: str

    @classmethod
    def of(cls, view: ImportView) -> "ImportState":
        """Put an import into words of the interface."""
        row = view.row
        return cls(
            import_id=row.import_id,
            user_id=row.user_id,
            platform=row.platform,
            limit=row.games_wanted,
            status=row.status.value,
            queue_position=view.queue_position,
            phase=row.phase.value,
            fetched=row.fetched,
            stored=row.stored,
            duplicates=row.duplicates,
            rejected=row.rejected,
            queue_wait_s=row.queue_wait_s,
            first_game_after_s=row.first_game_after_s,
            elapsed_s=row.elapsed_s,
            held_up=view.held_up,
            error=row.error,
            requested_at=row.requested_at,
        )


class ImportsPage(BaseModel):
    """Imports, newest first."""

    imports: list[ImportState]
    next: Annotated[str | None, Field(description="`after` of the next page; null when there are no more imports")]


class Health(BaseModel):
    """That the server answers."""

    status: str


class EffectiveSettings(BaseModel):
    """What the server runs with, and what those settings cannot do together."""

    settings: dict[str, str]
    warnings: list[str]
