"""Verification: compares the files, manifests and ledger to find out whether artifacts are unchanged.

The ledger holds a digest of every manifest, and the manifest a digest of every file. Whoever can write all
three can make them agree; a signature protects against that (see `lineage.signing`).
"""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from glaswerk.core.artifact_files import MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import DIGEST_BYTES, PREFIX, digest_bytes, digest_files
from glaswerk.lab.artifact import ArtifactKind, Spec, read_manifest
from glaswerk.lab.folder import Lab
from glaswerk.lineage.graph import GONE, Edge, Graph, Node

State = Literal["matches", "altered", "missing", "rebuilt"]
Advance = Callable[[int], None]
_PIECE = 1 << 20
_NOT_PLAIN = "altered, it is no longer a plain file"
# The fields that are both in the manifest and in the ledger's row of an artifact.
_RECORDED_TWICE = ("id", "kind", "name", "digest", "finished_at", "seconds", "cpu_seconds", "config", "stats")


@dataclass(frozen=True)
class Checked:
    """The result for one artifact. It "matches" if `faults` (one sentence each) is empty.

    "missing": there is nothing at its path. "rebuilt": a later artifact is at its path, so nothing can be
    compared. `notes` say what could not be compared because the ledger does not record it.
    """

    id: str
    kind: str
    name: str
    path: str
    state: State
    files: int = 0
    bytes: int = 0
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Register:
    """The contents of the ledger and of the manifests, side by side.

    `rows` are the ledger's rows by id, `recorded` the recorded digests of manifests by path and id, and
    `manifests` the readable manifests in the lab by path.
    """

    root: Path
    rows: Mapping[str, Mapping[str, Any]]
    recorded: Mapping[tuple[str, str], str]
    edges: tuple[Edge, ...]
    manifests: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, lab: Lab) -> Register:
        """Read both. Nothing is written: rows missing from the ledger are not restored.

        Raises GlaswerkError for a ledger that is damaged or names paths outside the lab.
        """
        lab.ledger.check()
        held = lab.ledger.rows("SELECT path, id, digest FROM manifest")
        folders = [folder for kind in get_args(ArtifactKind) for folder in lab.folders(kind)]
        read = {folder.relative_to(lab.root).as_posix(): _read(folder / MANIFEST) for folder in folders}
        rows = {row["id"]: dict(row) for row in lab.ledger.rows("SELECT * FROM artifact")}
        for path in {row["path"] for row in rows.values()} | {row["path"] for row in held}:
            _check_inside(lab, path)
        return cls(
            lab.root,
            rows,
            {(row["path"], row["id"]): row["digest"] for row in held},
            tuple(Edge(*row) for row in lab.ledger.rows("SELECT child, role, parent FROM edge")),
            {path: manifest for path, manifest in read.items() if manifest is not None},
        )

    def row(self, path: str, identifier: str) -> Mapping[str, Any] | None:
        """The ledger's row of an id, if it has that path: artifacts with one id may have several names."""
        row = self.rows.get(identifier)
        return row if row is not None and row["path"] == path else None

    def inputs(self, identifier: str) -> dict[str, str]:
        """Role → parent of an artifact, from the ledger's edges."""
        return {edge.role: edge.parent for edge in self.edges if edge.child == identifier}

    def places(self) -> dict[str, str]:
        """The id of the artifact that is or should be at each path.

        It is the id in the manifest if the ledger knows that id at the path, or no id at all. Otherwise it is
        the last id in the ledger, so that an altered id does not hide the artifact.
        """
        known = [(row["path"], row["id"]) for row in self.rows.values()]
        known += [(path, identifier) for path, identifier in self.recorded if identifier in self.rows]
        found: dict[str, str] = {}
        for path, identifier in sorted(known, key=lambda one: str(self.rows[one[1]]["finished_at"])):
            found[path] = identifier
        for path, manifest in self.manifests.items():
            said = str(manifest.get("id"))
            if (path, said) in known or path not in found:
                found[path] = said
        return found

    def graph(self) -> Graph:
        """The ledger as a graph; artifacts that the ledger does not know come from their manifests.

        The state of a node is "ok", or "gone" if another artifact is at its path.
        """
        places: dict[str, list[str]] = {}
        for path, identifier in self.places().items():
            places.setdefault(identifier, []).append(path)
        only = {i: self.manifests[there[0]] for i, there in places.items() if i not in self.rows}
        known = sorted({**only, **self.rows}.items(), key=lambda item: str(item[1].get("finished_at")))
        nodes = {identifier: self._node(identifier, row, places) for identifier, row in known}
        edges = self.edges + tuple(
            Edge(identifier, role, str(parent))
            for identifier, manifest in only.items()
            for role, parent in _mapping(manifest.get("inputs")).items()
        )
        return Graph(nodes, tuple(e for e in edges if e.child in nodes and e.parent in nodes))

    def _node(self, identifier: str, row: Mapping[str, Any], places: Mapping[str, list[str]]) -> Node:
        paths = places.get(identifier, [])
        # From the path, which the name determines: a name that was altered in a manifest hides nothing.
        names = [_name_at(path) for path in paths] or [str(row.get("name"))]
        return Node(
            identifier,
            str(row.get("kind")),
            ", ".join(dict.fromkeys(names)),
            str(row.get("digest")),
            finished_at=str(row.get("finished_at")),
            state="ok" if paths else GONE,
            path=str(row.get("path")),
        )


