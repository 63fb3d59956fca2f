"""Folders that `sign` and `verify` work on: a model of the lab, or any folder given as a path."""

from __future__ import annotations

from pathlib import Path

from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError


def folder_of(lab_path: Path, thing: str) -> Path:
    """The folder of a model of the lab, or the folder itself if `thing` is a path (see `is_folder`).

    Raises GlaswerkError for a model whose files are not what the ledger recorded.
    """
    if is_folder(thing):
        if not Path(thing).is_dir():
            raise GlaswerkError(f"expected a folder, found none at {thing}", hint="glaswerk model ls")
        return Path(thing)
    from glaswerk.lineage.graph import resolve
    from glaswerk.lineage.verify import Register, check, targets

    register = Register.read(open_lab(lab_path))
    node = resolve(register.graph(), thing)
    if node.kind != "model":
        raise GlaswerkError(f"expected a model, found the {node.kind} {node.name}", hint="glaswerk model ls")
    (place, *_) = targets(register, [node])
    found = check(register, place, lambda read: None)
    if found.state != "matches":
        words = "; ".join(found.faults) or "another artifact has replaced it"
        raise GlaswerkError(f"model {node.name} is not signed: {words}", hint=f"glaswerk verify {thing}")
    return register.root / place.path


def is_folder(thing: str) -> bool:
    """Whether the user means a path: it begins with / or ./ or ../, or is just . or .. itself."""
    return thing.startswith(("/", "./", "../")) or thing in (".", "..")


def signature_beside(folder: Path) -> Path:
    """The default place of a folder's signature: next to it, with the suffix .sig."""
    from glaswerk.lineage.signing import SUFFIX

    return folder.resolve().with_name(folder.resolve().name + SUFFIX)
