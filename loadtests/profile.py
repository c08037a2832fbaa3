"""Reads a named profile: the settings of a server as lines of ``NAME=value``, comments and blank lines aside.

Pure: takes text, returns settings. Where profiles lie is not known here.
"""

from loadtests.errors import UsageError


def parse(name: str, text: str) -> dict[str, str]:
    """Return the environment variables of the profile called *name*.

    Raises:
        UsageError: a line is not ``NAME=value``, or a name is set twice.
    """
    settings: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, separator, value = stripped.partition("=")
        if not separator or not key.isidentifier() or key in settings:
            fault = "is set twice" if key in settings else "is not NAME=value"
            raise UsageError(f"profile {name}, line {number}: {stripped!r} {fault}. Correct the line.")
        settings[key] = value.strip()
    return settings
