"""Curation in shards: the result does not depend on their size, on where they run, or on interruptions."""

from __future__ import annotations

import functools
import importlib.util
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate import curate as curation
from glaswerk.data.curate import pool, shard_task
from glaswerk.data.curate.curate import curate
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.source import add_chats, add_docs, add_posts
from glaswerk.data.store import order, parquet
from glaswerk.lab import Artifact, Lab


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups and tasks of a few hundred documents, and a pool for any number of them."""
    for module in (parquet, order):
        monkeypatch.setattr(module, "GROUP_ROWS", 200)
    monkeypatch.setattr(curation, "plan_tasks", functools.partial(shard_task.plan_tasks, rows=400))
    monkeypatch.setattr(pool, "_POOL_ROWS", 0)


def fill(lab: Lab, town: Path) -> Lab:
    add_posts(lab, [town / "archives"], licence="CC0-1.0", name="posts", acquired="synthetic")
    add_docs(lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    add_chats(lab, [town / "chats.jsonl"], licence="CC0-1.0", name="chats")
    return lab


def content(corpus: Artifact) -> tuple[object, ...]:
    tables = (pq.read_table(corpus.path / name) for name in ("documents.parquet", "decisions.parquet"))
    return *(table.to_pylist() for table in tables), dict(corpus.stats)


@pytest.fixture
def whole(town: Path, empty_lab: Lab) -> tuple[object, ...]:
    """The town's corpus made in one process from shards of the usual size."""
    return content(curate(fill(empty_lab, town), jobs=1))


@pytest.mark.slow
def test_small_shards_on_processes_give_the_same_corpus(
    whole: tuple[object, ...], town: Path, tmp_path: Path, small_shards: None
) -> None:
    lab = fill(Lab.init(tmp_path / "sharded"), town)
    assert pq.read_metadata(lab.all("source")[0].path / "documents.parquet").num_row_groups > 2
    assert content(curate(lab, jobs=2)) == whole
    assert multiprocessing.active_children() == []


@pytest.mark.cluster
@pytest.mark.filterwarnings("ignore")  # Ray warns of its own settings, and leaves sockets open
def test_two_ray_workers_give_the_same_corpus(
    whole: tuple[object, ...], town: Path, tmp_path: Path, small_shards: None
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'glaswerk[ray]'")
    lab = fill(Lab.init(tmp_path / "sharded"), town)
    assert content(curate(lab, on="ray", jobs=2)) == whole


@pytest.mark.slow
def test_finished_tasks_are_not_done_again_and_nothing_is_left_behind(
    whole: tuple[object, ...], town: Path, tmp_path: Path, small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = fill(Lab.init(tmp_path / "sharded"), town)
    done: list[int] = []

    def stop_after(number: int) -> Callable[[shard_task.ShardTask], None]:
        def run(task: shard_task.ShardTask) -> None:
            if len(done) == number:
                raise KeyboardInterrupt
            done.append(task.number)
            shard_task.run_task(task)

        return run

    monkeypatch.setattr(curation, "run_task", stop_after(3))
    with pytest.raises(KeyboardInterrupt):
        curate(lab, jobs=1)
    assert lab.find("corpus", "main") is None
    # The third is cut short in the middle of its work: its marker is missing.
    next(lab.root.glob("runs/corpus-main/*/000002.json")).unlink()
    monkeypatch.setattr(curation, "run_task", stop_after(10**6))
    assert content(curate(lab, jobs=1)) == whole
    assert sorted(done[3:]) == list(range(2, len(done) - 1))
    assert not list(lab.root.glob("runs/corpus-*"))


def test_parts_of_other_settings_go_at_once(town: Path, empty_lab: Lab) -> None:
    """They may hold what the lab was told to forget since."""
    old = empty_lab.root / "runs" / "corpus-main" / "0123456789abcdef" / "000000.parquet"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"words that were forgotten")
    curate(fill(empty_lab, town))
    assert not old.exists()


@pytest.mark.slow
def test_sources_of_older_versions_come_in_order_too(
    whole: tuple[object, ...], town: Path, tmp_path: Path
) -> None:
    lab = fill(Lab.init(tmp_path / "older"), town)
    for source in lab.all("source"):
        file = source.path / "documents.parquet"
        table = pq.read_table(file)
        pq.write_table(table.take(list(range(table.num_rows - 1, -1, -1))), file)
    assert content(curate(lab)) == whole


def die(task: shard_task.ShardTask) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_worker_is_an_error_with_advice(
    town: Path, empty_lab: Lab, small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(empty_lab, town)
    monkeypatch.setattr(curation, "run_task", die)
    with pytest.raises(GlaswerkError, match="worker process died") as caught:
        curate(empty_lab, jobs=2)
    assert "--jobs 1" in (caught.value.hint or "")


def test_an_unknown_place_and_ray_not_installed_are_named(town: Path, empty_lab: Lab) -> None:
    fill(empty_lab, town)
    with pytest.raises(GlaswerkError, match="local, ray"):
        curate(empty_lab, on="the moon")
    if importlib.util.find_spec("ray") is None:
        with pytest.raises(GlaswerkError, match="Ray") as caught:
            curate(empty_lab, on="ray")
        assert caught.value.hint == 'pip install "glaswerk[ray]"'


@pytest.mark.slow
def test_ctrl_c_and_again_gives_the_same_corpus(
    whole: tuple[object, ...], town: Path, tmp_path: Path
) -> None:
    lab = fill(Lab.init(tmp_path / "stopped"), town)
    command = [sys.executable, "-m", "glaswerk", "curate", "--lab", str(lab.root), "--jobs", "1", "--json"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    while not list(lab.root.glob("runs/corpus-main/*/*.json")) and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    error = process.communicate()[1].decode()
    assert process.returncode in (0, 130), error
    if process.returncode == 130:
        assert "to continue, run it again" in error
    out = subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(out)["stats"] == whole[2]


def planned(folder: Path, count: int) -> list[shard_task.ShardTask]:
    """Tasks of one document each, which need no file."""
    config = CurateConfig()
    return [
        shard_task.ShardTask(number, "s", folder, (0,), number, 1, 10, folder, config)
        for number in range(count)
    ]


def test_tasks_that_are_done_are_left_out_and_the_others_run_once(tmp_path: Path) -> None:
    ran: list[int] = []
    pool.run_tasks(
        planned(tmp_path, 5),
        lambda task: ran.append(task.number),
        "counting",
        on="local",
        jobs=1,
        is_done=lambda task: task.number in (1, 3),
    )
    assert ran == [0, 2, 4]


def test_an_error_in_a_task_ends_the_run_with_that_error(tmp_path: Path) -> None:
    def fail(task: shard_task.ShardTask) -> None:
        raise GlaswerkError(f"no room for task {task.number}")

    with pytest.raises(GlaswerkError, match="no room for task 0"):
        pool.run_tasks(planned(tmp_path, 2), fail, "failing", on="local", jobs=1, is_done=lambda _: False)


def test_a_place_to_run_on_is_checked_before_anything_runs(tmp_path: Path) -> None:
    ran: list[int] = []
    with pytest.raises(GlaswerkError, match="found 'here'"):
        pool.run_tasks(
            planned(tmp_path, 1),
            lambda task: ran.append(task.number),
            "counting",
            on="here",
            jobs=1,
            is_done=lambda _: False,
        )
    assert ran == []
