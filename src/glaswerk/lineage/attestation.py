"""The provenance of a model, as an in-toto Statement v1 with SLSA provenance v1 as its predicate.

It follows spec/v1/statement.md and resource_descriptor.md of in-toto/attestation, and slsa.dev/provenance/v1.
The builder is the machine of the lab, so the statement claims only SLSA build level 1: provenance exists.
Sign the file for more.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import PREFIX
from glaswerk.lineage.graph import GONE, Node
from glaswerk.lineage.openlineage import producer
from glaswerk.lineage.verify import Advance, Register, check, files_of, manifest_faults, targets

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"


def attest(register: Register, model: Node, advance: Advance) -> dict[str, Any]:
    """The statement about an artifact: its files are the subjects, everything upstream the dependencies.

    Digests of files are SHA-256, because other tools do not check BLAKE2b-160. A dependency is the manifest
    of an artifact, which holds the digests of its files. `advance` receives the number of bytes read. Raises
    GlaswerkError if the artifact or a manifest upstream does not match (see `lineage.verify`).
    """
    (place, *_) = targets(register, [model])
    upstream = [node for node in register.graph().upstream(model.id) if node.id != model.id]
    faults = [f"{place.kind} {place.name}: {fault}" for fault in check(register, place, advance).faults]
    for node in upstream:
        found = manifest_faults(register, node) if node.state != GONE else ()
        faults += [f"{node.kind} {node.name}: {fault}" for fault in found]
    if place.state == GONE or faults:
        words = faults[0] if faults else f"{place.kind} {place.name} is gone"
        raise GlaswerkError(
            f"{model.kind} {model.name} cannot be attested: {words}", hint=f"glaswerk verify {model.id}"
        )
    said = register.manifests[place.path]
    files = files_of(register.root / place.path)
    subjects = [
        {"name": name, "digest": {"sha256": _sha256(path)}}
        for name, path in files.items()
        if name != MANIFEST
    ]
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PROVENANCE,
        "predicate": {
            "buildDefinition": {
                "buildType": f"{producer(said['code'])}#{said['recipe']}",
                "externalParameters": said["config"],
                "internalParameters": {key: said[key] for key in ("kind", "name", "id", "digest", "inputs")},
                "resolvedDependencies": [_dependency(register, node) for node in upstream],
            },
            "runDetails": {
                "builder": {"id": producer(said["code"]), "version": {"glaswerk": said["code"]}},
                "metadata": {
                    "invocationId": said["id"],
                    "startedOn": _zulu(said["finished_at"], said["seconds"]),
                    "finishedOn": _zulu(said["finished_at"]),
                },
                "byproducts": [_manifest(files[MANIFEST], MANIFEST)],
            },
        },
    }


def _dependency(register: Register, node: Node) -> dict[str, Any]:
    """A resource descriptor; for an artifact that is gone, it has only the digest over its files."""
    about = {"kind": node.kind, "name": node.name, "id": node.id, "digest": node.digest}
    file = register.root / node.path / MANIFEST
    if node.state == GONE or not file.exists():
        hexadecimal = node.digest.removeprefix(PREFIX)
        return {
            "name": node.path,
            "digest": {"glaswerkFilesBlake2b160": hexadecimal},
            "annotations": {**about, "gone": True},
        }
    return {**_manifest(file, f"{node.path}/{MANIFEST}"), "annotations": about}


def _manifest(file: Path, name: str) -> dict[str, Any]:
    return {"name": name, "mediaType": "application/json", "digest": {"sha256": _sha256(file)}}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _zulu(moment: str, before: float = 0.0) -> str:
    """An ISO 8601 time, `before` seconds earlier, in UTC with a Z, as in-toto's Timestamp requires."""
    time = datetime.fromisoformat(moment).astimezone(UTC) - timedelta(seconds=before)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