def targets(register: Register, nodes: Iterable[Node]) -> list[Node]:
    """The nodes, once for each path that holds an artifact of that id."""
    places: dict[str, list[str]] = {}
    for path, identifier in register.places().items():
        places.setdefault(identifier, []).append(path)
    found = []
    for node in nodes:
        paths = places.get(node.id, [node.path])
        there = [path for path in paths if (register.root / path).exists()]
        found += [replace(node, path=path) for path in there or paths[:1]]
    return found


def everything(register: Register) -> list[Node]:
    """Everything in the lab, and everything it was made from."""
    graph, found = register.graph(), dict[str, Node]()
    for path, identifier in register.places().items():
        if (register.root / path).exists():
            found |= {node.id: node for node in graph.upstream(identifier)}
    return targets(register, [node for node in graph.nodes.values() if node.id in found])


def size(register: Register, nodes: Iterable[Node]) -> int:
    """Bytes of all files that `check` reads for these artifacts."""
    folders = [register.root / node.path for node in nodes if node.state != GONE]
    return sum(path.lstat().st_size for folder in folders for path in files_of(folder).values())


def check(register: Register, node: Node, advance: Advance) -> Checked:
    """Compare the artifact at the node's path; `advance` receives the number of bytes read."""
    folder = register.root / node.path
    name = node.name if node.state == GONE else _name_at(node.path)
    about = (node.id, node.kind, name, node.path)
    if node.state == GONE and node.id not in register.rows:
        return Checked(*about, "missing", faults=("neither in the lab nor in the ledger",))
    if node.state == GONE:
        return Checked(*about, "rebuilt")
    if folder.is_symlink():
        return Checked(*about, "altered", faults=("its folder is now a link",))
    if not folder.exists():
        return Checked(*about, "missing", faults=("no longer in the lab",))
    files = files_of(folder)
    faults = list(manifest_faults(register, node))
    if node.path in register.manifests:
        faults += _file_faults(_outputs(register.manifests[node.path]), files, advance)
    total = sum(path.lstat().st_size for path in files.values())
    state: State = "altered" if faults else "matches"
    return Checked(*about, state, len(files), total, tuple(faults), _notes(register, node))


def _notes(register: Register, node: Node) -> tuple[str, ...]:
    if (node.path, node.id) in register.recorded or register.row(node.path, node.id) is None:
        return ()
    return ("its manifest's digest is not recorded in the ledger",)


def manifest_faults(register: Register, node: Node) -> Iterator[str]:
    """How the manifest at a node's path contradicts itself or the ledger; no other file is read."""
    manifest = register.root / node.path / MANIFEST
    if not manifest.is_symlink() and not manifest.exists():
        yield f"{MANIFEST}: missing"
        return
    said = register.manifests.get(node.path)
    if said is None:
        yield f"{MANIFEST}: {'altered, it cannot be read' if _is_plain(manifest) else _NOT_PLAIN}"
        return
    yield from _ledger_faults(register, node, said, manifest)
    if _id_of(said) != said.get("id"):
        yield f"{MANIFEST}: altered, its id does not follow from its kind, recipe, inputs and config"
    outputs = {name: output.get("digest", "") for name, output in _outputs(said).items()}
    if digest_files(outputs) != said.get("digest"):
        yield f"{MANIFEST}: altered, its digest does not cover the files it lists"


