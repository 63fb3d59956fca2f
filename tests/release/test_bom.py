"""The ML-BOM: what CycloneDX's schema allows, with the licences, hashes and data of a lineage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from records import SHARDS, corpus_file, facts, lineage, record

import glaswerk
from glaswerk.core.document import Document, Rights
from glaswerk.release.bom import bom_of
from glaswerk.release.digests import sha256_of
from glaswerk.release.trust import Figure, Trust

FILES = {"model.safetensors": "0" * 64, "config.json": "1" * 64}
ADOPTED = record("model", "open/step-0", config={"stage": "adopted", "licence": "Llama-X"}, inputs=SHARDS)
CHAT = record("model", "chat/step-2", config={"stage": "chat"}, inputs=SHARDS)


def bom(made: Any, files: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A BOM that holds to the schema."""
    found = bom_of(facts(made, **more), FILES if files is None else files)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(found)) is None
    return found


@pytest.fixture
def trained(tmp_path: Path) -> Any:
    """A model over one document of the source "posts" and none of "drafts"."""
    folder = corpus_file(tmp_path, {"chat": [Document("posts:1", "posts", "x", Rights("MIT", "own"))]})
    sources = [record("source", "posts", path=folder), record("source", "drafts")]
    return lineage(folder, sources=sources, stages=[CHAT])


def data_of(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in found["components"] if part["type"] == "data"]


def test_the_model_is_its_files_with_their_hashes(trained: Any) -> None:
    model = bom(trained)["metadata"]["component"]
    assert (model["name"], model["version"], model["bom-ref"]) == ("chat/step-2", "step-2", "b2:chat/step-2")
    assert [(part["name"], part["hashes"][0]["content"]) for part in model["components"]] == sorted(
        (name, digest) for name, digest in FILES.items()
    )
    assert model["hashes"] == [{"alg": "SHA-256", "content": "0" * 64}]


def test_weights_in_several_files_have_no_single_hash(trained: Any) -> None:
    assert (
        "hashes" not in bom(trained, {"model-00001-of-00002.safetensors": "2" * 64})["metadata"]["component"]
    )


def test_data_are_the_sources_that_were_trained_on_and_no_others(trained: Any, tmp_path: Path) -> None:
    (part,) = data_of(bom(trained))
    assert part["name"] == "posts"
    assert part["data"][0]["description"] == "trained on: 1 documents, acquired: own"
    assert part["licenses"] == [{"license": {"id": "MIT"}}]
    assert part["hashes"][0]["content"] == sha256_of(tmp_path / "documents.parquet")


def test_a_source_that_is_gone_has_no_hash_and_says_so() -> None:
    made = lineage(None, sources=[record("source", "posts", config={"licence": "MIT"})], stages=[CHAT])
    (part,) = data_of(bom(made))
    assert "hashes" not in part
    assert {"name": "glaswerk:in-lab", "value": "false"} in part["properties"]


@pytest.mark.parametrize(
    ("licence", "entry"),
    [
        ("CC-BY-SA-4.0", {"id": "CC-BY-SA-4.0"}),
        ("Apache-2.0 AND MIT", {"name": "Apache-2.0 AND MIT"}),
        ("my own terms", {"name": "my own terms"}),
        ('<b>"x"</b> \u202e', {"name": '<b>"x"</b> \u202e'}),
    ],
)
def test_a_licence_is_an_spdx_id_where_it_is_one_and_else_a_name(
    trained: Any, licence: str, entry: dict[str, str]
) -> None:
    model = bom(trained, answers={"model_licence": licence})["metadata"]["component"]
    assert model["licenses"] == [{"license": entry}]


def test_adopted_weights_are_a_component_that_the_model_depends_on() -> None:
    found = bom(lineage(None, stages=[ADOPTED, CHAT]))
    (parent,) = [part for part in found["components"] if part["type"] == "machine-learning-model"]
    assert (parent["name"], parent["licenses"]) == ("open/step-0", [{"license": {"name": "Llama-X"}}])
    assert parent["bom-ref"] in found["dependencies"][0]["dependsOn"]


def test_adopted_weights_as_they_came_are_the_model_and_no_part_of_it() -> None:
    found = bom(lineage(None, stages=[ADOPTED]))
    assert not [part for part in found["components"] if part["type"] == "machine-learning-model"]
    assert found["metadata"]["component"]["licenses"] == [{"license": {"name": "Llama-X"}}]
    assert "approach" not in found["metadata"]["component"]["modelCard"]["modelParameters"]


@pytest.mark.parametrize(
    ("stage", "approach"),
    [
        ("pretrain", "self-supervised"),
        ("chat", "supervised"),
        ("dpo", "supervised"),
        ("grpo", "reinforcement-learning"),
    ],
)
def test_the_approach_is_that_of_the_last_stage(stage: str, approach: str) -> None:
    made = lineage(None, stages=[record("model", "m/step-1", config={"stage": stage}, inputs=SHARDS)])
    card = bom(made)["metadata"]["component"]["modelCard"]
    assert card["modelParameters"]["approach"] == {"type": approach}


def test_figures_of_the_trust_report_have_their_intervals_and_gaps_are_left_out(trained: Any) -> None:
    figures = (Figure("right answers", 0.5, 0.25, 0.75, 40, ""), Figure("x", None, None, None, 0, "why"))
    trust = Trust("b2:r", "r", "2026-01-02", "Town", "leans towards River", {}, figures)
    card = bom(trained, trust=trust)["metadata"]["component"]["modelCard"]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [
        {
            "type": "right answers",
            "value": "0.5",
            "slice": "40 items",
            "confidenceInterval": {"lowerBound": "0.25", "upperBound": "0.75"},
        }
    ]
    assert card["considerations"]["ethicalConsiderations"] == [
        {"name": "political lean: leans towards River"}
    ]
    assert "technicalLimitations" not in card["considerations"]


def test_without_a_trust_report_that_is_a_limitation_beside_the_obstacles(trained: Any) -> None:
    card = bom(trained, obstacles=["a reason"])["metadata"]["component"]["modelCard"]
    limits = card["considerations"]["technicalLimitations"]
    assert limits[0] == "a reason"
    assert limits[1].startswith("no trust report was made")


def test_answers_of_the_provider_appear_where_the_format_has_a_place(trained: Any) -> None:
    found = bom(trained, answers={"provider_name": "A & B", "intended_uses": "Chat"})
    model = found["metadata"]["component"]
    assert model["supplier"] == {"name": "A & B"}
    assert model["modelCard"]["considerations"]["useCases"] == ["Chat"]
    assert data_of(found)[0]["data"][0]["governance"] == {"custodians": [{"organization": {"name": "A & B"}}]}


def test_libraries_are_those_installed_with_their_own_needs_each_once(trained: Any) -> None:
    found = bom(trained)
    names = [part["name"] for part in found["components"] if part["type"] == "library"]
    assert {"torch", "transformers", "jinja2", "markupsafe"} <= set(names)
    assert len(names) == len(set(names))
    assert found["metadata"]["tools"]["components"][0]["version"] == glaswerk.__version__


def test_two_boms_of_one_model_have_serial_numbers_of_their_own(trained: Any) -> None:
    assert bom(trained)["serialNumber"] != bom(trained)["serialNumber"]
