"""The checkpoints of a run: written while training continues, renamed when complete, kept by a policy."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.staging import DefaultStager, StagingOptions
from torch.optim import Optimizer

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path, write_json
from glaswerk.core.next_commands import aside
from glaswerk.core.terminal import note
from glaswerk.train.checkpoint.file import (
    Progress,
    faults,
    load_tensors,
    read_progress,
    seal,
    write_tensors,
)
from glaswerk.train.checkpoint.state import state_of
from glaswerk.train.parallel.ranks import Ranks

_STAGING = ".checkpoint.part"
_MILESTONES = "milestones.json"


@dataclass(frozen=True, slots=True)
class Keep:
    """Which checkpoints are kept: the newest `last` of those written every `every` steps, and all milestones.

    Milestones, from which a run can branch, are the listed `steps` and, if `share` is above 0, every such
    share of the run: 0.25 keeps four.
    """

    every: int = 0
    last: int = 2
    steps: tuple[int, ...] = ()
    share: float = 0.0

    def milestones(self, steps: int) -> frozenset[int]:
        """The steps, of a run of `steps`, after which a checkpoint is written and kept."""
        shares = (
            [round(steps * self.share * n) for n in range(1, int(1 / self.share + 1e-9) + 1)]
            if self.share
            else []
        )
        return frozenset(step for step in (*self.steps, *shares) if 0 < step <= steps)

    def due(self, step: int, steps: int) -> bool:
        """Whether a checkpoint is due after `step` of `steps`."""
        return step in self.milestones(steps) or (self.every > 0 and step % self.every == 0)

    def outdated(self, written: Sequence[int], steps: int) -> list[int]:
        """The steps of `written` whose checkpoints can be removed."""
        kept = {*sorted(written)[-self.last :], *self.milestones(steps)}
        return [step for step in written if step not in kept]


def remembered(folder: Path, keep: Keep) -> Keep:
    """`keep` plus the milestones that earlier commands requested for the run in `folder`; stores them all."""
    path = folder / _MILESTONES
    before = json.loads(path.read_text()) if path.exists() else []
    steps = tuple(sorted({*before, *keep.steps}))
    if steps and list(steps) != before:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, list(steps))
    return replace(keep, steps=steps)


def written_steps(folder: Path) -> list[int]:
    """The steps of all checkpoints in the folder of a run, intact or not, ascending."""
    names = [path.name.removeprefix("step-") for path in folder.glob("step-*") if path.is_dir()]
    return sorted(int(name) for name in names if name.isdecimal())


class Saved(NamedTuple):
    """A checkpoint whose files are intact."""

    path: Path
    progress: Progress


class Checkpoints:
    """The checkpoints of one run of `steps` steps, in the folders `step-N` of `folder`.

    Every rank has one and calls the same methods in the same order. Used as a context, it waits on exit for
    what is still being written.
    """

    def __init__(
        self, folder: Path, *, keep: Keep | None = None, steps: int = 0, ranks: Ranks | None = None
    ) -> None:
        self.folder, self._keep, self._steps, self._ranks = folder, keep or Keep(), steps, ranks or Ranks()
        cuda = torch.cuda.is_available()
        # The buffers in the CPU's memory are kept from one checkpoint to the next.
        self._stager = DefaultStager(
            StagingOptions(
                use_pinned_memory=cuda,
                use_shared_memory=False,
                use_async_staging=False,
                use_non_blocking_copy=cuda,
            )
        )
        self._writer = ThreadPoolExecutor(1, "checkpoint")
        self._pending: Future[GlaswerkError | None] | None = None
        if self._ranks.first:
            shutil.rmtree(folder / _STAGING, ignore_errors=True)  # of a run that was killed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.shutdown()
        self._stager.close()
        if error is None:
            self.wait()

    def due(self, step: int) -> bool:
        """Whether the policy wants a checkpoint after `step`, or the last one failed: then `save` raises."""
        failed = self._pending is not None and self._pending.done() and self._pending.result() is not None
        return failed or self._keep.due(step, self._steps)

    def save(self, model: nn.Module, optimizers: Sequence[Optimizer], progress: Progress) -> None:
        """Copy the state into memory and begin to write it; then outdated checkpoints are removed.

        Waits if the one before is still being written. Raises GlaswerkError if that one failed.
        """
        self.wait()
        state: dict[str, Tensor] = self._stager.stage(state_of(model, optimizers))  # type: ignore[assignment]
        progress = replace(progress, world_size=self._ranks.size)
        self._pending = self._writer.submit(self._write, state, progress)

    def wait(self) -> None:
        """Return when everything is on disk. Raises GlaswerkError, on every rank, if that failed."""
        pending, self._pending = self._pending, None
        failure = pending.result() if pending else None
        if failure is not None:
            raise failure

    def newest(self) -> Saved | None:
        """The newest intact checkpoint; None if the folder has none. Reports damaged ones on standard error.

        Raises GlaswerkError if there are checkpoints, but none is intact. A collective operation.
        """
        found: list[str] = []
        steps = self._ranks.of_first(written_steps(self.folder))
        for step in reversed(steps):
            wrong = faults(self._path(step), self._ranks)
            if not wrong:
                self._tell(found, step)
                return Saved(self._path(step), read_progress(self._path(step)))
            found += wrong
        if steps:
            raise GlaswerkError(
                f"no checkpoint in {self.folder} is intact; nothing was removed: {'; '.join(found)}",
                hint="restore the files, or start over: " + aside(self.folder, "run the same command again"),
            )
        return None

    def load(self, saved: Saved, model: nn.Module, optimizers: Sequence[Optimizer]) -> None:
        """Fill `model` and the state of `optimizers`: any layout loads what any other wrote.

        Raises GlaswerkError if the network is not the one that was saved. A collective operation.
        """
        load_tensors(saved.path, model, optimizers, self._ranks)

    def remove(self, step: int) -> None:
        """Remove one checkpoint, if it is there."""
        shutil.rmtree(self._path(step), ignore_errors=True)

    def clear(self) -> None:
        """Remove the checkpoints of a finished run except its milestones; its metrics stay."""
        milestones = self._keep.milestones(self._steps)
        for step in written_steps(self.folder):
            if step not in milestones:
                self.remove(step)

    def _write(self, state: dict[str, Tensor], progress: Progress) -> GlaswerkError | None:
        """Everything that runs in parallel to training; a failure is the same on every rank."""
        staging = self.folder / _STAGING
        try:
            trouble = self._ranks.of_first(self._prepare(staging, state) if self._ranks.first else None)
            if trouble is None:
                trouble = self._write_parts(staging, state, progress)
        except RuntimeError as error:  # another rank is gone: torchrun restarts the survivors
            trouble = f"the ranks lost each other: {error}"
        if trouble is None:
            return None
        shutil.rmtree(staging, ignore_errors=True)
        return self._error(trouble, state, progress)

    def _prepare(self, staging: Path, state: dict[str, Tensor]) -> str | None:
        """Create the staging folder on the first rank; returns what prevents it, in words."""
        try:
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(parents=True)
            free = shutil.disk_usage(staging).free
        except OSError as error:
            return error.strerror or str(error)
        return None if free > _bytes(state) else f"the disk is full: {free / 1e6:,.1f} MB are free"

    def _write_parts(self, staging: Path, state: dict[str, Tensor], progress: Progress) -> str | None:
        digests: dict[str, str] = {}
        trouble = None
        try:
            digests = write_tensors(staging, state, self._ranks)
        except (OSError, SafetensorError) as error:
            trouble = str(error)
        except CheckpointException as error:
            trouble = "; ".join(f"rank {rank}: {why}" for rank, (why, _) in error.failures.items())
        parts = self._ranks.gather((trouble, digests))
        troubles = [found for found, _ in parts if found]
        if not troubles and self._ranks.first:
            troubles = self._finish(staging, progress, {k: v for _, part in parts for k, v in part.items()})
        return self._ranks.of_first(troubles[0] if troubles else None)

    def _finish(self, staging: Path, progress: Progress, digests: dict[str, str]) -> list[str]:
        """Seal, rename, and remove what the policy does not keep."""
        try:
            seal(staging, progress, digests)
            final = self._path(progress.step)
            shutil.rmtree(final, ignore_errors=True)
            os.rename(staging, final)
            fsync_path(self.folder)
        except OSError as error:
            return [str(error)]
        # Newer ones than this could not be read when the run resumed from an older one.
        written = written_steps(self.folder)
        newer = [step for step in written if step > progress.step]
        for step in [*newer, *self._keep.outdated([s for s in written if s <= progress.step], self._steps)]:
            self.remove(step)
        return []

    def _error(self, trouble: str, state: dict[str, Tensor], progress: Progress) -> GlaswerkError:
        kept = [f"step {step}" for step in written_steps(self.folder)]
        return GlaswerkError(
            f"the checkpoint of step {progress.step} could not be written to {self.folder}: {trouble}; "
            f"it needs {_bytes(state) / 1e6:,.1f} MB in addition to the earlier ones, which are kept "
            f"({', '.join(kept) or 'none yet'})",
            hint="free space on that disk and run the same command again: it resumes from there",
        )

    def _tell(self, found: list[str], step: int) -> None:
        if found and self._ranks.first:
            note(*found, f"resuming from step {step}")

    def _path(self, step: int) -> Path:
        return self.folder / f"step-{step}"


def _bytes(state: dict[str, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in state.values())
