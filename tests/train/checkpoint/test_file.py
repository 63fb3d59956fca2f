"""A checkpoint is whole or passed over, holds no pickle, and the last good one is never lost."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from glaswerk.core.errors import GlaswerkError
from glaswerk.model import build
from glaswerk.plan import Shape
from glaswerk.train.checkpoint.file import Progress, read_progress
from glaswerk.train.checkpoint.policy import Checkpoints, Keep, written_steps
from glaswerk.train.checkpoint.state import state_of
from glaswerk.train.optim.optimizer import optimizers

SHAPE = Shape(vocab_size=64, width=32, layers=1, heads=1, feed_forward=64, context=32)


class Run:
    """A network and its optimizers, each step of which changes every weight."""

    def __init__(self, shape: Shape = SHAPE) -> None:
        self.model = build(shape, seed=0, end_id=0, turn_end_id=1)
        self.optimizers = optimizers(self.model, learning_rate=1e-2, weight_decay=0.0)

    def step(self) -> None:
        ids = torch.arange(12).view(2, 6)
        self.model(input_ids=ids, labels=ids).loss.backward()
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()

    def state(self) -> dict[str, torch.Tensor]:
        return {name: tensor.clone() for name, tensor in state_of(self.model, self.optimizers).items()}

    def save(self, checkpoints: Checkpoints, step: int) -> None:
        checkpoints.save(self.model, self.optimizers, Progress(step, 1.5, "fp32"))


def _written(folder: Path, *steps: int, keep: Keep | None = None, of: int = 0) -> dict[str, torch.Tensor]:
    """Checkpoints of a run after each of `steps` steps; the state after the last of them."""
    run = Run()
    with Checkpoints(folder, keep=keep, steps=of) as checkpoints:
        for step in steps:
            run.step()
            run.save(checkpoints, step)
    return run.state()


def _equal(ours: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]) -> bool:
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_weights_and_optimizer_state_come_back_bit_for_bit(tmp_path: Path) -> None:
    state = _written(tmp_path, 1, 2)
    other, checkpoints = Run(), Checkpoints(tmp_path)
    saved = checkpoints.newest()
    assert saved is not None
    checkpoints.load(saved, other.model, other.optimizers)
    assert saved.progress == Progress(2, 1.5, "fp32")
    assert any(name.endswith("/momentum_buffer") for name in state)
    assert any(name.endswith("/step") and tensor.ndim == 0 for name, tensor in state.items())
    assert _equal(other.state(), state)


def test_progress_is_read_of_versions_that_noted_other_things(tmp_path: Path) -> None:
    known = {"step": 7, "seconds": 1.5, "precision": "bf16"}
    (tmp_path / "progress.json").write_text(json.dumps({**known, "seed": 3, "world_size": 2}))
    assert read_progress(tmp_path) == Progress(7, 1.5, "bf16", world_size=2)


def test_what_is_written_is_the_state_at_the_call_though_training_goes_on(tmp_path: Path) -> None:
    run = Run()
    run.step()
    before = run.state()
    with Checkpoints(tmp_path) as checkpoints:
        run.save(checkpoints, 1)
        for _ in range(3):
            run.step()
    (file,) = (tmp_path / "step-1").glob("*.safetensors")
    assert _equal(load_file(file), before)


def test_a_checkpoint_is_safetensors_and_json_with_the_manifest_naming_each_file(tmp_path: Path) -> None:
    _written(tmp_path, 1)
    names = {path.name for path in (tmp_path / "step-1").iterdir()}
    assert {Path(name).suffix for name in names} == {".safetensors", ".json"}
    files = json.loads((tmp_path / "step-1" / "manifest.json").read_text())["files"]
    assert files.keys() == names - {"manifest.json"}
    assert all(digest.startswith("b2:") for digest in files.values())


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _alter(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "names", "told"),
    [
        (_cut, "*.safetensors", "was truncated or altered"),
        (_alter, "*.safetensors", "was truncated or altered"),
        (_alter, "progress.json", "was truncated or altered"),
        (Path.unlink, "*.safetensors", "cannot be read: No such file"),
        (Path.unlink, "manifest.json", "is missing or truncated"),
        (_cut, "manifest.json", "is missing or truncated"),
    ],
)
def test_damage_is_named_and_the_checkpoint_before_it_is_used(
    damage: object, names: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _written(tmp_path, 1, 2)
    (file,) = (tmp_path / "step-2").glob(names)
    damage(file)  # type: ignore[operator]
    saved = Checkpoints(tmp_path).newest()
    assert saved is not None
    assert saved.progress.step == 1
    message = capsys.readouterr().err
    assert str(file) in message
    assert told in message
    assert "resuming from step 1" in message


def test_where_no_checkpoint_is_whole_the_error_says_so_and_nothing_is_removed(tmp_path: Path) -> None:
    _written(tmp_path, 1, 2)
    for file in tmp_path.glob("step-*/*.safetensors"):
        _cut(file)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(GlaswerkError, match=r"no checkpoint in .* is intact; nothing was removed"):
        Checkpoints(tmp_path).newest()
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_holds_no_checkpoint(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "new").newest() is None


def test_a_checkpoint_of_another_network_is_refused_by_the_name_of_a_weight(tmp_path: Path) -> None:
    _written(tmp_path, 1)
    other, checkpoints = Run(Shape(64, 1, 64, 1, 64, 32)), Checkpoints(tmp_path)
    saved = checkpoints.newest()
    assert saved is not None
    with pytest.raises(GlaswerkError, match=r"another network: model\.model\.embed_tokens\.weight has shape"):
        checkpoints.load(saved, other.model, other.optimizers)


def test_the_newest_two_and_the_milestones_stay(tmp_path: Path) -> None:
    _written(tmp_path, *range(1, 9), keep=Keep(last=2, steps=(1,), share=0.5), of=8)
    assert written_steps(tmp_path) == [1, 4, 7, 8]


@given(
    every=st.integers(0, 9),
    last=st.integers(1, 4),
    share=st.sampled_from([0, 0.1, 0.25, 1 / 3, 1.0]),
    listed=st.lists(st.integers(1, 60), max_size=3),
    steps=st.integers(1, 50),
)
@settings(deadline=None)
def test_a_policy_removes_no_milestone_and_not_the_newest(
    every: int, last: int, share: float, listed: list[int], steps: int
) -> None:
    keep = Keep(every, last, tuple(listed), share)
    written: list[int] = []
    for step in range(1, steps + 1):
        if keep.due(step, steps):
            written.append(step)
            written = [kept for kept in written if kept not in keep.outdated(written, steps)]
            assert written[-1] == step
    assert keep.milestones(steps) <= set(written)
    assert len(written) <= last + len(keep.milestones(steps))
    assert share == 0 or steps in keep.milestones(steps)


def test_a_run_that_went_on_from_an_older_checkpoint_drops_the_newer_broken_one(tmp_path: Path) -> None:
    _written(tmp_path, 5, 9)
    (tmp_path / "step-9" / "manifest.json").unlink()
    _written(tmp_path, 6)
    assert written_steps(tmp_path) == [5, 6]


def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    _written(tmp_path, 1)
    (tmp_path / ".checkpoint.part").mkdir()
    (tmp_path / ".checkpoint.part" / "shard-00001-model-00001-of-00001.safetensors").write_bytes(b"half")
    Checkpoints(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]


@contextmanager
def _files_at_most(size: int) -> Iterator[None]:
    """The kernel refuses to let a file of this process grow beyond `size` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_written_ends_in_an_error_and_the_last_good_checkpoint_stays(
    tmp_path: Path,
) -> None:
    _written(tmp_path, 1)
    run, checkpoints = Run(), Checkpoints(tmp_path)
    with _files_at_most(10_000):
        run.save(checkpoints, 2)
        with pytest.raises(
            GlaswerkError, match=r"step 2 could not be written to .*File too large.* needs 0\.\d MB"
        ) as told:
            checkpoints.wait()
    assert "(step 1)" in told.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["step-1"]
    assert Checkpoints(tmp_path).newest() is not None
    run.save(checkpoints, 2)
    checkpoints.wait()
    assert written_steps(checkpoints.folder) == [1, 2]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_fills_is_told_with_its_folder_and_the_room_that_is_needed(small_disk: Path) -> None:
    _written(small_disk, 1, 2)
    run = Run()
    (small_disk / "other").write_bytes(bytes(shutil.disk_usage(small_disk).free - 50_000))
    checkpoints = Checkpoints(small_disk)
    run.step()
    run.save(checkpoints, 3)
    with pytest.raises(GlaswerkError, match=rf"{small_disk}: the disk is full: .*; it needs 0\.\d MB"):
        checkpoints.wait()
    assert written_steps(checkpoints.folder) == [1, 2]
    saved = checkpoints.newest()
    assert saved is not None
    assert saved.progress.step == 2
