"""Runs the benchmarks that are wanted, one after the other, in a work folder that is gone afterwards."""

import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import allocator, crowds, etiquette, fake, imports, large_account, service, storage
from benchmarks.figures import Figure, Run
from benchmarks.machine import load_average, machine
from loadtests.settings import REPOSITORY

Benchmark = Callable[[Path, int], list[Figure]]  # a work folder, and how many readings to take


class Name(StrEnum):
    """Which benchmark; a closed list."""

    START = "start"
    STREAM = "stream"
    STREAMS = "streams"
    ACCOUNTS = "accounts"
    IMPORTER = "importer"
    IMPORTS = "imports"
    SERVICE = "service"
    LARGE_ACCOUNT = "large-account"
    ALLOCATOR = "allocator"
    CROWDS = "crowds"
    TEXTS = "texts"
    EXISTING = "existing"
    ETIQUETTE = "etiquette"


BENCHMARKS: Mapping[Name, Benchmark] = {
    Name.START: fake.start,
    Name.STREAM: fake.stream,
    Name.STREAMS: fake.streams,
    Name.ACCOUNTS: fake.accounts,
    Name.IMPORTER: imports.importer,
    Name.IMPORTS: imports.imports,
    Name.SERVICE: service.service,
    Name.LARGE_ACCOUNT: large_account.large_account,
    Name.ALLOCATOR: allocator.allocator,
    Name.CROWDS: crowds.crowds,
    Name.TEXTS: storage.texts,
    Name.EXISTING: storage.existing,
    Name.ETIQUETTE: etiquette.etiquette,
}
# On disk beside the reports: files of a memory file system would count as the importer's memory.
WORK = REPOSITORY / "reports" / "out"


def run(names: Sequence[Name], repeats: int, command: str, tell: Callable[[Figure], None]) -> Run:
    """Run benchmarks by name and gather what they found.

    Raises:
        LoadTestError: a server could not be started.
    """
    began_s, place = time.monotonic(), machine()
    found = list[Figure]()
    WORK.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="benchmarks-", dir=WORK) as folder:
        for name in names:
            for each in BENCHMARKS[name](Path(folder), repeats):
                found.append(each)
                tell(each)
    return Run(
        command=command,
        machine=place.model_copy(update={"load_after": load_average()}),
        repeats=repeats,
        elapsed_s=time.monotonic() - began_s,
        figures=tuple(found),
    )
