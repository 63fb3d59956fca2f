"""Preference tuning: trl's loss, a reference computed once, a model that prefers what was chosen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from word_network import network, tokenizer

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs, add_preferences
from glaswerk.lab import Artifact, Lab
from glaswerk.rerun.exposure import learnt
from glaswerk.rerun.first_seen import Sightings
from glaswerk.rerun.order import order_of
from glaswerk.rerun.steps_touched import TouchedSteps
from glaswerk.tokenizer import Shards, pack, train_tokenizer
from glaswerk.tokenizer.preference_pairs import CHOSEN, REJECTED, Pairs
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train import TrainConfig, train
from glaswerk.train.batches.batches import IGNORED
from glaswerk.train.dpo import DpoConfig, dpo, plan_dpo
from glaswerk.train.objective.likelihood import token_log_probabilities
from glaswerk.train.objective.preference import (
    DpoObjective,
    PairBatch,
    PairSampler,
    answer_log_probabilities,
    pair_batch,
    pair_log_probabilities,
    reference_log_probabilities,
)

COLOURS = ("red", "green", "blue", "yellow")
THINGS = ("cart", "door", "lamp", "boat", "coat", "gate")


def pairs_file(path: Path, count: int = 60) -> Path:
    """Pairs whose chosen answer is polite."""
    chance = np.random.default_rng(0)
    rows = []
    for number in range(count):
        thing, colour = chance.choice(THINGS), chance.choice(COLOURS)
        asked = f"Which colour has {thing} number {number}?"
        answers = f"Thank you, it is {colour}.", f"{colour}, and do not ask again."
        rows.append({"prompt": asked, "chosen": answers[0], "rejected": answers[1]})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def text_folder(folder: Path) -> Path:
    folder.mkdir()
    for number, thing in enumerate(THINGS):
        colour = COLOURS[number % 4]
        words = " ".join(f"The {thing} of house {n} is {colour}. Thank you, it is so." for n in range(40))
        (folder / f"{thing}.md").write_text(f"# The {thing}\n\n{words}\n")
    return folder


@pytest.fixture(scope="module")
def pairs_lab(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A lab with pairs and a base model of 100 K parameters, without chats."""
    root = tmp_path_factory.mktemp("preferences")
    lab = Lab.init(root / "lab")
    add_docs(lab, [text_folder(root / "docs")], licence="CC0-1.0", name="docs")
    add_preferences(lab, [pairs_file(root / "pairs.jsonl")], licence="CC0-1.0", name="pairs")
    curate(lab, validation_share=0.2)
    train_tokenizer(lab, TokenizerConfig(512))
    pack(lab)
    train(lab, TrainConfig(size="100K", epochs=2.0, context=128, precision="fp32"))
    yield lab
    lab.ledger.close()


def _pairs(lab: Lab, context: int = 128) -> Pairs:
    return Pairs(Shards.open(lab.path("shards", "main.main")), "preference", context)


