"""The importer's settings, read once from the environment; nothing else reads it.

Must not have effects: whoever calls decides what a nonsense setting means.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from importer.errors import SettingsError

# What replays the moves: python-chess, or pgn_read where it is installed.
ReaderName = Literal["chess", "fast"]

# How stored games are told from new ones: all ids read in pages beforehand, or each batch looked up as it comes.
StrategyName = Literal["pages", "lookup"]

_BEARABLE = r"[A-Za-z0-9._~+/=-]{16,512}"
_URL = Field(
    pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$", description="an http:// or https:// address without a user name"
)
_USER_INFO = re.compile(r"//[^/]*@")

# It stands in the User-Agent, inside a comment: no blanks, brackets or control characters. The length is a choice.
_CONTACT = r"(?=.{1,200}\Z)(?:https?://[!-'*-~]+|[!-'*-?A-~]+@[!-'*-?A-~]+)"


# What Lichess really grants an address. Source: lila, app/controllers/Api.scala, its limit on game streams.
_LICHESS_STREAMS = 2


class Settings(BaseModel):
    """Effective settings; the environment variable is the field's name in capitals.

    Defaults of the six knobs are the published recommendation that this project examines. Upper bounds are choices: far
    above any useful value, low enough to catch a slip of the finger.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_path: Annotated[str, Field(min_length=1, description="the path of a file")] = "games.sqlite3"
    lichess_base_url: Annotated[str, _URL] = "https://lichess.org"
    chesscom_base_url: Annotated[str, _URL] = "https://api.chess.com"
    # Chess.com answers only programs that name one, since June 2023.
    upstream_contact: Annotated[str, Field(description="an e-mail address or an http(s):// address, or nothing")] = ""
    max_concurrent_imports: Annotated[int, Field(ge=1, le=10_000)] = 3
    import_batch_size: Annotated[int, Field(ge=1, le=100_000)] = 50
    # Measured: an import weighs the same in an account of any size, and takes no longer. See docs/method.md.
    existing_games_strategy: Annotated[StrategyName, Field(description='"pages" or "lookup"')] = "lookup"
    existing_games_page_size: Annotated[int, Field(ge=1, le=1_000_000)] = 2_000
    gc_every_games: Annotated[int, Field(ge=0, le=1_000_000)] = 200
    http_pool_limit: Annotated[int, Field(ge=1, le=10_000)] = 15
    http_pool_limit_per_host: Annotated[int, Field(ge=1, le=10_000)] = 3
    # What a stream that is read slowly holds in the kernel, and what is read of it at a time. Measured at a hundred
    # imports: a fourth of it takes 0.07 MiB less an import. The lower bound is where the kernel would round up anyway.
    upstream_receive_buffer_bytes: Annotated[int, Field(ge=4_096, le=16_777_216)] = 64 * 1024
    pgn_reader: Annotated[ReaderName, Field(description='"chess" or "fast"')] = "chess"
    # Lichess grants an address one export stream by its documentation, two in practice, and answers more with 429.
    # Source: lila, app/controllers/Api.scala; lichess-org/api, doc/specs, its section on rate limiting.
    upstream_max_streams: Annotated[int, Field(ge=1, le=10_000)] = 1
    # Lichess paces games evenly, and its server gives up on a silent peer after 75 s: after a minute a stream is dead.
    upstream_stall_s: Annotated[float, Field(ge=0.01, le=3_600)] = 60.0
    # What Lichess asks for after a 429; the next ones in a row wait longer. Shorter is for tests.
    upstream_busy_wait_s: Annotated[float, Field(ge=0.01, le=3_600)] = 60.0
    # A choice: some hours of work for three imports at the upstream's pace, and about a megabyte of waiting imports.
    max_queued_imports: Annotated[int, Field(ge=0, le=1_000_000)] = 1_000
    # Who can guess it needs no token: sixteen characters are the least. The alphabet is RFC 6750's `b64token`.
    api_token: Annotated[SecretStr, Field(description="16 to 512 letters, digits and -._~+/=, or nothing")] = SecretStr(
        ""
    )

    @field_validator("lichess_base_url", "chesscom_base_url")
    @classmethod
    def _has_host_and_port(cls, url: str) -> str:
        parts = urlsplit(url)
        # A password would be shown with the settings, and with every trouble of the upstream.
        if not parts.hostname or parts.port == 0 or "@" in parts.netloc:
            raise ValueError(url)
        return url.rstrip("/")

    @field_validator("upstream_contact")
    @classmethod
    def _says_how_to_be_reached(cls, contact: str) -> str:
        if contact and not re.fullmatch(_CONTACT, contact):
            raise ValueError(contact)
        return contact

    @field_validator("api_token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and not re.fullmatch(_BEARABLE, token.get_secret_value()):
            raise ValueError("no token")
        return token

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings that *environ* names; the others keep their defaults.

        Raises:
            SettingsError: names the first variable that cannot be used, its value and what is allowed.
        """
        given = {name: environ[name.upper()] for name in cls.model_fields if name.upper() in environ}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            secret = cls.model_fields[name].annotation is SecretStr
            shown = "(not shown)" if secret else _USER_INFO.sub("//(not shown)@", given[name])
            raise SettingsError(name.upper(), shown, _allowed(cls, name)) from None

    def as_environment(self) -> dict[str, str]:
        """Return every setting as the environment variable that would set it; a secret as asterisks."""
        return {
            name.upper(): f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in self.model_dump().items()
        }

    def warnings(self) -> tuple[str, ...]:
        """Return what these settings promise together but cannot do, one sentence each."""
        found = []
        if self.max_concurrent_imports > self.http_pool_limit_per_host:
            found.append(
                f"MAX_CONCURRENT_IMPORTS is {self.max_concurrent_imports} but HTTP_POOL_LIMIT_PER_HOST is "
                f"{self.http_pool_limit_per_host}: the extra imports would show as running while they wait for a "
                f"connection. Raise HTTP_POOL_LIMIT_PER_HOST to {self.max_concurrent_imports} or lower the other."
            )
        if self.http_pool_limit_per_host > self.http_pool_limit:
            found.append(
                f"HTTP_POOL_LIMIT_PER_HOST is {self.http_pool_limit_per_host} but HTTP_POOL_LIMIT is "
                f"{self.http_pool_limit}: the smaller one holds."
            )
        if self.upstream_max_streams > self.http_pool_limit_per_host:
            found.append(
                f"UPSTREAM_MAX_STREAMS is {self.upstream_max_streams} but HTTP_POOL_LIMIT_PER_HOST is "
                f"{self.http_pool_limit_per_host}: the smaller one holds."
            )
        if self.upstream_max_streams > _LICHESS_STREAMS and urlsplit(self.lichess_base_url).hostname == "lichess.org":
            found.append(
                f"UPSTREAM_MAX_STREAMS is {self.upstream_max_streams} but Lichess answers more than {_LICHESS_STREAMS} "
                f"streams from an address with 429. Lower it to {_LICHESS_STREAMS} or 1."
            )
        return tuple(found)


def _allowed(settings: type[BaseModel], name: str) -> str:
    """Return what the field *name* may be, in words."""
    field = settings.model_fields[name]
    if field.description is not None:
        return field.description
    bounds = {type(rule).__name__: rule for rule in field.metadata}
    kind = "a number" if field.annotation is float else "a whole number"
    return f"{kind} from {bounds['Ge'].ge} to {bounds['Le'].le}"
