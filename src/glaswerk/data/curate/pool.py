"""Running the tasks of curation: in this process, in a pool of processes, or on a Ray cluster."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Literal, get_args

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import Bar, progress_bar
from glaswerk.data.curate.shard_task import ShardTask

Backend = Literal["local", "ray"]
TaskFunction = Callable[[ShardTask], None]
# With fewer rows, starting a pool takes longer than it saves.
_POOL_ROWS = 40_000
# Linux: the signal that a process gets when its parent dies (prctl(2)).
_PDEATHSIG = 1


def run_tasks(
    tasks: Sequence[ShardTask],
    function: TaskFunction,
    label: str,
    *,
    on: str,
    jobs: int,
    is_done: Callable[[ShardTask], bool],
) -> None:
    """Run `function` on every task that is not done, in any order, with a progress bar.

    `on` is "local" (`jobs` processes, 0 for one per core) or "ray" (the running cluster that RAY_ADDRESS
    names, or one started here with `jobs` workers; all nodes must see the lab's folder). Raises
    GlaswerkError if `on` is unknown, Ray is not installed, or a process dies.
    """
    if on not in get_args(Backend):
        raise GlaswerkError(f"expected a place to run on ({', '.join(get_args(Backend))}), found {on!r}")
    left = [task for task in tasks if not is_done(task)]
    jobs = jobs or _cores()
    done = sum(task.rows for task in tasks) - sum(task.rows for task in left)
    with progress_bar(label, sum(task.rows for task in tasks), start=done) as bar:
        if on == "ray":
            _run_ray(left, function, bar, jobs)
        elif jobs == 1 or len(left) < 2 or sum(task.rows for task in left) < _POOL_ROWS:
            for task in left:
                function(task)
                bar.advance_bytes(task.rows, task.bytes)
        else:
            _run_pool(left, function, bar, jobs)


def _cores() -> int:
    # Only Linux reports the cores that this process may use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _run_pool(tasks: Sequence[ShardTask], function: TaskFunction, bar: Bar, jobs: int) -> None:
    # A process forked from one with threads (DuckDB's, Arrow's) may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), context, initializer=_leave_interrupts)
    waiting = {pool.submit(function, task): task for task in tasks}
    try:
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                task = waiting.pop(future)
                future.result()
                bar.advance_bytes(task.rows, task.bytes)
    except BrokenProcessPool as error:
        raise GlaswerkError(
            "a worker process died, perhaps because memory ran out",
            hint="run the command again, which keeps finished parts, or use fewer processes: --jobs 1",
        ) from error
    finally:
        # Running tasks are allowed to finish, so that their work need not be repeated.
        pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ignore Ctrl-C, which reaches all processes of the group: the parent decides. Die with the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def _run_ray(tasks: Sequence[ShardTask], function: TaskFunction, bar: Bar, jobs: int) -> None:
    try:
        import ray
    except ImportError as error:
        raise GlaswerkError(
            "expected Ray for --on ray, found it not installed", hint='pip install "glaswerk[ray]"'
        ) from error
    started = not ray.is_initialized()
    if started:
        here = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": jobs, "include_dashboard": False}
        ray.init(log_to_driver=False, logging_level="warning", **here)
    try:
        _map_ray(ray, tasks, function, bar)
    finally:
        if started:
            ray.shutdown()


def _map_ray(ray: Any, tasks: Sequence[ShardTask], function: TaskFunction, bar: Bar) -> None:
    shared = ray.put(list(tasks))

    def run(row: dict[str, int]) -> dict[str, int]:
        function(ray.get(shared)[row["item"]])
        return row

    ray.data.DataContext.get_current().enable_progress_bars = False
    rows = ray.data.from_items(list(range(len(tasks))), override_num_blocks=max(len(tasks), 1))
    for row in rows.map(run).iter_rows():
        task = tasks[row["item"]]
        bar.advance_bytes(task.rows, task.bytes)