def test_token_log_probabilities_equal_a_log_softmax_of_whole_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    """In values and gradients, over several pieces."""
    monkeypatch.setattr("glaswerk.train.objective.likelihood.PIECE", 1000)
    torch.manual_seed(0)
    hidden, weight = (torch.randn(n, 16, dtype=torch.float64, requires_grad=True) for n in (50, 97))
    labels = torch.randint(0, 97, (50,))
    labels[::3] = IGNORED
    counted = labels != IGNORED
    plain = (hidden @ weight.T).log_softmax(-1)[counted].gather(1, labels[counted, None])[:, 0]
    scale = torch.randn(len(plain), dtype=torch.float64)
    ours = token_log_probabilities(hidden, weight, labels)
    torch.testing.assert_close(ours.double(), plain, atol=1e-5, rtol=0)
    expected = torch.autograd.grad((plain * scale).sum(), (hidden, weight))
    found = torch.autograd.grad((ours * scale).sum(), (hidden, weight))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def _trl_batch(inputs: dict[str, torch.Tensor], reference: torch.Tensor) -> PairBatch:
    ids, mask = inputs["input_ids"], inputs["completion_mask"]
    labels = ids.masked_fill(mask == 0, IGNORED)[:, 1:]
    positions = torch.arange(ids.shape[1] - 1).expand(len(ids), -1)
    sizes = inputs["attention_mask"].sum(1) - 1
    return PairBatch(ids[:, :-1], labels, positions, sizes, reference)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_loss_gradients_and_rewards_equal_trls_on_the_same_batch(tmp_path: Path) -> None:
    """To 1e-5, with trl's own trainer, collator and reference model."""
    trl = pytest.importorskip("trl", reason="trl is not installed")
    datasets = pytest.importorskip("datasets")
    rows = [
        {"prompt": "w1 w2 w3", "chosen": " w4 w5", "rejected": " w6 w7 w8"},
        {"prompt": "w9 w2 w3 w11", "chosen": " w41 w5 w77", "rejected": " w6"},
        {"prompt": "w3", "chosen": " w4 w9 w9 w9", "rejected": " w6 w61"},
    ]
    args = trl.DPOConfig(
        output_dir=str(tmp_path),
        beta=0.3,
        use_cpu=True,
        report_to="none",
        bf16=False,
        gradient_checkpointing=False,
        per_device_train_batch_size=len(rows),
    )
    trainer = trl.DPOTrainer(
        network(1),
        ref_model=network(2),
        args=args,
        train_dataset=datasets.Dataset.from_list(rows),
        processing_class=tokenizer(),
    )
    inputs = next(iter(trainer.get_train_dataloader()))
    expected = trainer.compute_loss(trainer.model, inputs)
    expected.backward()

    model, batch = network(1), _trl_batch(inputs, torch.zeros(6))
    with torch.no_grad():
        batch = _trl_batch(inputs, answer_log_probabilities(network(2), batch))
    report, loss = DpoObjective(0.3)(model, batch, batch.counted())
    loss.backward()
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=0)
    theirs = dict(trainer.model.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-5, rtol=0)
    for ours, key in (("chosen", "chosen"), ("rejected", "rejected"), ("margin", "margins")):
        assert report[f"reward_{ours}"].item() == pytest.approx(
            trainer._metrics["train"][f"rewards/{key}"][0], abs=1e-5
        )


def test_micro_batches_and_ranks_add_up_to_the_whole_batch(pairs_lab: Lab) -> None:
    """In loss and gradients; no pair is parted."""
    pairs = _pairs(pairs_lab)
    batch = pair_batch(pairs, range(10), 0, torch.randn(len(pairs), 2, generator=torch.manual_seed(0)))
    whole = network_of(pairs_lab)
    _, loss = DpoObjective(0.1)(whole, batch, batch.counted())
    loss.backward()
    parted = network_of(pairs_lab)
    parts = [part for rank in range(3) for part in batch.part(rank, 3).micro(4)]
    assert [part.pairs for part in parts] == [2, 2, 2, 1, 2, 1]
    total = torch.zeros(())
    for part in parts:
        _, value = DpoObjective(0.1)(parted, part, batch.counted())
        value.backward()
        total += value.detach()
    torch.testing.assert_close(total, loss.detach(), atol=1e-6, rtol=1e-5)
    for one, other in zip(parted.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, atol=1e-5, rtol=1e-4)


def network_of(lab: Lab) -> Any:
    from glaswerk.model.text_network import load

    base = lab.latest("model", "base")
    assert base is not None
    return load(base.path)


def test_a_batch_holds_each_pair_twice_with_loss_on_the_answers(pairs_lab: Lab) -> None:
    from glaswerk.tokenizer import Tokenizer

    pairs, words = _pairs(pairs_lab), Tokenizer.load(pairs_lab.path("tokenizer", "main"))
    batch = pair_batch(pairs, [3, 5], 0)
    for row in range(4):
        counted = batch.labels[row] != IGNORED
        told = words.decode(batch.labels[row][counted].tolist())
        assert told.startswith("Thank you") == (row < 2)
        assert told.endswith("<|im_end|>")
        assert words.decode(batch.inputs[row].tolist()).startswith("<|im_start|>user\nWhich colour")


