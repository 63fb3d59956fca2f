"""The ML-BOM: model, data and software in CycloneDX 1.6 (ECMA-424), as JSON.

https://cyclonedx.org/docs/1.6/json/. The official Python library lacks `modelCard` (pull request 914 of
CycloneDX/cyclonedx-python-lib), so the JSON is written here and checked against the schema in the tests.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import glaswerk
from glaswerk.core.artifact_files import DOCUMENTS, WEIGHTS
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.release.base_terms import licence_files_of
from glaswerk.release.digests import sha256_of
from glaswerk.release.facts import Facts
from glaswerk.release.sources import SourceRow

_APPROACHES = {
    "pretrain": "self-supervised",
    "continue": "self-supervised",
    "chat": "supervised",
    "dpo": "supervised",
    "grpo": "reinforcement-learning",
}
# SPDX ids common for content and weights; any other licence must be given by name in the schema.
_SPDX = frozenset(
    (
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC-BY-3.0",
        "CC-BY-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-ND-4.0",
        "CC-BY-SA-3.0",
        "CC-BY-SA-4.0",
        "CC0-1.0",
        "MIT",
        "ODbL-1.0",
        "PDDL-1.0",
    )
)
Component = dict[str, Any]


def bom_of(facts: Facts, files: Mapping[str, str]) -> dict[str, Any]:
    """The ML-BOM as a JSON object; `files` maps the name of each file of the model to its SHA-256."""
    model, sources = _model(facts, files), [_source(facts, entry) for entry in _trained(facts)]
    parents = [_adopted(entry) for entry in facts.lineage.stages[:-1] if "licence" in entry.config]
    libraries = list(_libraries())
    data = [*sources, *parents]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "tools": {"components": [_library("glaswerk", glaswerk.__version__, "")]},
            "component": model,
            "properties": [
                {"name": "glaswerk:libraries", "value": "of the environment that wrote this release"}
            ],
        },
        "components": [*data, *libraries],
        "dependencies": [
            {"ref": model["bom-ref"], "dependsOn": [part["bom-ref"] for part in [*data, *libraries]]}
        ],
    }


def _model(facts: Facts, files: Mapping[str, str]) -> Component:
    model = facts.lineage.model
    component: Component = {
        "type": "machine-learning-model",
        "bom-ref": model.id,
        "name": model.name,
        "version": model.name.rpartition("/")[2],
        "components": [
            {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": _hashes(digest)}
            for name, digest in sorted(files.items())
        ],
        "modelCard": _card(facts),
        "properties": [{"name": "glaswerk:digest", "value": model.digest}],
    }
    if WEIGHTS in files:
        component["hashes"] = _hashes(files[WEIGHTS])
    if facts.licence:
        component["licenses"] = _licences([facts.licence])
    if name := facts.answers.get("provider_name"):
        component["supplier"] = {"name": str(name)}
    return component


def _card(facts: Facts) -> dict[str, Any]:
    model, network = facts.lineage.model, facts.network
    parameters: dict[str, Any] = {
        "task": "text-generation",
        "architectureFamily": "transformer",
        "datasets": [{"ref": entry.id} for entry in _trained(facts)],
        "inputs": [{"format": "text"}],
        "outputs": [{"format": "text"}],
    }
    if model.stage in _APPROACHES:
        parameters["approach"] = {"type": _APPROACHES[model.stage]}
    if network.get("architectures"):
        parameters["modelArchitecture"] = str(network["architectures"][0])
    card: dict[str, Any] = {"bom-ref": f"card:{model.id}", "modelParameters": parameters}
    if metrics := list(_metrics(facts)):
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    return card | {"considerations": _considerations(facts)}


def _metrics(facts: Facts) -> Iterator[dict[str, Any]]:
    for figure in facts.trust.figures if facts.trust else ():
        if figure.value is not None:
            yield {
                "type": figure.label,
                "value": f"{figure.value:.6g}",
                "slice": f"{figure.n} items",
                "confidenceInterval": {"lowerBound": f"{figure.low:.6g}", "upperBound": f"{figure.high:.6g}"},
            }


def _considerations(facts: Facts) -> dict[str, Any]:
    limits = [*facts.obstacles]
    if facts.trust is None:
        limits.append("no trust report was made: truth and political lean were not measured")
    found: dict[str, Any] = {"technicalLimitations": limits} if limits else {}
    if uses := facts.answers.get("intended_uses"):
        found["useCases"] = [str(uses)]
    if facts.trust and facts.trust.verdict:
        found["ethicalConsiderations"] = [{"name": f"political lean: {facts.trust.verdict}"}]
    return found


def _trained(facts: Facts) -> list[ArtifactRecord]:
    """The sources with at least one training document."""
    there = {row.artifact for row in facts.data.rows}
    return [entry for entry in facts.lineage.sources if entry.id in there]


def _source(facts: Facts, entry: ArtifactRecord) -> Component:
    """A source as a data component: its licences, origin and training documents."""
    rows = [row for row in facts.data.rows if row.artifact == entry.id]
    dataset: Component = {"type": "dataset", "name": entry.name, "description": _described(rows)}
    component: Component = {
        "type": "data",
        "bom-ref": entry.id,
        "name": entry.name,
        "data": [dataset],
        "properties": [
            {"name": "glaswerk:digest", "value": entry.digest},
            {"name": "glaswerk:in-lab", "value": str(entry.path is not None).lower()},
        ],
    }
    if licences := sorted({row.licence for row in rows if row.licence}):
        component["licenses"] = _licences(licences)
    file = entry.path / DOCUMENTS if entry.path else None
    if file and file.exists():
        component["hashes"] = _hashes(sha256_of(file))
    if name := facts.answers.get("provider_name"):
        dataset["governance"] = {"custodians": [{"organization": {"name": str(name)}}]}
    return component


def _described(rows: list[SourceRow]) -> str:
    parts = [f"{row.documents:,} documents, acquired: {row.acquired or 'unknown'}" for row in rows]
    return "trained on: " + "; ".join(parts)


def _adopted(entry: ArtifactRecord) -> Component:
    """Adopted weights that the model is based on; their training data is unknown."""
    return {
        "type": "machine-learning-model",
        "bom-ref": entry.id,
        "name": entry.name,
        "licenses": _licences([str(entry.config["licence"])]),
        "properties": [
            {"name": "glaswerk:digest", "value": entry.digest},
            *({"name": "glaswerk:licence-file", "value": name} for name in licence_files_of(entry)),
        ],
    }


def _libraries() -> Iterator[Component]:
    """The requirements of Glaswerk and, recursively, their requirements, as installed."""
    waiting, seen = ["glaswerk"], {"glaswerk"}
    while waiting:
        for line in _requirements(waiting.pop()):
            wanted = Requirement(line)
            name = canonicalize_name(wanted.name)
            if name in seen or (wanted.marker and not wanted.marker.evaluate({"extra": ""})):
                continue
            seen.add(name)
            waiting.append(name)
            try:
                found = metadata.metadata(name).json
            except metadata.PackageNotFoundError:
                continue
            yield _library(name, str(found["version"]), str(found.get("license_expression", "")))


def _requirements(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:
        return []


def _library(name: str, version: str, licence: str) -> Component:
    purl = f"pkg:pypi/{name}@{version}"
    component: Component = {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
    }
    return component | ({"licenses": [{"expression": licence}]} if licence else {})


def _licences(names: list[str]) -> list[dict[str, Any]]:
    return [{"license": {"id" if name in _SPDX else "name": name}} for name in names]


def _hashes(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]
