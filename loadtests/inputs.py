"""Finds and reads the files a run is described by: plans, profiles and targets, by name or by path.

Reads only; what a file means is for ``plan``, ``profile`` and ``target`` to say.
"""

from pathlib import Path

from loadtests import plan, profile, target
from loadtests.errors import UsageError

HERE = Path(__file__).resolve().parent


def read_plan(name: str) -> plan.Plan:
    """Return the plan called *name*, or the one in the file *name*.

    Raises:
        UsageError: no such plan, or the file does not describe one.
    """
    return plan.parse(name, _text(name, "plan", ".toml"))


def read_target(name: str) -> target.Target:
    """Return the target called *name*, or the one in the file *name*.

    Raises:
        UsageError: no such target, or the file does not describe one.
    """
    return target.parse(name, _text(name, "target", ".toml"))


def read_profiles() -> dict[str, dict[str, str]]:
    """Return every named profile.

    Raises:
        UsageError: a profile file has a line that is no setting.
    """
    files = sorted((HERE / "profiles").glob("*.env"))
    return {file.stem: profile.parse(file.stem, file.read_text(encoding="utf-8")) for file in files}


def again(name: str) -> str:
    """Return a name by which a plan or a target is found from any folder: a shipped one's own, else the whole path."""
    file = Path(name)
    return str(file.resolve()) if file.is_file() else name


def _text(name: str, kind: str, suffix: str) -> str:
    known = {file.stem: file for file in sorted((HERE / f"{kind}s").glob(f"*{suffix}"))}
    file = known.get(name, Path(name))
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        names = ", ".join(known)
        raise UsageError(f"{kind} {name!r} cannot be read ({error}). Name a file, or one of: {names}.") from error