def test_every_pair_comes_once_an_epoch_in_an_order_of_its_own(pairs_lab: Lab) -> None:
    pairs = _pairs(pairs_lab)
    sampler = PairSampler(pairs, torch.zeros(len(pairs), 2), count=4, seed=1, pad=0)
    steps = int(sampler.steps_per_epoch)
    epochs = [
        [span.document for step in range(first, first + steps) for span in sampler.spans(step)]
        for first in (0, steps)
    ]
    for seen in epochs:
        assert sorted(seen) == sorted([*pairs.documents, *pairs.documents])
    assert epochs[0] != epochs[1]
    again = PairSampler(pairs, torch.zeros(len(pairs), 2), count=4, seed=1, pad=0)
    assert torch.equal(again.batch(steps + 1).inputs, sampler.batch(steps + 1).inputs)


def test_the_reference_is_read_from_its_cache_and_a_damaged_part_is_computed_anew(
    pairs_lab: Lab, tmp_path: Path
) -> None:
    pairs, model = _pairs(pairs_lab), network_of(pairs_lab)
    first = reference_log_probabilities(model, pairs, tmp_path, 0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.1)
    assert torch.equal(reference_log_probabilities(model, pairs, tmp_path, 0), first)
    (part,) = tmp_path.glob("*.safetensors")
    part.write_bytes(part.read_bytes()[:20])
    assert not torch.equal(reference_log_probabilities(model, pairs, tmp_path, 0), first)


def test_log_probabilities_do_not_depend_on_the_company_of_other_lengths(pairs_lab: Lab) -> None:
    pairs, model = _pairs(pairs_lab), network_of(pairs_lab)
    together = pair_log_probabilities(model, pairs, range(len(pairs)), 0)
    alone = torch.cat([pair_log_probabilities(model, pairs, [i], 0) for i in range(5)])
    torch.testing.assert_close(together[:5], alone, atol=1e-4, rtol=0)


def test_tuning_on_pairs_makes_the_chosen_answers_gain_on_held_out_ones(pairs_lab: Lab) -> None:
    made = dpo(pairs_lab, DpoConfig(epochs=3, precision="fp32", learning_rate=1e-3), base="base", name="kind")
    held_out = made.stats["held_out"]
    assert held_out["reward_margin"] > 0
    assert held_out["reward_accuracy"]["low"] > 0.5
    assert made.config["stage"] == "dpo"
    assert made.inputs.keys() == {"base", "shards"}
    rows = _metrics(pairs_lab, made)
    assert rows[0]["reward_margin"] == pytest.approx(0, abs=1e-4)
    assert rows[0]["loss"] == pytest.approx(np.log(2), abs=1e-4)
    assert rows[-1]["reward_margin"] > 0


def test_what_is_forgotten_of_pairs_is_counted_in_the_models_that_saw_them(pairs_lab: Lab) -> None:
    """By the spans of both sides; held-out pairs and the base model count nothing."""
    made = dpo(pairs_lab, DpoConfig(epochs=0.3, precision="fp32"), base="base", name="once")
    shards, base = Shards.open(pairs_lab.path("shards", "main.main")), pairs_lab.latest("model", "base")
    order = order_of(pairs_lab, made)
    assert order is not None
    seen, held_out = next(iter(order.spans(0))).document, shards.spans("preference-validation")[0][0]
    found = learnt(pairs_lab, made, [seen, held_out])
    assert (found.documents, found.certain) == (1, True)
    assert found.tokens == sum(end - start for _, start, end in shards.find(seen))
    assert base is not None
    assert learnt(pairs_lab, base, [seen]).documents == 0


def test_the_steps_that_saw_a_pair_are_those_whose_spans_have_it(pairs_lab: Lab) -> None:
    made = dpo(pairs_lab, DpoConfig(epochs=1.5, precision="fp32"), base="base", name="told")
    order, steps = order_of(pairs_lab, made), made.stats["steps"]
    assert order is not None
    wanted = set(order.documents[:3])
    walked = [
        sum(span.end - span.start for span in order.spans(step) if span.document in wanted)
        for step in range(steps)
    ]
    assert TouchedSteps.of(order, wanted, steps).tokens.tolist() == walked
    for name, found in Sightings(pairs_lab, made).of(order.documents).items():
        (seen,) = found
        assert (seen.model, seen.stage) == (made.name, "preference tuning")
        assert seen.epochs in (1, 2)
        assert name in {span.document for span in order.spans(seen.first_step)}


