"""Progress in logs and pipes: whole lines, on time, with figures that are right."""

from __future__ import annotations

import io
import re
import sys
from itertools import pairwise

import pytest

from glaswerk.core.progress import PlainLines, clock_time, progress_bar, track


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def lines_of(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def run(
    steps: int,
    seconds: float,
    *,
    total: int | None = None,
    start: int = 0,
    unit: str = "",
    note: str | None = None,
) -> list[str]:
    """The lines of work of so many steps, each of which takes so many seconds."""
    stream, clock = io.StringIO(), Clock()
    lines = PlainLines(stream, "train", total, start=start, unit=unit, clock=clock)
    for _ in range(steps):
        clock.now += seconds
        lines.update(1, note)
    lines.finish()
    return lines_of(stream)


def test_work_shorter_than_ten_seconds_writes_nothing() -> None:
    assert run(9, 1.0, total=9) == []


def test_a_line_comes_every_ten_seconds_and_one_at_the_end() -> None:
    found = run(35, 1.0, total=35)
    assert [line.split()[1] for line in found] == ["10/35", "20/35", "30/35", "35/35"]


def test_a_line_has_unit_count_share_rate_time_left_and_note() -> None:
    found = run(60, 1.0, total=120, unit="step", note="loss 3.214  5,198 tok/s")
    assert found[0] == "[train] step 10/120  8 %  1/s  ETA 1m 50s  loss 3.214  5,198 tok/s"


def test_the_last_line_says_how_long_it_took_instead_of_what_is_left() -> None:
    assert run(120, 1.0, total=120)[-1] == "[train] 120/120  100 %  1/s  in 2m 00s"


def test_work_that_was_resumed_counts_from_where_it_was_but_its_rate_from_now() -> None:
    assert run(10, 1.0, total=120, start=100)[0].startswith("[train] 110/120  92 %  1/s  ETA 10s")


def test_work_of_unknown_length_has_neither_share_nor_time_left() -> None:
    assert run(20, 1.0)[0] == "[train] 10  1/s"


def test_the_rate_follows_the_last_half_minute_and_not_a_slow_start() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = PlainLines(stream, "x", 10_000, clock=clock)
    clock.now += 100  # compiling
    lines.update(1, None)
    for _ in range(60):
        clock.now += 1
        lines.update(100, None)
    assert "100/s" in lines_of(stream)[-1]
    assert "ETA 40s" in lines_of(stream)[-1]


def test_a_step_of_a_minute_is_reported_when_it_ends_and_not_six_times_over() -> None:
    assert len(run(2, 60.0, total=2)) == 3


def test_a_note_stays_until_the_next_one() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = PlainLines(stream, "x", clock=clock)
    lines.update(0, "compiling")
    clock.now += 11
    lines.update(1, None)
    assert lines_of(stream)[0].endswith("compiling")


def test_a_total_of_nothing_divides_by_nothing() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = PlainLines(stream, "x", 0, clock=clock)
    clock.now += 11
    lines.update(0, None)
    lines.finish()
    assert lines_of(stream) == ["[x] 0/0", "[x] 0/0  in 11s"]


def test_more_items_than_announced_leave_no_negative_time() -> None:
    assert "ETA 0s" in run(20, 1.0, total=5)[0]


def test_no_line_steers_a_terminal() -> None:
    assert not re.search(r"[\r\x1b\x08]", "".join(run(60, 1.0, total=60)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59.4, "59s"), (60, "1m 00s"), (80, "1m 20s"), (3600, "1h 00m"), (7500, "2h 05m")],
)
def test_durations_read_as_people_say_them(seconds: float, words: str) -> None:
    assert clock_time(seconds) == words


def test_durations_never_shrink_as_words() -> None:
    def length(words: str) -> int:
        units = {"h": 3600, "m": 60, "s": 1}
        return sum(int(n.replace(",", "")) * units[u] for n, u in re.findall(r"([\d,]+)([hms])", words))

    found = [length(clock_time(n / 2)) for n in range(20_000)]
    assert all(a <= b for a, b in pairwise(found))


def test_a_bar_off_a_terminal_is_silent_for_short_work(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("add", 3) as bar:
        bar.advance()
        bar.advance_bytes(2, 1_000_000)
    assert list(track(range(5), "read")) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""


def test_a_failure_inside_the_block_writes_no_line_of_success() -> None:
    with pytest.raises(ValueError, match="no"), progress_bar("add", 3):
        raise ValueError("no")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_and_a_hidden_one_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for hidden in (False, True):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        with progress_bar("curate", 3, hidden=hidden) as bar:
            bar.advance(3, "done")
        assert ("curate" in terminal.getvalue()) is not hidden
