"""Licence and terms of the adopted weights that a model is based on, for the papers and the release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.core.licences import licence_terms
from glaswerk.lab.artifact import read_manifest
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.lineage.stages import ADOPTED

_NONE = "no term that its name tells"


def terms_of(entry: ArtifactRecord) -> str:
    """The terms of adopted weights in a few words: what it asks, its text, and where they are from."""
    terms = licence_terms(str(entry.config["licence"])).terms
    files = licence_files_of(entry)
    texts = f"text: {', '.join(files)} in this folder" if files else "no text of it came with the weights"
    return f"{', '.join(sorted(terms)) or _NONE}; {texts}{_origin(entry)}"


def _origin(entry: ArtifactRecord) -> str:
    """Which commit of which hub they were downloaded from; empty if they were a folder or a file."""
    found = entry.config.get("hub")
    if not found:
        return ""
    place = f" of {found['endpoint']}" if "endpoint" in found else ""
    return f"; downloaded from hf:{found['repository']}@{found['commit']}{place}"


def licence_files_of(entry: ArtifactRecord) -> Sequence[str]:
    """Names of the licences, notices and policies that came with adopted weights."""
    return [str(name) for name in entry.config.get("licence_files", ())]


def base_licences(stages: Sequence[ArtifactRecord]) -> dict[str, Path]:
    """The files with the terms of the adopted weights that the last of `stages` was tuned from, by name.

    Empty for adopted weights themselves, whose folder holds them. Raises GlaswerkError for a changed file.
    """
    found: dict[str, Path] = {}
    for entry in stages[:-1]:
        if entry.stage == ADOPTED and entry.path is not None:
            outputs = (read_manifest(entry.path) or {}).get("outputs", {})
            for name in licence_files_of(entry):
                _check(entry, entry.path / name, outputs.get(name, {}).get("digest"))
                found[name] = entry.path / name
    return found


def _check(entry: ArtifactRecord, file: Path, digest: str | None) -> None:
    if not file.is_file() or digest_file(file) != digest:
        raise GlaswerkError(
            f"{file} does not match the manifest of {entry.name}", hint="restore the file from the weights"
        )
