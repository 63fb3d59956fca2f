"""Artifacts as the ledger records them, also those that the lab no longer holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.graph import whole_graph
from glaswerk.lineage.records import ancestry, training_stages

Make = Callable[..., Artifact]


@pytest.fixture
def chain(make: Make) -> dict[str, Artifact]:
    """A tokenizer trained on another corpus than the shards hold, and two models over these."""
    first, second = make("corpus", "first", n=1), make("corpus", "second", n=2)
    tokenizer = make("tokenizer", "main", {"corpus": first.id})
    shards = make("shards", "s", {"corpus": second.id, "tokenizer": tokenizer.id})
    base = make("model", "base/step-1", {"shards": shards.id}, stage="pretrain")
    chat = make("model", "chat/step-1", {"base": base.id, "shards": shards.id}, stage="chat", replay=0.1)
    return {"second": second, "tokenizer": tokenizer, "shards": shards, "base": base, "chat": chat}


def test_what_the_tokenizer_was_trained_on_did_not_train_the_model(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    names = [made.name for made in ancestry(empty_lab, chain["chat"].id)]
    assert names == ["second", "s", "base/step-1", "chat/step-1"]


def test_a_record_is_what_the_manifest_says(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    made = chain["chat"]
    found = ancestry(empty_lab, made.id)[-1]
    assert (found.id, found.kind, found.name, found.digest) == (made.id, "model", made.name, made.digest)
    assert (found.config, found.stats, found.inputs) == (made.config, made.stats, made.inputs)
    assert (found.path, found.finished_at) == (made.path, made.finished_at)
    assert (found.stage, found.splits) == ("chat", ("chat", "train"))


def test_the_walk_is_that_of_the_graph_but_for_the_tokenizer(
    empty_lab: Lab, chain: dict[str, Artifact]
) -> None:
    upstream = {node.id for node in whole_graph(empty_lab).upstream(chain["chat"].id)}
    assert {made.id for made in ancestry(empty_lab, chain["chat"].id)} < upstream
    assert chain["tokenizer"].id in upstream


def test_what_the_lab_no_longer_holds_has_no_path(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    empty_lab.remove(chain["shards"])
    paths = {made.name: made.path for made in ancestry(empty_lab, chain["chat"].id)}
    assert paths["s"] is None
    assert paths["second"] == chain["second"].path


def test_an_unknown_id_has_no_ancestry(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    assert ancestry(empty_lab, "b2:none") == []


def test_stages_are_the_models_each_the_base_of_the_next(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    found = ancestry(empty_lab, chain["chat"].id)
    stages = training_stages(reversed(found), chain["chat"].id)
    assert [stage.name for stage in stages] == ["base/step-1", "chat/step-1"]
    assert [s.name for s in training_stages(found, chain["base"].id)] == ["base/step-1"]
    assert training_stages(found, "b2:none") == ()


def test_a_base_that_the_ledger_lost_ends_the_stages(empty_lab: Lab, chain: dict[str, Artifact]) -> None:
    found = [made for made in ancestry(empty_lab, chain["chat"].id) if made.id != chain["base"].id]
    assert [stage.name for stage in training_stages(found, chain["chat"].id)] == ["chat/step-1"]


def test_a_damaged_row_is_an_error_and_one_elsewhere_is_not(
    empty_lab: Lab, chain: dict[str, Artifact], make: Make
) -> None:
    other = make("corpus", "third", n=3)
    empty_lab.ledger.rows("UPDATE artifact SET config = '{' WHERE id = ?", other.id)
    assert len(ancestry(empty_lab, chain["chat"].id)) == 4
    empty_lab.ledger.rows("UPDATE artifact SET config = '{' WHERE id = ?", chain["base"].id)
    with pytest.raises(GlaswerkError, match="expected JSON"):
        ancestry(empty_lab, chain["chat"].id)
