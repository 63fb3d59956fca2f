"""What if content is deleted: the steps that saw it, and retrained models that never did."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.statistics import Estimate, wilson
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs
from glaswerk.infer import Engine
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.lineage.exposure import exposures
from glaswerk.rerun.exposure import count_exposures
from glaswerk.rerun.first_seen import Sightings
from glaswerk.rerun.options import affected
from glaswerk.rerun.order import ORDER, order_of
from glaswerk.rerun.rebuild import rebuild
from glaswerk.rerun.retrain import retrain
from glaswerk.rerun.steps_touched import TouchedSteps, touched_steps
from glaswerk.tokenizer import Shards, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train import TrainConfig, train
from glaswerk.train.batches.consecutive import Consecutive
from glaswerk.train.batches.replay import ReplaySampler, check_replay, left_out, with_cuts
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Pieces, Stream
from glaswerk.train.checkpoint.metrics import read_rows
from glaswerk.train.checkpoint.policy import Keep


@pytest.fixture
def own(own_lab: Path) -> Iterator[Lab]:
    opened = Lab.open(own_lab)
    yield opened
    opened.ledger.close()


def _base(lab: Lab) -> Artifact:
    found = lab.latest("model", "base")
    assert found is not None
    return found


def _first_steps(lab: Lab, model: Artifact) -> dict[str, int]:
    """By document the first step that saw it, by walking through all spans."""
    sampler, found = order_of(lab, model), dict[str, int]()
    assert sampler is not None
    for step in range(model.stats["steps"]):
        for span in sampler.spans(step):
            found.setdefault(span.document, step)
    return found


def _forget(lab: Lab, *ids: str) -> None:
    Forgotten.read(lab.root).with_more([Tombstone("id", name) for name in ids]).write(lab.root)
    rebuild(lab)


@pytest.mark.parametrize("name", ["base", "chat"])
def test_the_steps_that_saw_documents_are_those_whose_spans_have_them(lab: Lab, name: str) -> None:
    model = lab.latest("model", name)
    assert model is not None
    documents = set(list(_first_steps(lab, model))[::50])
    sampler, touch = order_of(lab, model), touched_steps(lab, model, documents)
    assert sampler is not None
    assert touch is not None
    walked = [
        sum(span.end - span.start for span in sampler.spans(step) if span.document in documents)
        for step in range(model.stats["steps"])
    ]
    assert touch.tokens.tolist() == walked
    assert touch.first == next(step for step, tokens in enumerate(walked) if tokens)
    assert touch.steps == sum(tokens > 0 for tokens in walked)


@pytest.mark.slow
def test_the_steps_can_be_told_when_the_shards_are_gone(own: Lab) -> None:
    base = _base(own)
    name, step = max(_first_steps(own, base).items(), key=lambda item: item[1])
    _forget(own, name)
    assert base.inputs["shards"] not in {shards.id for shards in own.all("shards")}
    touch = touched_steps(own, base, {name})
    assert touch is not None
    assert touch.first == step


def test_a_model_is_affected_through_the_one_it_was_tuned_from(lab: Lab) -> None:
    documents = {name for name in _first_steps(lab, _base(lab)) if not name.startswith("chats:")}
    found = {row.model.name.partition("/")[0]: row for row in affected(lab, documents, price_per_hour=3600.0)}
    assert set(found) == {"base", "chat"}
    rebuilt, replayed, kept = found["chat"].options
    assert "then tune chat" in rebuilt.words
    assert rebuilt.price == pytest.approx(rebuilt.seconds, abs=0.06)
    own = [row.own.total if row.own else 0 for row in found.values()]
    assert all(own)
    assert rebuilt.tokens - replayed.tokens == sum(own), "of tuning as of pretraining"
    assert kept.steps == 0
    assert rebuilt.steps == sum(row.model.stats["steps"] for row in found.values())


@pytest.mark.slow
def test_a_tuning_that_loses_every_dialogue_can_be_kept_alone(own: Lab, chat_model: Artifact) -> None:
    dialogues = set(Shards.open(own.path("shards", "main.main")).spans("chat")[0])
    (found,) = affected(own, dialogues)
    (keep,) = found.options
    assert found.model.id == chat_model.id
    assert keep.name == "keep"
    base = _base(own).name
    assert keep.words.endswith(f"and {base}, which {chat_model.name} was tuned from, never saw them")
    (less,) = affected(own, set(sorted(dialogues)[1:]))
    assert [option.name for option in less.options] == ["rebuild", "replay", "keep"]
    # By the source: copies of a dialogue would take its place.
    Forgotten((Tombstone("source", "chats"),)).write(own.root)
    rebuild(own)
    for how in ("rebuild", "replay"):
        with pytest.raises(GlaswerkError, match=f"all that {chat_model.name} was tuned on is gone") as told:
            retrain(own, chat_model, how)
        assert f"--model {base}" in str(told.value.hint)
    assert [option.name for row in affected(own, dialogues) for option in row.options] == ["keep"]


def test_nothing_of_a_stream_is_there_in_an_empty_one() -> None:
    before = _stream({"d0": np.full(5, 1), "d1": np.full(7, 2)})
    empty = before.only(np.zeros(0, np.int64))
    assert left_out(before, empty) == ["d0", "d1"]
    assert left_out(empty, before) == []


def test_a_replay_leaves_out_what_is_gone_and_nothing_else() -> None:
    chance = np.random.default_rng(0)
    lengths = chance.integers(5, 40, 60)
    texts = {f"d{i}": chance.integers(1, 99, n) for i, n in enumerate(lengths)}
    gone = {"d0", "d7", "d31", "d59"}
    before = _stream(texts)
    after = _stream({name: ids for name, ids in texts.items() if name not in gone})
    sampler = ReplaySampler(before, now={"train": after}, length=32, rows=4, seed=3)
    whole = PackedSampler(before, length=32, rows=4, seed=3)
    assert set(left_out(before, after)) == gone
    for step in range(20):
        expected = [_read(before, span) for span in whole.spans(step) if span.document not in gone]
        assert [_read(after, span) for span in sampler.spans(step)] == expected
        assert sampler.batch(step).tokens == sum(map(len, expected))
    assert TouchedSteps.of(sampler, gone, 20).total == 0
    assert TouchedSteps.of(sampler, set(texts), 20).tokens.tolist() == [
        sampler.batch(i).tokens for i in range(20)
    ]
    assert TouchedSteps.of(whole, gone, 20).first == min(
        step for step in range(20) if any(span.document in gone for span in whole.spans(step))
    )


def test_a_replay_with_a_step_that_has_nothing_left_is_refused() -> None:
    texts = {f"d{i}": np.full(30, i + 1) for i in range(12)}
    before, after = _stream(texts), _stream({"d0": texts["d0"]})
    with pytest.raises(GlaswerkError, match="11 of 12 steps saw only documents that are gone"):
        check_replay(ReplaySampler(before, now={"train": after}, length=32, rows=1, seed=3), 12)


def test_a_resumed_rebuild_has_the_old_order_up_to_its_step_and_that_of_the_new_shards_after() -> None:
    chance = np.random.default_rng(0)
    texts = {f"d{i}": chance.integers(1, 99, n) for i, n in enumerate(chance.integers(5, 40, 60))}
    before = _stream(texts)
    after = _stream({name: ids for name, ids in texts.items() if name != "d7"})
    replayed = ReplaySampler(before, now={"train": after}, length=32, rows=4, seed=3)
    anew = PackedSampler(after, length=32, rows=4, seed=3)
    resumed = Consecutive(replayed, anew, at=5, since=0)
    for step in range(12):
        expected = replayed if step < 5 else anew
        assert resumed.spans(step) == expected.spans(step)
        assert resumed.batch(step).inputs.equal(expected.batch(step).inputs)
    tokens = [sum(span.end - span.start for span in resumed.spans(step)) for step in range(12)]
    assert TouchedSteps.of(resumed, after.documents, 12).tokens.tolist() == tokens


@pytest.mark.slow
def test_a_replay_goes_on_from_the_last_checkpoint_that_saw_nothing_of_it(own: Lab) -> None:
    config = TrainConfig(size="100K", epochs=0.5, context=64, batch_tokens=1024, precision="fp32", seed=5)
    old = train(own, config, name="kept", keep=Keep(steps=(4, 8, 12)))
    firsts = _first_steps(own, old)
    names, starts, ends = Shards.open(own.path("shards", "main.main")).spans("train")
    (found,) = (row for row in affected(own, names) if row.model.id == old.id)
    assert found.documents == len(firsts) < len(names), "only those that it saw"
    assert found.tokens == sum(int(e - s) for n, s, e in zip(names, starts, ends, strict=True) if n in firsts)
    name = next(name for name, step in firsts.items() if step == 10)
    _forget(own, name)
    made = retrain(own, old, "replay")
    assert made.config[ORDER]["at"] == 8
    before, after = read_rows(own.run_folder(old.id)), read_rows(own.run_folder(made.id))
    assert [row["loss"] for row in after[:10]] == [row["loss"] for row in before[:10]]
    assert after[10]["loss"] != before[10]["loss"]
    assert after[10]["tokens"] < before[10]["tokens"]
    assert [row["rate"] for row in after] == [row["rate"] for row in before]
    count_exposures(own)
    known = exposures(own)
    assert (known[old.id].documents, known[made.id].documents) == (1, 0)
    assert known[made.id].certain
    assert retrain(own, old, "replay").id == made.id
    _forget(own, next(name for name, step in firsts.items() if step == 2))
    with pytest.raises(GlaswerkError, match="order cannot be replayed again"):
        retrain(own, made, "replay")


@pytest.mark.slow
def test_a_replay_keeps_the_order_of_dialogues_and_leaves_out_the_one_that_is_gone(
    own: Lab, chat_model: Artifact
) -> None:
    before = order_of(own, chat_model)
    assert before is not None
    steps = chat_model.stats["steps"]
    name = next(span.document for span in before.spans(steps // 2) if span.split == "chat")
    seen = [[span.document for span in before.spans(step)] for step in range(steps)]
    _forget(own, name)
    made = retrain(own, chat_model, "replay")
    assert (made.inputs["base"], made.config[ORDER]["how"]) == (chat_model.inputs["base"], "replay")
    after = order_of(own, made)
    assert isinstance(after, ReplaySampler)
    for step in range(steps):
        assert [span.document for span in after.spans(step)] == [d for d in seen[step] if d != name]
    rows = read_rows(own.run_folder(made.id)), read_rows(own.run_folder(chat_model.id))
    first = next(step for step in range(steps) if name in seen[step])
    assert [row["loss"] for row in rows[0][:first]] == [row["loss"] for row in rows[1][:first]]
    assert rows[0][first]["tokens"] < rows[1][first]["tokens"]
    assert Sightings(own, made).of([name]) == {name: []}
    assert retrain(own, chat_model, "replay").id == made.id


def test_dialogues_longer_than_a_row_are_replayed_while_they_are_there() -> None:
    """Where they were cut their mask says; of shards that are gone, it is read from the new ones."""
    chance = np.random.default_rng(0)
    texts = {f"d{i}": chance.integers(1, 99, n) for i, n in enumerate(chance.integers(5, 60, 40))}
    before = _dialogues(texts)
    spans = replace(before, tokens=before.tokens[:0], mask=before.tokens[:0])
    short = next(name for name, ids in texts.items() if len(ids) < 30)
    after = _dialogues({name: ids for name, ids in texts.items() if name != short})
    cut = with_cuts(spans, after, 32)
    assert cut is not None
    for ours, theirs in zip(_arrays(cut.pieces(32)), _arrays(before.pieces(32)), strict=True):
        assert np.array_equal(ours, theirs)
    longer = next(name for name, ids in texts.items() if len(ids) > 40)
    without = _dialogues({name: ids for name, ids in texts.items() if name != longer})
    assert with_cuts(spans, without, 32) is None


def _dialogues(texts: dict[str, Any]) -> Stream:
    """Turns of four tokens, every second one an answer."""
    plain = _stream(texts)
    places = np.arange(len(plain.tokens)) - np.repeat(plain.starts, plain.ends - plain.starts + 1)
    return replace(plain, split="chat", mask=(places // 4 % 2).astype(np.uint8))


def _arrays(pieces: Pieces) -> tuple[Any, ...]:
    return pieces.document, pieces.start, pieces.length


def test_where_nothing_is_gone_nothing_is_made_anew(lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="saw a document that its shards have lost"):
        retrain(lab, _base(lab), "replay")


def _stream(texts: dict[str, Any]) -> Stream:
    ids = [np.append(ids, 0) for ids in texts.values()]
    ends = np.cumsum([len(part) for part in ids]) - 1
    starts = ends - [len(part) - 1 for part in ids]
    return Stream("train", list(texts), np.concatenate(ids), starts, ends, 0)


def _read(stream: Stream, span: Any) -> list[int]:
    ids: list[int] = stream.read(span.start, span.end - span.start)[0].tolist()
    return ids


PLACES = [
    "mill",
    "ford",
    "chapel",
    "quarry",
    "bakery",
    "tannery",
    "harbour",
    "orchard",
    "school",
    "smithy",
    "dairy",
    "bridge",
]
THINGS = [
    "clock",
    "barrel",
    "ladder",
    "lantern",
    "anvil",
    "bucket",
    "saddle",
    "kettle",
    "bench",
    "drum",
    "plough",
    "basket",
]
PEOPLE = ["Orla", "Bram", "Tess", "Ivo", "Nell", "Gus", "Maud", "Finn", "Ada", "Kit", "Rosa", "Hal"]


def _facts(seed: int, owner: str) -> list[tuple[str, str]]:
    """(beginning of a sentence, its last word) of a dozen facts that only `owner` states."""
    chance = random.Random(seed)
    people = chance.sample(PEOPLE, len(PEOPLE))
    things = chance.sample(THINGS, len(THINGS))
    return [
        (f"{owner} wrote that the {thing} in the {place} was left there by", f" {person}")
        for place, thing, person in zip(PLACES, things, people, strict=True)
    ]


def _knows(model: Artifact, facts: list[tuple[str, str]]) -> Estimate:
    """Share of the facts whose own last word is the likeliest of twelve; guessing gives 1 in 12."""
    engine = Engine.load(model.path)
    right = 0
    for beginning, word in facts:
        scores = engine.log_likelihoods([(beginning, f" {person}") for person in PEOPLE])
        best = max(zip(scores, PEOPLE, strict=True), key=lambda pair: pair[0].log_probability)[1]
        right += word == f" {best}"
    return wilson(right, len(facts))


@pytest.mark.slow
def test_after_either_way_out_the_model_no_longer_knows_what_only_that_author_said(
    empty_lab: Lab, tmp_path: Path
) -> None:
    authors = ["Vera", "Otto", "Lina"]
    facts = {name: _facts(number, name) for number, name in enumerate(authors)}
    rows = [
        {"id": f"{name}{i}-{n}", "author": name, "text": text}
        for name in authors
        for i, (beginning, word) in enumerate(facts[name])
        for n, text in enumerate((f"{beginning}{word}.", f"Once more: {beginning}{word}. It is a fine day."))
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", name="facts", acquired="synthetic")
    (empty_lab.root / "lab.toml").write_text(
        (empty_lab.root / "lab.toml").read_text() + "\n[curate]\nnear_duplicate = 1.0\n"
    )
    lab = Lab.open(empty_lab.root)
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(384))
    pack(lab)
    config = TrainConfig(size="100K", epochs=60.0, context=64, batch_tokens=512, precision="fp32", patience=0)
    old = train(lab, config)
    Forgotten.read(lab.root).with_more([Tombstone("author", "Vera")]).write(lab.root)
    rebuild(lab)
    others = facts["Otto"] + facts["Lina"]
    figures = {"before": (_knows(old, facts["Vera"]), _knows(old, others))}
    for how in ("rebuild", "replay"):
        made = retrain(lab, old, how)
        figures[how] = (_knows(made, facts["Vera"]), _knows(made, others))
    assert figures["before"][0].low > 1 / 12
    for how in ("rebuild", "replay"):
        gone, kept = figures[how]
        assert gone.low < 1 / 12
        assert gone.high < figures["before"][0].low
        # Of 24 facts of others at most two may be lost by chance.
        assert kept.value >= figures["before"][1].value - 2 / 24
    lab.ledger.close()