def _ledger_faults(register: Register, node: Node, said: Mapping[str, Any], manifest: Path) -> Iterator[str]:
    """How a manifest and the ledger differ."""
    row, recorded = register.row(node.path, node.id), register.recorded.get((node.path, node.id))
    if node.id not in register.rows:
        yield "not in the ledger: glaswerk status records it, if you know where it comes from"
        return
    try:
        recorded_fields = _recorded_fields(row) if row is not None else {}
    except (ValueError, RecursionError):
        yield "its row in the ledger cannot be read"
        return
    fields = [name for name, value in recorded_fields.items() if said.get(name) != value]
    if register.inputs(node.id) != said.get("inputs"):
        fields.append("inputs")
    if fields:
        yield f"{MANIFEST}: differs from the ledger in {', '.join(fields)}"
    elif recorded and digest_bytes(manifest.read_bytes()) != recorded:
        yield f"{MANIFEST}: differs from the ledger, which records another digest"


def _recorded_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a ledger row that are in the manifest as well."""
    fields = {**row, "config": json.loads(row["config"]), "stats": json.loads(row["stats"])}
    return {name: fields[name] for name in _RECORDED_TWICE}


def _id_of(said: Mapping[str, Any]) -> str:
    """The id that follows from the contents of a manifest (see `artifact.Spec`)."""
    inputs, config = _mapping(said.get("inputs")), _mapping(said.get("config"))
    kind: Any = said.get("kind")
    return Spec(kind, str(said.get("name")), str(said.get("recipe")), inputs, config).id


def _file_faults(
    listed: Mapping[str, Mapping[str, Any]], files: Mapping[str, Path], advance: Advance
) -> Iterator[str]:
    """How the files of an artifact differ from those that its manifest lists."""
    for name, output in listed.items():
        if fault := _file_fault(files.get(name), output.get("digest"), advance):
            yield f"{_shown(name)}: {fault}"
    for name in files:
        if name not in listed and name != MANIFEST:
            yield f"{_shown(name)}: added since"


def _file_fault(path: Path | None, digest: object, advance: Advance) -> str:
    if path is None:
        return "missing"
    if not _is_plain(path):
        return _NOT_PLAIN
    try:
        return "" if _digest_of(path, advance) == digest else "altered"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _is_plain(path: Path) -> bool:
    """Not a link, whose target may change unnoticed, and not a pipe, which would block."""
    return stat.S_ISREG(path.lstat().st_mode)


def _shown(name: str) -> str:
    """A file name without control characters, so that it cannot affect a terminal or fake a line."""
    return name if name.isprintable() else repr(name)


def files_of(folder: Path) -> dict[str, Path]:
    """Everything in an artifact's folder except folders, by relative name."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir()
    }


def _digest_of(path: Path, advance: Advance) -> str:
    """The content id of a file (see `core.ids.digest_file`). Raises OSError if it cannot be read."""
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            state.update(piece)
            advance(len(piece))
    return PREFIX + state.hexdigest()


def _read(path: Path) -> dict[str, Any] | None:
    """The contents of a manifest, or None if it is not a JSON object in a plain file."""
    if not _is_plain(path):
        return None
    try:
        return read_manifest(path.parent)
    except GlaswerkError:
        return None


def _name_at(path: str) -> str:
    """The name of an artifact from its path: everything after the folder of its kind."""
    return path.partition("/")[2]


def _check_inside(lab: Lab, path: str) -> None:
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or path.startswith("/") or ".." in parts:
        raise GlaswerkError(
            f"the ledger {lab.ledger.path} names a path outside the lab: {path!r:.80}",
            hint="move ledger.db aside; `glaswerk status` rebuilds it from the manifests",
        )


def _outputs(said: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: _mapping(output) for name, output in _mapping(said.get("outputs")).items()}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
