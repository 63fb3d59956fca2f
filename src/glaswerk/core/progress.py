"""Progress on standard error: a bar with rate and time left on a terminal, silence in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

Item = TypeVar("Item")
# Seconds between two steps of a bar over items: a step takes 3 µs, as much as reading a small item.
_INTERVAL = 0.05


class _Rate(ProgressColumn):
    """Items a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


class Bar:
    """One running bar. `note` is free text at its end (loss, rate)."""

    def __init__(self, progress: Progress, label: str, total: int | None) -> None:
        self._progress = progress
        self._start, self._bytes = time.monotonic(), 0
        self._task = progress.add_task(label, total=total, note="")

    def advance_bytes(self, amount: int, size: int) -> None:
        """Advance by items, and note the MB of input a second."""
        self._bytes += size
        seconds = max(time.monotonic() - self._start, 1e-9)
        self.advance(amount, f"{self._bytes / seconds / 1e6:,.1f} MB/s")

    def advance(self, amount: int = 1, note: str | None = None) -> None:
        if note is None:
            self._progress.advance(self._task, amount)
        else:
            self._progress.update(self._task, advance=amount, note=note)


@contextmanager
def progress_bar(
    label: str, total: int | None = None, *, start: int = 0, hidden: bool = False
) -> Iterator[Bar]:
    """A bar for the length of the block; invisible unless standard error is a terminal, or when `hidden`."""
    console = Console(file=sys.stderr, stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("eta"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=hidden or not sys.stderr.isatty()
    ) as progress:
        bar = Bar(progress, label, total)
        bar.advance(start)
        yield bar


def track(items: Iterable[Item], label: str, total: int | None = None) -> Iterator[Item]:
    """Yield `items` while a bar counts them."""
    with progress_bar(label, total) as bar:
        waiting, due = 0, 0.0
        for item in items:
            yield item
            waiting += 1
            if (now := time.monotonic()) >= due:
                bar.advance(waiting)
                waiting, due = 0, now + _INTERVAL
        bar.advance(waiting)
