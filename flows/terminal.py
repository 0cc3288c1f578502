"""What a person at a terminal sees while a pilot runs; on stderr, so that stdout stays for the answer."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column

from gates.records import Verdict
from qpilot.report.scorecard import COLOURS
from qpilot.report.scorecard import summary as table
from qpilot.runs.summary import Ending, Summary

ENDINGS: dict[Ending, str] = {"GO": "green", "NO_GO": "red", "REJECTED": "red", "ERROR": "red"}
QUARTERS = 4


class Terminal:
    """Bars where stderr is a terminal; a line a quarter of a stage where it is not."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars = Progress(
            TextColumn("{task.description:>10}"),
            BarColumn(20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[said]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
            console=console,
            transient=True,
            expand=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._quarters: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def progress(self, stage: str, done: int, total: int, said: str = "") -> None:
        """`done` of `total` pieces of `stage` are finished; `said` is how it stands."""
        if self.console.is_terminal:
            if stage not in self._tasks:
                self._tasks[stage] = self._bars.add_task(stage, said="")
            self._bars.update(self._tasks[stage], completed=done, total=total, said=escape(said))
            return
        quarter = QUARTERS * done // max(total, 1)
        if quarter > self._quarters.get(stage, 0):
            self._quarters[stage] = quarter
            told = f"  {escape(said)}" if said else ""
            self.console.print(f"{stage:>10}  {done} of {total}{told}", highlight=False, soft_wrap=True)

    def verdict(self, verdict: Verdict) -> None:
        """A gate has answered."""
        colour = COLOURS[verdict.outcome]
        self.console.print(
            f"{verdict.gate:>10}  [{colour}]{verdict.outcome}[/]  {escape(verdict.reason)}",
            highlight=False,
            soft_wrap=True,
        )


def scorecard(console: Console, summary: Summary) -> None:
    """The whole run on one screen: a line a gate, then the decision, the model, the money and the report."""
    colour = ENDINGS.get(summary.outcome, "yellow")
    console.print(f"\n[bold]{summary.run}[/]")
    console.print(table(summary.verdicts))
    outcome = "HELD" if summary.suspended else summary.outcome.replace("_", " ")
    console.print(f"[bold {colour}]{outcome}[/]  {escape(summary.reason)}", highlight=False)
    if summary.model is not None:
        console.print(f"model    {summary.model} (champion)", highlight=False)
    console.print(
        f"cost     ${summary.charged_usd:.2f} charged; ${summary.device_usd:.2f} on the device itself", highlight=False
    )
    place = "pruned" if summary.report is None else summary.report
    console.print(f"report   {place}", highlight=False, soft_wrap=True)
