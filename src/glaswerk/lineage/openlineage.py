"""Lineage as OpenLineage run events, following https://openlineage.io/spec/2-0-2/OpenLineage.json."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import glaswerk
from glaswerk.lab.folder import Lab
from glaswerk.lineage.graph import Graph, Node

_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
_VERSION = "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json"
_ENGINE = "https://openlineage.io/spec/facets/1-1-1/ProcessingEngineRunFacet.json"


def producer(code: str = "") -> str:
    """A package URL (purl) of the glaswerk version `code`, by default this one."""
    return f"pkg:generic/glaswerk@{code or glaswerk.__version__}"


def events(lab: Lab, graph: Graph) -> Iterator[dict[str, Any]]:
    """A START and a COMPLETE event for every artifact of the graph, oldest first.

    Documents and answers have no events: a dataset of the standard is an artifact here. The id of a run is
    derived from the id of the artifact, so that events sent twice are recognised. The namespace is the name
    of the lab, the job the kind and name of the artifact, and the version of the dataset its id.
    """
    namespace = "glaswerk://" + str(lab.settings.get("lab", {}).get("name", lab.root.name))
    rows = lab.ledger.rows("SELECT id, config FROM artifact")
    configs = {row["id"]: lab.ledger.parsed(row["config"]) for row in rows}
    for node in graph.nodes.values():
        if node.digest:
            yield from _events(graph, node, namespace, configs[node.id])


def _events(graph: Graph, node: Node, namespace: str, config: Any) -> Iterator[dict[str, Any]]:
    parents = [edge.parent for edge in graph.near(node.id, "up")]
    run = uuid.uuid5(uuid.NAMESPACE_URL, f"{node.id} {node.finished_at}")
    event = {
        "run": {"runId": str(run), "facets": _run_facets(node, config)},
        "job": {"namespace": namespace, "name": f"{node.kind}.{node.name}"},
        "inputs": [_dataset(graph.nodes[parent], namespace) for parent in dict.fromkeys(parents)],
        "outputs": [_dataset(node, namespace)],
        "producer": producer(node.code),
        "schemaURL": f"{_SPEC}#/$defs/RunEvent",
    }
    yield {"eventType": "START", "eventTime": node.started_at, **event}
    yield {"eventType": "COMPLETE", "eventTime": node.finished_at, **event}


def _run_facets(node: Node, config: Any) -> dict[str, Any]:
    """What made the artifact, under a prefix of our own, as the specification requires of custom facets.

    The command line is left out: it may name folders of the machine, and events are sent to others.
    """
    facets = {
        "glaswerk_artifact": {
            **_facet(f"{_SPEC}#/$defs/RunFacet"),
            "id": node.id,
            "digest": node.digest,
            "recipe": node.recipe,
            "config": config,
        },
    }
    if node.code:
        engine = {**_facet(f"{_ENGINE}#/$defs/ProcessingEngineRunFacet"), "name": "glaswerk"}
        facets["processing_engine"] = {**engine, "version": node.code}
    return facets


def _dataset(node: Node, namespace: str) -> dict[str, Any]:
    version = {**_facet(f"{_VERSION}#/$defs/DatasetVersionDatasetFacet"), "datasetVersion": node.id}
    return {"namespace": namespace, "name": f"{node.kind}/{node.name}", "facets": {"version": version}}


def _facet(schema: str) -> dict[str, str]:
    return {"_producer": producer(), "_schemaURL": schema}
