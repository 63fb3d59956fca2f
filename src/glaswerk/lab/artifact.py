"""Artifacts: the output of a finished step, and the manifest that marks it as complete."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import glaswerk
from glaswerk.core.artifact_files import MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path, write_json
from glaswerk.core.ids import digest_file, digest_files, digest_json
from glaswerk.core.next_commands import aside

ArtifactKind = Literal[
    "source",
    "evaluation",
    "corpus",
    "tokenizer",
    "shards",
    "model",
    "image-model",
    "trace",
    "passages",
    "vectors",
    "report",
]
FORMAT = 1
# The key in the config of a source from which forgotten documents were removed (see `data.removal.purge`).
PURGED = "purged"


@dataclass(frozen=True, slots=True)
class Spec:
    """What determines an artifact: its inputs (role → artifact id) and config, under a named recipe.

    `recipe` names the code that makes it and a version ("curate/1"): with a higher version, every artifact
    of that recipe is rebuilt. `name` may contain slashes ("base/step-400").
    """

    kind: ArtifactKind
    name: str
    recipe: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Content id of everything that determines the artifact, which the name does not."""
        return digest_json([self.kind, self.recipe, dict(self.inputs), dict(self.config)])


@dataclass(frozen=True, slots=True)
class Artifact:
    """A finished artifact: `digest` covers its output files, `id` what determines them (see `Spec`).

    `seconds` is wall-clock time, `bytes` the size of all output files, `finished_at` ISO 8601 in UTC.
    """

    id: str
    kind: ArtifactKind
    name: str
    path: Path
    digest: str
    inputs: Mapping[str, str]
    config: Mapping[str, Any]
    stats: Mapping[str, Any]
    finished_at: str
    seconds: float
    cpu_seconds: float
    bytes: int


def read_manifest(path: Path) -> dict[str, Any] | None:
    """What the manifest in the folder `path` says, or None if there is no manifest.

    Only that it is a JSON object is checked: `read` gives an artifact whose fields are all there. Raises
    GlaswerkError if the file cannot be read.
    """
    try:
        data = json.loads((path / MANIFEST).read_bytes())
        if not isinstance(data, dict):
            raise ValueError(f"expected a JSON object, found {type(data).__name__}")
    except FileNotFoundError:
        return None
    except (ValueError, OSError, RecursionError) as error:
        raise _unreadable(path, error) from error
    return data


def read_outputs(artifact: Artifact) -> dict[str, str]:
    """The digest of every output file of an artifact, by its name relative to the folder.

    Raises GlaswerkError if the manifest cannot be read or is gone.
    """
    data = read_manifest(artifact.path)
    if data is None:
        raise _unreadable(artifact.path, FileNotFoundError("it is missing"))
    return {name: entry["digest"] for name, entry in data["outputs"].items()}


def _unreadable(path: Path, why: Exception) -> GlaswerkError:
    again = aside(path, "run the command again")
    return GlaswerkError(
        f"the manifest of {path} cannot be read: {why}",
        hint=f"restore {MANIFEST} from a copy; or keep the rest for later: {again}",
    )


def read(path: Path) -> Artifact | None:
    """The finished artifact at `path`, or None if there is no manifest.

    Raises GlaswerkError for a manifest that is damaged or of a newer format.
    """
    data = read_manifest(path)
    if data is None:
        return None
    if not data.keys() >= {"outputs", *_KEPT}:
        raise _unreadable(path, ValueError("it lacks what every manifest has"))
    if data.get("format", 0) > FORMAT:
        raise GlaswerkError(
            f"{path} has manifest format {data['format']}; this version reads up to {FORMAT}",
            hint="update glaswerk: pip install -U glaswerk",
        )
    return Artifact(
        path=path,
        bytes=sum(o["bytes"] for o in data["outputs"].values()),
        **{key: data[key] for key in _KEPT},
    )


_KEPT = ("id", "kind", "name", "digest", "inputs", "config", "stats", "finished_at", "seconds", "cpu_seconds")


def make(spec: Spec, final: Path, write: Callable[[Path], Mapping[str, Any]]) -> Artifact:
    """Return the artifact of `spec` at `final`; if it is missing, make it with `write(staging)`.

    `write` fills an empty folder and returns figures for the manifest. Nothing is visible at `final` until
    the manifest is on disk. A complete staging folder that a kill left is used, a partial one is deleted.
    """
    staging, trash = _staging(final), _trash(final)
    done = read(final)
    if done is not None:
        # A kill may have left the previous artifact, which can hold forgotten content.
        shutil.rmtree(trash, ignore_errors=True)
        # Adding the same files again does not bring back what was purged from them.
        if spec.id in (done.id, original_id(done)):
            shutil.rmtree(staging, ignore_errors=True)
            return done
    staged = read(staging) if staging.exists() else None
    if staged is None or staged.id != spec.id:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        try:
            _fill(spec, staging, write)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
    _swap(staging, final)
    made = read(final)
    assert made is not None, "the manifest was just renamed into place"
    return made


