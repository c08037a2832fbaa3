"""What can go wrong with a report; that a trial failed is data and never an exception.

ReportError
├── UsageError        a file or folder that cannot be read or written               exit code 2
│   ├── RecordsUnusable   the file is no records file of this version, or mixes runs    exit code 2
│   ├── TiersUnusable     the file of hosting tiers cannot be read                      exit code 2
│   ├── ThresholdUnusable a threshold that says nothing                                 exit code 2
│   ├── BaselineUnusable  a baseline that cannot be read, or grown from these runs       exit code 2
│   ├── UnlikeRuns        runs that would be compared come from unlike machines          exit code 2
│   └── UnlikeTrials      trials that would be pooled differ in a fact                  exit code 2
└── NothingMeasured   no trial that could say anything                              exit code 12
"""


class ReportError(Exception):
    """Base of every error of a report; the message says what, the value found, and what to do next."""

    exit_code = 12


class UsageError(ReportError):
    """A file or folder that cannot be read or written."""

    exit_code = 2


class RecordsUnusable(UsageError):
    """The file is not a records file that this version can read, or holds more than one run."""


class TiersUnusable(UsageError):
    """The file of hosting tiers cannot be read."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(f"the tiers in {name} cannot be used: {found}. Mend it there; its first lines explain it.")


class ThresholdUnusable(UsageError):
    """A threshold that says nothing."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(
            f"the threshold {text.strip()!r} cannot be used: {remedy}. Example: unreclaimable_peak_mib p(max) < 430"
        )


class BaselineUnusable(UsageError):
    """A baseline that cannot be read, or cannot be grown from the runs given."""


class UnlikeRuns(UsageError):
    """Runs that would be compared come from unlike machines."""

    def __init__(self, fact: str, first: object, second: object) -> None:
        super().__init__(
            f"refusing to compare the runs: {fact} is {first!r} in the first and {second!r} in the second, so a "
            "difference could be the machine's. Measure both on one machine under one limit."
        )


class UnlikeTrials(UsageError):
    """Trials that would be pooled differ in a fact that changes what they measure."""

    def __init__(self, fact: str, first: tuple[str, object], second: tuple[str, object]) -> None:
        super().__init__(
            f"refusing to pool trials {first[0]} and {second[0]}: {fact} is {first[1]!r} in one and {second[1]!r} in "
            "the other. Report them as separate runs, or measure again on one machine with one revision."
        )


class NothingMeasured(ReportError):
    """No trial that could say anything."""
