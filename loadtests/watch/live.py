"""Shows the checklist on standard error while a watch goes on; on anything but a terminal, each change in a line."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from loadtests.watch.checklist import Check, State, Tally, checklist
from loadtests.watch.looks import Look, WatchRun

MARKS = {
    State.KEPT: "[green]✓[/]",
    State.BROKEN: "[red]✗[/]",
    State.UNSHOWN: "[yellow]…[/]",
    State.UNWATCHED: "[dim]-[/]",
}


class LiveChecklist:
    """The checklist as it stands."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None
        self._told: dict[str, State] = {}

    def tell(self, run: WatchRun, seen: Tally, look: Look) -> None:
        """Show how things stand after a look."""
        checks = checklist(run, seen)
        if self._live is not None:
            self._live.update(_table(run, look, checks), refresh=True)
            return
        for check in checks:
            if self._told.get(check.name) is not check.state:
                self._told[check.name] = check.state
                self._console.print(f"{look.at_s:7.1f} s  {_words(check)}")

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()


def _words(check: Check) -> str:
    return f"{MARKS[check.state]} {escape(check.name)}: {check.state}, {escape(check.seen)}"


def _table(run: WatchRun, look: Look, checks: tuple[Check, ...]) -> Table:
    table = Table(
        "", "", "seen", box=None, title=f"{escape('; '.join(run.watched))}: {look.at_s:.0f} of {run.for_s:.0f} s"
    )
    for check in checks:
        table.add_row(MARKS[check.state], escape(check.name), escape(check.seen))
    return table