def amend(final: Path, change: Callable[[Path], Mapping[str, Any]]) -> Artifact:
    """Change files of the finished artifact at `final`; its id stays, its digests are those of the new files.

    `change(staging)` replaces files in a folder of links to the old ones, which it must not write into, and
    returns figures to add to the manifest. Atomic as `make` is.
    """
    before, staging = read_manifest(final), _staging(final)
    assert before is not None, "only finished artifacts are amended"
    shutil.rmtree(staging, ignore_errors=True)
    shutil.copytree(final, staging, copy_function=os.link, ignore=shutil.ignore_patterns(MANIFEST))
    figures = change(staging)
    outputs = {
        name: output if (staging / name).samefile(final / name) else _output(staging / name)
        for name, output in before["outputs"].items()
    }
    digest = digest_files({name: output["digest"] for name, output in outputs.items()})
    stats = {**before["stats"], **figures}
    write_json(staging / MANIFEST, {**before, "outputs": outputs, "digest": digest, "stats": stats})
    _swap(staging, final)
    made = read(final)
    assert made is not None, "the manifest was just renamed into place"
    return made


def original_id(artifact: Artifact) -> str:
    """The id under which the artifact was added; it differs from `artifact.id` only for a purged source."""
    return str(artifact.config.get(PURGED, {}).get("of", artifact.id))


def settle(final: Path) -> None:
    """Finish what a kill cut short at `final`: use a complete staging folder, delete other leftovers.

    No other process may be writing there.
    """
    staging = _staging(final)
    if staging.exists() and read(staging) is not None:
        _swap(staging, final)
    for path in (staging, _trash(final)):
        shutil.rmtree(path, ignore_errors=True)


def final_of(leftover: Path) -> Path | None:
    """The final path of a staging or trash folder, or None if `leftover` is neither."""
    found = re.fullmatch(r"\.(.+)\.(part|old)", leftover.name)
    return leftover.with_name(found[1]) if found else None


def _fill(spec: Spec, staging: Path, write: Callable[[Path], Mapping[str, Any]]) -> None:
    started, clock, cpu = datetime.now(UTC), time.perf_counter(), _cpu_seconds()
    stats = write(staging)
    outputs: dict[str, dict[str, Any]] = {}
    for path in sorted(p for p in staging.rglob("*") if p.is_file()):
        outputs[path.relative_to(staging).as_posix()] = _output(path)
    manifest = {
        "format": FORMAT,
        "id": spec.id,
        "kind": spec.kind,
        "name": spec.name,
        "recipe": spec.recipe,
        "inputs": dict(spec.inputs),
        "config": dict(spec.config),
        "outputs": outputs,
        "digest": digest_files({name: o["digest"] for name, o in outputs.items()}),
        "stats": dict(stats),
        "code": glaswerk.__version__,
        "started_at": started.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
        "seconds": round(time.perf_counter() - clock, 3),
        "cpu_seconds": round(_cpu_seconds() - cpu, 3),
    }
    write_json(staging / MANIFEST, manifest)


def _output(path: Path) -> dict[str, Any]:
    fsync_path(path)
    return {"bytes": path.stat().st_size, "digest": digest_file(path)}


def _swap(staging: Path, final: Path) -> None:
    """Move `staging` to `final`; an older artifact is deleted only after the new one is in place."""
    final.parent.mkdir(parents=True, exist_ok=True)
    trash = _trash(final)
    shutil.rmtree(trash, ignore_errors=True)
    if final.exists():
        os.rename(final, trash)
    os.rename(staging, final)
    fsync_path(final.parent)
    shutil.rmtree(trash, ignore_errors=True)


def remove(final: Path) -> None:
    """Delete an artifact and its leftovers; a kill leaves it complete or gone."""
    trash = _trash(final)
    for path in (trash, _staging(final)):
        shutil.rmtree(path, ignore_errors=True)
    if final.exists():
        os.rename(final, trash)
        fsync_path(final.parent)
        shutil.rmtree(trash, ignore_errors=True)


def _staging(final: Path) -> Path:
    return final.with_name(f".{final.name}.part")


def _trash(final: Path) -> Path:
    return final.with_name(f".{final.name}.old")


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
