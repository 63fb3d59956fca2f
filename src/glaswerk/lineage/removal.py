"""Remove artifacts from a lab: what depends on them, what goes, and how many bytes that frees.

The ledger keeps every row and edge, so that `lineage` and `log` still show what was there.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import PREFIX
from glaswerk.lab.artifact import Artifact, ArtifactKind
from glaswerk.lab.folder import Lab
from glaswerk.lab.status import entries
from glaswerk.lineage.graph import Graph, whole_graph

# An id may be given by its first digits, at least so many.
_LEAST_DIGITS = 4


@dataclass(frozen=True)
class Going:
    """An artifact that is to be removed, with its run folder if it has one, and the bytes of both."""

    artifact: Artifact
    run_folder: Path | None
    bytes: int


@dataclass(frozen=True)
class Removal:
    """What a removal takes: `going` in the order in which it is removed, dependents before their inputs.

    `dependents` are those of `going` that the user did not name.
    """

    going: tuple[Going, ...]
    dependents: tuple[Artifact, ...]

    @property
    def bytes(self) -> int:
        """Bytes that the removal frees."""
        return sum(one.bytes for one in self.going)

    def ids(self) -> tuple[tuple[str, str, str], ...]:
        """Kind, name and id of everything that goes."""
        return tuple((one.artifact.kind, one.artifact.name, one.artifact.id) for one in self.going)


def named(lab: Lab, kind: ArtifactKind, name: str) -> Artifact:
    """The artifact of that kind in the lab with this name, or id, or first digits of its id.

    "chat" also means chat/step-460, if it is the only one below that name. Raises GlaswerkError if there is
    none, listing those there are, or more than one.
    """
    there = lab.all(kind)
    exact = [made for made in there if made.name == name]
    below = [made for made in there if made.name.startswith(f"{name}/")]
    digits = name.removeprefix(PREFIX)
    by_id = [made for made in there if made.id.removeprefix(PREFIX).startswith(digits)]
    found = exact or below or (by_id if len(digits) >= _LEAST_DIGITS else [])
    if len(found) == 1:
        return found[0]
    listed = ", ".join(made.name for made in found or there) or "none"
    if found:
        raise GlaswerkError(
            f"expected one {kind}, found {len(found)} of {name!r}: {listed}",
            hint=f"glaswerk {kind} show {found[-1].name}",
        )
    raise GlaswerkError(
        f"the lab has no {kind} named {name[:80]!r} (there: {listed})", hint=f"glaswerk {kind} ls"
    )


def dependents(lab: Lab, artifacts: Iterable[Artifact], graph: Graph | None = None) -> list[Artifact]:
    """What is in the lab and was made from these artifacts, directly or not; the last made first.

    An artifact that is there twice, under two names, is not missed by its dependents while one stays.
    """
    chosen = list(artifacts)
    graph = graph or whole_graph(lab)
    there = [entry.artifact for entry in entries(lab)]
    staying = {made.id for made in there if made not in chosen}
    lost = {made.id for made in chosen} - staying
    below = {node for one in lost for node in graph.around(one, ("down",)).nodes} - lost
    found = [made for made in there if made.id in below and made not in chosen]
    return sorted(found, key=lambda made: (made.finished_at, made.name), reverse=True)


def plan_removal(lab: Lab, artifacts: Iterable[Artifact], *, with_dependents: bool = False) -> Removal:
    """What removing these artifacts takes. Raises GlaswerkError if others depend on them and are to stay."""
    chosen = list({made.path: made for made in artifacts}.values())
    also = dependents(lab, chosen)
    if also and not with_dependents:
        listed = ", ".join(f"{made.kind} {made.name}" for made in also[:5])
        more = f" and {len(also) - 5} more" if len(also) > 5 else ""
        names = ", ".join(made.name for made in chosen)
        raise GlaswerkError(
            f"expected nothing to depend on {chosen[0].kind} {names}, found {listed}{more}",
            hint=f"glaswerk {chosen[0].kind} rm {' '.join(made.name for made in chosen)} --with-dependents "
            "--dry-run lists what would go",
        )
    chosen.sort(key=lambda made: (made.finished_at, made.name), reverse=True)
    all_of_them = [*also, *chosen]
    return Removal(tuple(_going(lab, made, all_of_them) for made in all_of_them), tuple(also))


def remove(lab: Lab, removal: Removal, done: Callable[[Going], None] = lambda one: None) -> None:
    """Remove everything that was planned, dependents first; the write lock must be held.

    Interrupted at any point, no artifact is left whose inputs were removed. `done` is called after each.
    """
    for one in removal.going:
        lab.remove(one.artifact)
        _remove_empty(one.artifact)
        if one.run_folder is not None:
            shutil.rmtree(one.run_folder, ignore_errors=True)
        done(one)


def _going(lab: Lab, artifact: Artifact, going: Collection[Artifact]) -> Going:
    folder = lab.run_path(artifact.id)
    # The same model under another name has the same run.
    stays = any(made.id == artifact.id and made not in going for made in lab.all(artifact.kind))
    run = folder if artifact.kind == "model" and folder.is_dir() and not stays else None
    folders = [artifact.path, *([run] if run else [])]
    return Going(artifact, run, sum(map(_bytes_of, folders)))


def _remove_empty(artifact: Artifact) -> None:
    """Remove models/NAME as well if models/NAME/step-N was the last in it."""
    if "/" in artifact.name:
        with suppress(OSError):
            artifact.path.parent.rmdir()


def _bytes_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
