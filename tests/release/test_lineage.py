"""The lineage of a model: its stages in order, and which splits each of them was trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from glaswerk.lab import Artifact, Lab
from glaswerk.release.lineage import lineage_of

Make = Callable[..., Artifact]


@pytest.fixture
def chain(make: Make) -> dict[str, Artifact]:
    """Two sources, a corpus, shards, and three stages over them."""
    made: dict[str, Artifact] = {}
    made["posts"], made["chats"] = make("source", "posts", n=1), make("source", "chats", n=2)
    inputs = {"source:posts": made["posts"].id, "source:chats": made["chats"].id}
    made["corpus"] = make("corpus", "main", inputs)
    made["shards"] = make("shards", "main.main", {"corpus": made["corpus"].id})
    on: dict[str, str] = {"shards": made["shards"].id}
    made["base"] = make("model", "base/step-1", on, stage="pretrain")
    made["chat"] = make("model", "chat/step-1", on | {"base": made["base"].id}, stage="chat")
    made["dpo"] = make("model", "dpo/step-1", on | {"base": made["chat"].id}, stage="dpo", split="preference")
    return made


def test_stages_go_from_the_first_to_the_model_itself(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    found = lineage_of(empty_lab, chain["dpo"])
    assert [stage.name for stage in found.stages] == ["base/step-1", "chat/step-1", "dpo/step-1"]
    assert found.model.id == chain["dpo"].id
    assert [source.name for source in found.sources] == ["posts", "chats"]
    assert [corpus.id for corpus in found.corpora] == [chain["corpus"].id]


def test_splits_are_those_that_any_stage_was_trained_on(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    shards = chain["shards"].id
    for name, splits in (
        ("base", ("train",)),
        ("chat", ("chat", "train")),
        ("dpo", ("chat", "preference", "train")),
    ):
        found = lineage_of(empty_lab, chain[name])
        assert found.trained == {shards: splits}
        assert found.splits_of(found.corpora[0]) == splits


def test_a_stage_above_the_model_is_not_in_its_lineage(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    found = lineage_of(empty_lab, chain["base"])
    assert [stage.name for stage in found.stages] == ["base/step-1"]


def test_what_is_gone_from_the_lab_is_still_in_the_lineage_without_a_path(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    for name in ("corpus", "base"):
        empty_lab.remove(chain[name])
    found = lineage_of(empty_lab, chain["chat"])
    assert [stage.path is None for stage in found.stages] == [True, False]
    assert found.corpora[0].path is None
    assert found.shards[0].path == chain["shards"].path


def test_adopted_weights_are_the_first_stage_and_have_no_splits(empty_lab: Lab, make: Any) -> None:
    adopted = make("model", "other/step-0", stage="adopted", licence="MIT")
    found = lineage_of(empty_lab, adopted)
    assert [stage.stage for stage in found.stages] == ["adopted"]
    assert (found.trained, found.sources) == ({}, ())