def _metrics(lab: Lab, made: Artifact) -> list[dict[str, Any]]:
    lines = (lab.run_folder(made.id) / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_finished_run_is_not_done_again(pairs_lab: Lab) -> None:
    config = DpoConfig(epochs=0.3, precision="fp32")
    first = dpo(pairs_lab, config, base="base", name="once")
    assert dpo(pairs_lab, config, base="base", name="once").finished_at == first.finished_at


def test_a_plan_tells_pairs_and_steps_and_changes_nothing(pairs_lab: Lab) -> None:
    before = {artifact.id for artifact in pairs_lab.all("model")}
    plan = plan_dpo(pairs_lab, DpoConfig(epochs=2, batch_pairs=8), base="base")
    assert plan.pairs + plan.held_out == 60
    assert plan.loop.steps == 2 * -(-plan.pairs // 8)
    assert {artifact.id for artifact in pairs_lab.all("model")} == before


def test_a_corpus_without_pairs_says_how_to_add_them(lab: Lab) -> None:
    with pytest.raises(GlaswerkError, match="no pair") as error:
        plan_dpo(lab, DpoConfig(), base="chat")
    assert "glaswerk add preferences" in str(error.value.hint)


def test_answers_that_fit_no_context_are_said_to(pairs_lab: Lab, tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    add_docs(lab, [text_folder(tmp_path / "docs")], licence="CC0-1.0", name="docs")
    row = {"prompt": "Which?", "chosen": "red " * 90, "rejected": "blue " * 90}
    (tmp_path / "pairs.jsonl").write_text(json.dumps(row) + "\n")
    add_preferences(lab, [tmp_path / "pairs.jsonl"], licence="CC0-1.0", name="pairs")
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(512))
    pack(lab)
    train(lab, TrainConfig(size="100K", epochs=0.1, context=32, precision="fp32"))
    with pytest.raises(GlaswerkError, match="context of 32 tokens"):
        plan_dpo(lab, DpoConfig(), base="base")
    lab.ledger.close()


@pytest.mark.parametrize("wrong", [{"beta": 0.0}, {"epochs": float("nan")}, {"learning_rate": -1.0}])
def test_settings_that_no_run_can_be_made_of_are_refused(pairs_lab: Lab, wrong: dict[str, float]) -> None:
    with pytest.raises(GlaswerkError, match="takes"):
        plan_dpo(pairs_lab, DpoConfig(**wrong), base="base")  # type: ignore[arg-type]


def test_pairs_that_came_after_the_model_are_found_by_their_tokenizer(tmp_path: Path) -> None:
    """Pairs are added, curated and packed; neither tokenizer nor model has to be made again."""
    lab = Lab.init(tmp_path / "lab")
    add_docs(lab, [text_folder(tmp_path / "docs")], licence="CC0-1.0", name="docs")
    curate(lab, validation_share=0.1)
    train_tokenizer(lab, TokenizerConfig(512))
    pack(lab)
    train(lab, TrainConfig(size="100K", epochs=0.1, context=64, precision="fp32"))
    add_preferences(lab, [pairs_file(tmp_path / "pairs.jsonl", 8)], licence="CC0-1.0", name="pairs")
    curate(lab, validation_share=0.1)
    pack(lab)
    assert plan_dpo(lab, DpoConfig(), base="base").pairs
    train_tokenizer(lab, TokenizerConfig(300))
    pack(lab)
    with pytest.raises(GlaswerkError, match="another tokenizer"):
        plan_dpo(lab, DpoConfig(), base="base")
    lab.ledger.close()


def test_chosen_and_rejected_have_one_prompt(pairs_lab: Lab) -> None:
    pairs = _pairs(pairs_lab)
    for number in range(len(pairs)):
        (one, answer), (other, start) = (pairs.sequence(number, side) for side in (CHOSEN, REJECTED))
        assert answer == start
        assert (one[:answer] == other[:start]).all()
