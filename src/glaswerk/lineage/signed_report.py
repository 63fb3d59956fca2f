"""Signatures of trust reports: over the report's files, the model's digest and its lineage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import MANIFEST
from glaswerk.core.files import write_json
from glaswerk.core.ids import digest_file
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.artifact import read_outputs
from glaswerk.lineage.records import ancestry
from glaswerk.lineage.signed_text import canonical, signed, signers

SUFFIX = ".sig.json"
_PURPOSE = "report/1"


def sign_report(lab: Lab, report: Artifact, key: Path) -> Path:
    """Write the signature beside the report's folder, or add one to those that are there; returns its path.

    Signed are the digests of the report's files, the digest of the model, and every artifact of its lineage
    with its digest: a report moved to other weights or other data does not verify.
    """
    said = {
        "report": {"name": report.name, "digest": report.digest, "files": read_outputs(report)},
        "model": {"digest": report.config["model_digest"]},
        "lineage": [
            {"kind": one.kind, "name": one.name, "id": one.id, "digest": one.digest}
            for one in ancestry(lab, report.inputs["model"])
        ],
    }
    path = signature_of(report.path)
    known = _read(path)
    kept = known["signatures"] if known.get("signed") == said else []
    made = signed(_PURPOSE, canonical(said), key)
    others = [one for one in kept if one["key"] != made["key"]]
    write_json(path, {"signed": said, "signatures": [*others, made]})
    return path


def report_signers(report: Path, keys: Mapping[str, str]) -> set[str]:
    """Which of `keys` (person → public key) signed the report in a folder as it is now."""
    found = _read(signature_of(report))
    files = found.get("signed", {}).get("report", {}).get("files", {})
    there = {p.relative_to(report).as_posix() for p in report.rglob("*") if p.is_file()} - {MANIFEST}
    if there != set(files) or any(digest_file(report / name) != digest for name, digest in files.items()):
        return set()
    figures = json.loads((report / "report.json").read_text(encoding="utf-8"))
    if figures["model"]["digest"] != found["signed"]["model"]["digest"]:
        return set()
    return signers(_PURPOSE, canonical(found["signed"]), found["signatures"], keys)


def signature_of(report: Path) -> Path:
    """The file with the signatures of the report in a folder."""
    return report.with_name(report.name + SUFFIX)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("signatures"), list) else {}
