"""The lab: one folder that holds all state and can be read with ordinary tools."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import glaswerk
from glaswerk.core.artifact_files import LAB_SETTINGS, LEDGER, MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import sweep_temporaries, write_atomic
from glaswerk.lab import artifact as artifacts
from glaswerk.lab.artifact import Artifact, ArtifactKind, Spec
from glaswerk.lab.ledger import Ledger

LAB_FORMAT = 1
_NAME = re.compile(r"\w[\w.-]{0,99}")
_FOLDERS: dict[ArtifactKind, str] = {
    "source": "sources",
    "evaluation": "evaluations",
    "corpus": "corpora",
    "tokenizer": "tokenizers",
    "shards": "shards",
    "model": "models",
    "image-model": "image-models",
    "trace": "traces",
    "passages": "passages",
    "vectors": "vectors",
    "report": "reports",
}
_SETTINGS = f"""# The settings of this lab. Every command reads its defaults here.
format = {LAB_FORMAT}

[lab]
name = {{name}}

# [curate]
# languages = ["en", "de"]
# off = ["symbol-heavy"]                  # rules to switch off: see glaswerk explain
# mask = ["email", "phone", "iban", "card", "ip", "coordinates", "handle"]
# [curate.web]
# families = ["gopher", "c4", "fineweb"]  # rules for web pages
# [curate.mixture]
# share_by_source = {{{{ wiki = 0.5 }}}}
# cap_by_author = {{{{ "*" = 5000 }}}}
"""


class Lab:
    """An open lab. `settings` is the parsed lab.toml, `ledger` the open SQLite file."""

    def __init__(self, root: Path, settings: Mapping[str, Any]) -> None:
        self.root = root
        self.settings = settings
        self.ledger = Ledger(root / LEDGER)

    @classmethod
    def init(cls, root: str | os.PathLike[str], name: str = "") -> Lab:
        """Create a lab at `root`, or open the existing one. Other files in the folder are left alone.

        Raises GlaswerkError if `root` is a file, or as `open` does.
        """
        root = Path(root).resolve()
        if root.is_file():
            raise GlaswerkError(f"expected a folder for the lab, found the file {root}")
        root.mkdir(parents=True, exist_ok=True)
        if not (root / LAB_SETTINGS).exists():
            # A JSON string without ASCII escapes is a TOML string.
            quoted = json.dumps(name or root.name, ensure_ascii=False)
            write_atomic(root / LAB_SETTINGS, _SETTINGS.format(name=quoted))
        return cls.open(root)

    @classmethod
    def open(cls, root: str | os.PathLike[str]) -> Lab:
        """Open the lab at `root`.

        Raises GlaswerkError if there is none, its settings are not TOML, or its format is newer.
        """
        root = Path(root).resolve()
        try:
            settings = tomllib.loads((root / LAB_SETTINGS).read_text())
        except FileNotFoundError as error:
            raise GlaswerkError(
                f"expected a lab in {root}, found none: lab.toml is missing", hint="glaswerk init"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise GlaswerkError(
                f"{root / LAB_SETTINGS} is not valid TOML: {error}", hint="fix that line"
            ) from error
        found = settings.get("format")
        if not isinstance(found, int) or found > LAB_FORMAT:
            raise GlaswerkError(
                f"{root} is a lab of format {found!r}; this version reads up to {LAB_FORMAT}",
                hint="update glaswerk: pip install -U glaswerk",
            )
        return cls(root, settings)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lab's write lock; the kernel releases it when the process ends, however it ends.

        Temporary files of processes that were killed are removed.

        Raises GlaswerkError with the other process's id if the lock is taken.
        """
        handle = os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                pid = os.pread(handle, 32, 0).decode().strip() or "unknown"
                raise GlaswerkError(
                    f"another glaswerk command (process {pid}) is writing to {self.root}",
                    hint="wait for it, or stop it, and run this command again",
                ) from error
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
            # A run that was killed may have left texts and weights under temporary names.
            sweep_temporaries(self.root)
            yield
        finally:
            os.close(handle)

    def path(self, kind: ArtifactKind, name: str) -> Path:
        """The folder of the artifact of that kind and name, whether it exists or not.

        Raises GlaswerkError for a name that is not allowed.
        """
        # Only models have a step below their name: a folder inside another artifact would be deleted with it.
        parts = name.split("/")
        if len(parts) > (2 if kind == "model" else 1) or not all(_NAME.fullmatch(part) for part in parts):
            raise GlaswerkError(
                f"expected a name for a {kind} of letters, digits, '-', '_' and '.', found {name[:80]!r}",
                hint="--name my-notes",
            )
        return self.root / _FOLDERS[kind] / name

    def make(self, spec: Spec, write: Callable[[Path], Mapping[str, Any]]) -> Artifact:
        """The artifact of `spec`: from the lab if it is finished, otherwise made by `write`."""
        final = self.path(spec.kind, spec.name)
        before = artifacts.read(final)
        made = artifacts.make(spec, final, write)
        # An existing artifact is not recorded again: a manifest that was altered must not replace the record.
        if made != before or not self.ledger.rows("SELECT 1 FROM artifact WHERE id = ?", made.id):
            self.ledger.record(made, self.root)
        return made

    def amend(self, artifact: Artifact, change: Callable[[Path], Mapping[str, Any]]) -> Artifact:
        """Change files of an artifact of the lab, which keeps its id (see `artifact.amend`)."""
        made = artifacts.amend(artifact.path, change)
        self.ledger.record(made, self.root)
        return made

    @contextmanager
    def scratch(self, spec: Spec) -> Iterator[Path]:
        """A folder for the parts of an artifact that is being made.

        It is deleted when the block exits normally and kept if interrupted, so that work can resume. Parts
        of another spec of the same kind and name are deleted at once: they may hold forgotten content.
        """
        parts = self._scratch(spec.kind, spec.name)
        # Parts made by another version of the code are not used.
        folder = parts / f"{spec.id.removeprefix('b2:')[:16]}-{glaswerk.__version__}"
        for old in parts.glob("*"):
            if old != folder:
                shutil.rmtree(old)
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        shutil.rmtree(parts)

    def _scratch(self, kind: ArtifactKind, name: str) -> Path:
        return self.root / "runs" / f"{kind}-{name.replace('/', '-')}"

    def remove(self, artifact: Artifact) -> None:
        """Delete an artifact and its unfinished parts. The ledger keeps its record."""
        artifacts.remove(artifact.path)
        shutil.rmtree(self._scratch(artifact.kind, artifact.name), ignore_errors=True)

    def settle(self) -> None:
        """Finish every command that a kill cut short: its leftovers may hold forgotten content.

        The write lock must be held. Parts of existing artifacts are kept, so that work can resume.
        """
        for folder in _FOLDERS.values():
            leftovers = [path for path in (self.root / folder).rglob(".*") if path.is_dir()]
            for final in {found for path in leftovers if (found := artifacts.final_of(path))}:
                artifacts.settle(final)
        there = {self._scratch(kind, artifact.name) for kind in _FOLDERS for artifact in self.all(kind)}
        for parts in (self.root / "runs").glob("corpus-*"):
            if parts not in there:
                shutil.rmtree(parts)

    def find(self, kind: ArtifactKind, name: str) -> Artifact | None:
        """The finished artifact of that kind and name, or None."""
        return artifacts.read(self.path(kind, name))

    def need(self, kind: ArtifactKind, name: str, *, hint: str) -> Artifact:
        """Like `find`, but raises GlaswerkError with `hint`, the command that makes a missing artifact."""
        found = self.find(kind, name)
        if found is None:
            there = ", ".join(a.name for a in self.all(kind)) or "none"
            raise GlaswerkError(f"the lab has no {kind} named {name!r} (there: {there})", hint=hint)
        return found

    def all(self, kind: ArtifactKind) -> list[Artifact]:
        """Every finished artifact of a kind, oldest first."""
        read = (artifacts.read(folder) for folder in self.folders(kind))
        found = [entry for entry in read if entry is not None and entry.kind == kind]
        return sorted(found, key=lambda a: (a.finished_at, a.name))

    def folders(self, kind: ArtifactKind) -> Iterator[Path]:
        """Every folder of that kind that holds a manifest, except those being written.

        One that another command removes meanwhile is left out.
        """
        for folder, below, names in os.walk(self.root / _FOLDERS[kind]):
            below[:] = [name for name in below if not name.startswith(".")]
            if MANIFEST in names:
                yield Path(folder)

    def latest(self, kind: ArtifactKind, prefix: str = "") -> Artifact | None:
        """The most recently finished artifact whose name is `prefix` or starts with `prefix/`."""
        found = [
            a for a in self.all(kind) if not prefix or a.name == prefix or a.name.startswith(prefix + "/")
        ]
        return found[-1] if found else None

    def run_folder(self, identifier: str) -> Path:
        """A scratch folder that survives interruption, one per artifact id: `runs/<id>/`."""
        folder = self.run_path(identifier)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run_path(self, identifier: str, prefix: str = "") -> Path:
        """The path of `run_folder`, which may not exist; with a `prefix`, of another folder for that id."""
        return self.root / "runs" / f"{prefix}{identifier.removeprefix('b2:')[:16]}"
