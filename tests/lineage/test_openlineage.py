"""Lineage as OpenLineage events, as its client reads them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

import glaswerk
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.graph import whole_graph
from glaswerk.lineage.openlineage import events, producer


@pytest.fixture
def found(empty_lab: Lab, model: Artifact) -> list[dict[str, Any]]:
    """The events of a model over shards over a corpus."""
    return list(events(empty_lab, whole_graph(empty_lab)))


def test_every_artifact_is_a_start_and_a_complete_event(found: list[dict[str, Any]], model: Artifact) -> None:
    assert [event["eventType"] for event in found] == ["START", "COMPLETE"] * 3
    json.dumps(found)
    for event in found:
        assert uuid.UUID(event["run"]["runId"]).version == 5
        assert event["schemaURL"] == "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
    last = found[-1]
    assert last["job"]["name"] == "model.base/step-1"
    assert [one["name"] for one in last["inputs"]] == ["shards/main.main"]
    assert last["outputs"][0]["facets"]["version"]["datasetVersion"] == model.id


def test_events_pass_the_checks_of_the_openlineage_client(found: list[dict[str, Any]]) -> None:
    client = pytest.importorskip("openlineage.client.event_v2", reason="pip install openlineage-python")
    for event in found:
        made = client.RunEvent(
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=client.Run(runId=event["run"]["runId"]),
            job=client.Job(namespace=event["job"]["namespace"], name=event["job"]["name"]),
            eventType=client.RunState[event["eventType"]],
            inputs=[client.InputDataset(one["namespace"], one["name"]) for one in event["inputs"]],
            outputs=[client.OutputDataset(one["namespace"], one["name"]) for one in event["outputs"]],
        )
        assert made.run.runId == event["run"]["runId"]


def test_events_written_twice_are_the_same(
    empty_lab: Lab, found: list[dict[str, Any]], make: Callable[..., Artifact]
) -> None:
    assert list(events(empty_lab, whole_graph(empty_lab))) == found
    starts = {event["run"]["runId"] for event in found}
    assert len(starts) == 3


def test_a_start_is_never_after_its_end(found: list[dict[str, Any]]) -> None:
    for start, complete in zip(found[::2], found[1::2], strict=True):
        assert start["run"] == complete["run"]
        assert start["eventTime"] <= complete["eventTime"]


def test_the_run_says_what_made_the_artifact_and_not_the_command(
    empty_lab: Lab, make: Callable[..., Artifact]
) -> None:
    run = empty_lab.ledger.start_run("glaswerk curate --lab /somewhere/private")
    made = make("corpus", "main", rate=0.5)
    empty_lab.ledger.finish_run(run, "done", 0, 0)
    (start, _) = events(empty_lab, whole_graph(empty_lab))
    facet = start["run"]["facets"]["glaswerk_artifact"]
    assert (facet["id"], facet["digest"], facet["recipe"]) == (made.id, made.digest, "corpus/1")
    assert facet["config"] == {"rate": 0.5}
    assert start["run"]["facets"]["processing_engine"]["version"] == glaswerk.__version__
    assert "private" not in json.dumps(start)


def test_the_namespace_is_the_name_of_the_lab(found: list[dict[str, Any]]) -> None:
    assert {event["job"]["namespace"] for event in found} == {"glaswerk://lab"}


@pytest.mark.parametrize(("code", "version"), [("", glaswerk.__version__), ("0.0.9", "0.0.9")])
def test_the_producer_is_a_package_url(code: str, version: str) -> None:
    assert producer(code) == f"pkg:generic/glaswerk@{version}"
