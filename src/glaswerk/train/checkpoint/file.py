"""One checkpoint on disk: a folder of safetensors files and JSON, the manifest with their checksums last.

The tensors are in the sharded safetensors layout of torch.distributed.checkpoint, with separate files for
every rank's part, so that any other number of ranks can load them. Nothing is pickled.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor, nn
from torch.distributed.checkpoint import state_dict_loader, state_dict_saver
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter
from torch.optim import Optimizer

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path, write_json
from glaswerk.core.ids import digest_file
from glaswerk.core.next_commands import aside
from glaswerk.train.checkpoint.state import places_for
from glaswerk.train.parallel.ranks import Ranks

CHECKPOINT_MANIFEST, PROGRESS = "manifest.json", "progress.json"
# A rank serialises one file at a time in memory.
_FILE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: steps done, the seconds they took, the precision of their matrix products.

    It was written by `world_size` ranks with the degrees `parallel`; `compiled`: whether their network was.
    """

    step: int = 0
    seconds: float = 0.0
    precision: str = ""
    world_size: int = 1
    parallel: str = ""
    compiled: bool = False


def write_tensors(folder: Path, tensors: Mapping[str, Tensor], ranks: Ranks) -> dict[str, str]:
    """Write this rank's part of CPU `tensors` into `folder`, flushed to the disk: file name → checksum.

    A collective operation. Raises OSError or SafetensorError if this process is alone, and
    CheckpointException if it is one of several.
    """
    if ranks.group is None:
        name = _own(0) + "model-00001-of-00001.safetensors"
        save_file(dict(tensors), folder / name)
        fsync_path(folder / name)
    else:
        writer = HuggingFaceStorageWriter(
            str(folder), fqn_to_index_mapping=_files(tensors, ranks.size), save_distributed=True
        )
        state_dict_saver.save(dict(tensors), storage_writer=writer, process_group=ranks.group)
    return {path.name: digest_file(path) for path in folder.glob(_own(ranks.rank) + "*")}


def seal(folder: Path, progress: Progress, digests: Mapping[str, str]) -> None:
    """Turn a folder of tensors into a checkpoint: write the progress, then the manifest with checksums."""
    write_json(folder / PROGRESS, asdict(progress))
    files = {**digests, PROGRESS: digest_file(folder / PROGRESS)}
    write_json(folder / CHECKPOINT_MANIFEST, {"files": dict(sorted(files.items()))})


def faults(folder: Path, ranks: Ranks) -> list[str]:
    """What is wrong with the checkpoint, in words, the same on every rank; empty if all files are intact.

    A collective operation: each rank reads its share of the files.
    """
    try:
        files = json.loads((folder / CHECKPOINT_MANIFEST).read_text())["files"]
        named = sorted(files.items())[ranks.rank :: ranks.size]
        found = [fault for name, digest in named if (fault := _fault(folder / name, digest))]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        found = [f"{folder / CHECKPOINT_MANIFEST} is missing or truncated: the checkpoint was never finished"]
    return list(dict.fromkeys(fault for part in ranks.gather(found) for fault in part))


def read_progress(folder: Path) -> Progress:
    """The progress in a checkpoint without faults. Fields that this version does not know are ignored."""
    found = json.loads((folder / PROGRESS).read_text())
    return Progress(**{field.name: found[field.name] for field in fields(Progress) if field.name in found})


def load_tensors(folder: Path, model: nn.Module, optimizers: Sequence[Optimizer], ranks: Ranks) -> None:
    """Fill `model` and the state of `optimizers`, however they are sharded, from a checkpoint without faults.

    A collective operation. Raises GlaswerkError if the network is not the one of the checkpoint.
    """
    reader = HuggingFaceStorageReader(str(folder))
    metadata = reader.read_metadata().state_dict_metadata
    stored = {name: (entry.size, entry.properties.dtype) for name, entry in metadata.items()}  # type: ignore[union-attr]
    places = places_for(stored, model, optimizers)
    for name, place in places.items():
        if name not in stored or stored[name][0] != place.shape:
            shape = tuple(stored[name][0]) if name in stored else "nothing"
            raise GlaswerkError(
                f"{folder} was written by another network: {name} has shape {tuple(place.shape)}, "
                f"the checkpoint has {shape}",
                hint=aside(folder, "run the same command again"),
            )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.distributed is disabled")
        state_dict_loader.load(
            places, storage_reader=reader, process_group=ranks.group, no_dist=ranks.group is None
        )


def _fault(path: Path, digest: str) -> str:
    try:
        return "" if digest_file(path) == digest else f"{path} was truncated or altered"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"


def _own(rank: int) -> str:
    """The prefix of a rank's file names, as torch.distributed.checkpoint numbers them."""
    return f"shard-{rank + 1:05d}-"


def _files(tensors: Mapping[str, Tensor], ranks: int) -> dict[str, int]:
    """Tensor → number of its file, from 1. Consecutive tensors share a file of at most 1 GiB per rank."""
    numbers, total = {}, 0
    for name, tensor in tensors.items():
        total += tensor.nbytes
        numbers[name] = 1 + total // (_FILE_BYTES * ranks)
    return numbers
