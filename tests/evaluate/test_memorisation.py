"""Extraction: a network that recites is caught at it, one that does not is not, beside held-out text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from handmade import write_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import Document, Rights
from glaswerk.evaluate.memorisation import count_runs, measure_memorisation
from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.tokenizer import Shards, Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train.batches.batches import Batch
from glaswerk.train.loop import LoopConfig, Step
from glaswerk.train.objective.next_token import Network, next_token
from glaswerk.train.optim.optimizer import optimizers
from glaswerk.train.parallel.world import World


@pytest.fixture
def shards(lab: Lab) -> Shards:
    return Shards.open(lab.need("shards", "main.main", hint="").path)


@pytest.mark.slow
def test_a_model_trained_on_a_few_documents_until_it_recites_them_is_caught(lab: Lab, shards: Shards) -> None:
    tokenizer = Tokenizer.load(lab.path("tokenizer", "main"))
    model = build(
        shape_for(400_000, 1024, 64), seed=0, end_id=tokenizer.end_id, turn_end_id=tokenizer.turn_end_id
    )
    before = measure_memorisation(Engine(model, tokenizer), shards, limit=8, seed=0)
    assert before.figures["training"]["value"] == 0
    # The documents that the measure will ask for, and nothing else, until they are known by heart.
    wanted = {item["id"] for item in before.items if item["split"] == "train"}
    size = 2 * before.figures["prompt"]
    names, starts, _ = shards.spans("train")
    tokens = shards.tokens("train")
    rows = [
        [shards.end_id, *map(int, tokens[start : start + size])]
        for name, start in zip(names, starts.tolist(), strict=True)
        if name in wanted
    ]
    step = Step(
        Network(model),
        optimizers(model, learning_rate=5e-3, weight_decay=0.0),
        next_token,
        LoopConfig(steps=80, learning_rate=5e-3, precision="fp32"),
        World.alone(),
    )
    batch = Batch.of(torch.tensor(rows))
    for i in range(80):
        step(batch, i)
    found = measure_memorisation(Engine(model.eval(), tokenizer), shards, limit=8, seed=0)
    assert found.figures["training"]["value"] == 1
    assert found.figures["training"]["low"] > found.figures["held_out"]["high"] > 0
    assert {item["verdict"] for item in found.items if item["split"] == "train"} == {"extracted"}
    # Which words were recited is not in the report: they are somebody's.
    assert all("text" not in item for item in found.items)


def test_greedy_scores_are_what_greedy_decoding_writes(lab: Lab, shards: Shards) -> None:
    base = lab.latest("model", "base")
    assert base is not None
    engine = Engine.load(base.path)
    prompts = [[shards.end_id, *map(int, shards.tokens("train")[i : i + 5])] for i in (0, 50, 100, 150)]
    rows = []
    for prompt in prompts:
        row = list(prompt)
        for _ in range(4):
            with torch.inference_mode():
                row.append(int(engine.model(input_ids=torch.tensor([row])).logits[0, -1].argmax()))
        rows.append((row, 4))
    assert all(score.greedy for score in engine.span_scores(rows))
    changed = [([*row[:-1], (row[-1] + 1) % 500], own) for row, own in rows]
    assert not any(score.greedy for score in engine.span_scores(changed))


def test_runs_are_counted_wherever_they_stand() -> None:
    tokens = np.array([1, 2, 3, 1, 2, 3, 1, 2, 9], np.uint16)
    runs = np.array([[1, 2, 3], [2, 3, 1], [3, 1, 9], [1, 2, 9]])
    assert count_runs(tokens, runs).tolist() == [2, 2, 0, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=40), st.integers(1, 4), st.data())
def test_counts_of_runs_are_those_of_looking_at_every_place(
    tokens: list[int], length: int, data: st.DataObject
) -> None:
    run = st.lists(st.integers(0, 3), min_size=length, max_size=length)
    runs = data.draw(st.lists(run, min_size=1, max_size=4))
    places = [tokens[i : i + length] for i in range(len(tokens) - length + 1)]
    counted = count_runs(np.array(tokens, np.uint16), np.array(runs, np.uint16))
    assert counted.tolist() == [places.count(each) for each in runs]


def number_words(number: int) -> str:
    """Digits that differ from number to number: a small vocabulary cannot make them a few tokens."""
    return f"Lot {number}: " + " ".join(str((number + 3) * k * k % 9973) for k in range(7, 19))


def packed(lab: Lab, splits: dict[str, int]) -> Shards:
    """Shards of one short document a number, so many in each split."""
    documents = {
        split: [
            Document(f"{split}:{n}", "s", f"{split} {n} {number_words(n)}", Rights("MIT"))
            for n in range(many)
        ]
        for split, many in splits.items()
    }
    write_corpus(lab, documents)
    train_tokenizer(lab, TokenizerConfig(320))
    return Shards.open(pack(lab).path)


def test_a_limit_bounds_the_documents_of_each_split(engine: Engine, empty_lab: Lab) -> None:
    shards = packed(empty_lab, {"train": 30, "validation": 20})
    found = measure_memorisation(engine, shards, limit=8, seed=0)
    by_split = [item["split"] for item in found.items]
    assert (by_split.count("train"), by_split.count("validation")) == (8, 8)
    assert found.figures["training"]["n"] == 8
    again = measure_memorisation(engine, shards, limit=8, seed=0)
    assert again.items == found.items


def test_every_training_document_occurs_at_least_once_in_the_training_split(
    engine: Engine, empty_lab: Lab
) -> None:
    shards = packed(empty_lab, {"train": 12, "validation": 6})
    found = measure_memorisation(engine, shards, limit=None, seed=0)
    training = [item for item in found.items if item["split"] == "train"]
    assert 5 <= len(training) <= 12
    assert all(item["copies"] >= 1 for item in training)
    assert found.figures["prompt"] in (50, 32, 16, 8)
    assert found.figures["copies"]["more often"]["measurable"] is False


def test_held_out_text_that_is_in_the_training_data_is_left_out_of_the_baseline(
    engine: Engine, empty_lab: Lab
) -> None:
    same = [Document(f"a:{n}", "s", number_words(n), Rights("MIT")) for n in range(9)]
    copies = [replace(document, id=f"b:{n}") for n, document in enumerate(same)]
    write_corpus(empty_lab, {"train": same, "validation": copies})
    train_tokenizer(empty_lab, TokenizerConfig(320))
    found = measure_memorisation(engine, Shards.open(pack(empty_lab).path), limit=None, seed=0)
    assert found.figures["training"]["measurable"] is True
    assert found.figures["held_out"] == {
        "measurable": False,
        "reason": "the sample holds no such document",
    }


@pytest.mark.parametrize("splits", [{"train": 3, "validation": 9}, {"train": 9, "validation": 3}])
def test_too_few_documents_in_either_split_give_no_rate(
    engine: Engine, empty_lab: Lab, splits: dict[str, int]
) -> None:
    found = measure_memorisation(engine, packed(empty_lab, splits), limit=None, seed=0)
    assert found.figures["measurable"] is False
    assert "5 documents of 16 tokens" in found.figures["reason"]


@pytest.mark.slow
def test_without_held_out_text_there_is_no_baseline_and_no_figure(lab: Lab, shards: Shards) -> None:
    base = lab.latest("model", "base")
    assert base is not None
    shards._splits = {name: count for name, count in shards._splits.items() if name == "train"}
    found = measure_memorisation(Engine.load(base.path), shards, limit=None, seed=0)
    assert found.figures["measurable"] is False
    assert "held out" in found.figures["reason"]
