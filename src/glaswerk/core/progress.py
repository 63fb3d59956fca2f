"""Progress on standard error: a bar on a terminal, a plain line every ten seconds anywhere else."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO, TypeVar

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

from glaswerk.core.terminal import one_line

Item = TypeVar("Item")
# Seconds between two steps of a bar over items: a step takes 3 µs, as much as reading a small item.
_STEP_SECONDS = 0.05
# Seconds between two plain lines.
LINE_SECONDS = 10.0
# The rate is measured over this many lines, so that a slow start does not distort the time left.
_RATE_LINES = 4


class _Display(Protocol):
    """Where a bar is shown."""

    def update(self, amount: int, note: str | None) -> None:
        """Add `amount` items; a `note` replaces the text at the end, None keeps it."""


class Bar:
    """One running bar. `note` is free text at its end (loss, rate)."""

    def __init__(self, display: _Display) -> None:
        self._display = display
        self._start, self._bytes = time.monotonic(), 0

    def advance_bytes(self, amount: int, size: int) -> None:
        """Advance by `amount` items that were `size` bytes of input; the note is the MB a second."""
        self._bytes += size
        seconds = max(time.monotonic() - self._start, 1e-9)
        self.advance(amount, f"{self._bytes / seconds / 1e6:,.1f} MB/s")

    def advance(self, amount: int = 1, note: str | None = None) -> None:
        """Advance by `amount` items."""
        self._display.update(amount, note)


class PlainLines:
    """Progress for logs and pipes: whole lines, no carriage returns, nothing for short work.

    A line is written when `interval` seconds have passed since the last one, and once at the end if
    there was any before. `unit` names what is counted ("step"); `clock` is in seconds.
    """

    def __init__(
        self,
        stream: TextIO,
        label: str,
        total: int | None = None,
        *,
        start: int = 0,
        unit: str = "",
        interval: float = LINE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream, self._label, self._total, self._unit = stream, label, total, unit
        self._clock, self._interval = clock, interval
        self._count, self._note, self._written = start, "", False
        self._began = clock()
        self._due = self._began + interval
        self._marks = deque([(self._began, start)], maxlen=_RATE_LINES)

    def update(self, amount: int, note: str | None) -> None:
        """Add `amount` items, and write a line if one is due."""
        self._count += amount
        self._note = self._note if note is None else note
        if (now := self._clock()) >= self._due:
            self._write(now, self._time_left(now))
            self._marks.append((now, self._count))
            self._due = now + self._interval

    def finish(self) -> None:
        """Write the last line, if any was written before: how far it came and how long it took."""
        if self._written:
            now = self._clock()
            self._write(now, f"in {clock_time(now - self._began)}")

    def _write(self, now: float, time_part: str) -> None:
        parts = [self._counted(), self._share(), self._rate_words(now), time_part, self._note]
        self._stream.write(one_line(f"[{self._label}] {'  '.join(filter(None, parts))}") + "\n")
        self._stream.flush()
        self._written = True

    def _counted(self) -> str:
        of = "" if self._total is None else f"/{self._total:,}"
        return f"{self._unit} {self._count:,}{of}".lstrip()

    def _share(self) -> str:
        return f"{self._count / self._total:.0%}".replace("%", " %") if self._total else ""

    def _rate_words(self, now: float) -> str:
        rate = self._rate(now)
        return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.2g}/s" if rate else ""

    def _rate(self, now: float) -> float:
        then, count = self._marks[0]
        return (self._count - count) / max(now - then, 1e-9)

    def _time_left(self, now: float) -> str:
        rate = self._rate(now)
        if self._total is None or rate <= 0:
            return ""
        return f"ETA {clock_time(max(self._total - self._count, 0) / rate)}"


def clock_time(seconds: float) -> str:
    """Seconds as people say them: "8s", "1m 20s", "2h 05m"."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"
    return f"{minutes // 60:,}h {minutes % 60:02}m"


@contextmanager
def progress_bar(
    label: str, total: int | None = None, *, start: int = 0, unit: str = "", hidden: bool = False
) -> Iterator[Bar]:
    """Progress for the length of the block: a bar on a terminal, plain lines elsewhere, none if `hidden`.

    `start` items of `total` are already done; `unit` names what is counted.
    """
    if hidden:
        yield Bar(_Nowhere())
    elif sys.stderr.isatty():
        with _rich_bar(label, total, start) as bar:
            yield bar
    else:
        lines = PlainLines(sys.stderr, label, total, start=start, unit=unit)
        yield Bar(lines)
        lines.finish()


def track(items: Iterable[Item], label: str, total: int | None = None, *, unit: str = "") -> Iterator[Item]:
    """Yield `items` while a bar counts them."""
    with progress_bar(label, total, unit=unit) as bar:
        waiting, due = 0, 0.0
        for item in items:
            yield item
            waiting += 1
            if (now := time.monotonic()) >= due:
                bar.advance(waiting)
                waiting, due = 0, now + _STEP_SECONDS
        bar.advance(waiting)


class _Nowhere:
    def update(self, amount: int, note: str | None) -> None:
        pass


class _RichTask:
    def __init__(self, progress: Progress, label: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(one_line(label), total=total, note="")

    def update(self, amount: int, note: str | None) -> None:
        if note is None:
            self._progress.advance(self._task, amount)
        else:
            self._progress.update(self._task, advance=amount, note=one_line(note))


class _Rate(ProgressColumn):
    """Items a second, over the last half minute."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="progress.data.speed")


@contextmanager
def _rich_bar(label: str, total: int | None, start: int) -> Iterator[Bar]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        TextColumn("eta"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", markup=False),
    )
    with Progress(*columns, console=Console(file=sys.stderr, stderr=True), transient=True) as progress:
        bar = Bar(_RichTask(progress, label, total))
        bar.advance(start)
        yield bar
