"""Continued pretraining: a base model learns other texts, keeps what is its own, and says what it forgot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from open_models import write_open_model
from torch.nn.functional import cross_entropy

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.data.source import add_docs, add_posts
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.lineage.obstacles import obstacles
from glaswerk.lineage.records import ancestry, training_stages
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.rerun.exposure import count_exposures, learnt
from glaswerk.rerun.first_seen import Sightings
from glaswerk.rerun.order import order_of
from glaswerk.rerun.rebuild import rebuild
from glaswerk.rerun.retrain import retrain
from glaswerk.tokenizer import Shards, Tokenizer, pack
from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.continued import (
    ContinueConfig,
    continue_training,
    continued_sampler,
    plan_continued,
)
from glaswerk.train.machine.compiling import has_compiler
from glaswerk.train.objective.loss import Z_LOSS
from tests.support.ctrl_c import press

SMALL = ContinueConfig(epochs=0.5, context=64, batch_tokens=512, learning_rate=2e-3, precision="fp32")
MIXED = replace(SMALL, replay=("gazette",), replay_share=0.5)


@pytest.fixture(scope="module")
def filled(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lab with posts, articles, and a tiny adopted model whose tokenizer packed them. Read only."""
    from glaswerk.data.curate.curate import curate

    folder = tmp_path_factory.mktemp("continued")
    lab = Lab.init(folder / "lab", "test")
    add_posts(lab, sorted((town / "archives").glob("*.zip"))[:2], licence="CC0-1.0", name="posts")
    add_docs(lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    curate(lab, validation_share=0.1)
    adopt(lab, write_open_model(folder / "Tiny"), name="tiny")
    pack(lab, tokenizer="tiny")
    lab.ledger.close()
    return folder / "lab"


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Iterator[Lab]:
    copied = shutil.copytree(filled, tmp_path / "own", ignore=shutil.ignore_patterns("*-shm", "*-wal"))
    lab = Lab.open(copied)
    yield lab
    lab.ledger.close()


def _losses(lab: Lab, model: Artifact) -> list[float]:
    lines = (lab.run_folder(model.id) / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["loss"] for line in lines]


def test_the_parents_are_the_base_and_the_shards_and_the_licence_of_the_base_stays(own: Lab) -> None:
    made = continue_training(own, SMALL, base="tiny")
    base, shards = own.latest("model", "tiny"), own.find("shards", "main.tiny")
    assert base is not None
    assert shards is not None
    assert made.name.startswith("tiny-continued/step-")
    assert made.inputs == {"base": base.id, "shards": shards.id}
    found = ancestry(own, made.id)
    assert [stage.stage for stage in training_stages(found, made.id)] == ["adopted", "continue"]
    assert {entry.name for entry in found if entry.kind == "source"} == {"posts", "gazette"}
    count_exposures(own)
    assert obstacles(own, made)[0].startswith("adopted weights tiny/step-0 (Apache-2.0)")


def test_tokenizer_template_and_form_of_the_base_stay(own: Lab) -> None:
    base = own.latest("model", "tiny")
    assert base is not None
    made = continue_training(own, SMALL, base="tiny")
    for name in ("tokenizer.json", "chat_template.jinja"):
        assert (made.path / name).read_bytes() == (base.path / name).read_bytes()
    assert made.config["chat"] is True
    assert load(made.path).config.tie_word_embeddings is True
    assert load(made.path).state_dict().keys() == load(base.path).state_dict().keys()
    messages = [{"role": "user", "content": "Wo?"}]
    before, after = Tokenizer.load(base.path), Tokenizer.load(made.path)
    assert before.render_chat(messages, prompt=True) == after.render_chat(messages, prompt=True)


@pytest.mark.parametrize("rank", [0, 4])
def test_its_own_text_is_learnt_and_both_kinds_are_measured_before_and_after(rank: int, own: Lab) -> None:
    made = continue_training(own, replace(MIXED, lora=rank), base="tiny")
    found = made.stats["held_out"]
    assert set(found) == {"own", "general"}
    for figures in found.values():
        change = figures["after"]["value"] - figures["before"]["value"]
        assert figures["change"]["value"] == pytest.approx(change, abs=2e-4)
    gain = found["own"]["change"]
    assert gain["low"] <= gain["value"] <= gain["high"] < 0
    assert (made.path / "adapter" / "adapter_model.safetensors").exists() == (rank > 0)
    assert (made.stats["trained_parameters"] < made.stats["parameters"]) == (rank > 0)


def test_without_held_out_documents_nothing_is_claimed(own: Lab) -> None:
    from glaswerk.data.curate.curate import curate

    curate(own, validation_share=0.0)
    pack(own, tokenizer="tiny")
    made = continue_training(own, replace(MIXED, epochs=0.05), base="tiny")
    assert made.stats["held_out"] == {}


def test_an_epoch_has_all_of_ones_own_text_and_the_chosen_share_of_general_text(own: Lab) -> None:
    packed = own.find("shards", "main.tiny")
    assert packed is not None
    plan = plan_continued(own, MIXED, base="tiny")
    assert plan.general is not None
    general, config = plan.general, {"context": 64, "rows": plan.rows, "seed": 0}
    stream = Stream.of(Shards.open(packed.path), "train")
    texts, replayed = general.parts(stream)
    sampler = continued_sampler(stream, config | {"general": general.to_json()})
    epoch = round(sampler.steps_per_epoch)
    seen: dict[str, int] = {}
    for span in (span for step in range(epoch) for span in sampler.spans(step)):
        seen[span.document] = seen.get(span.document, 0) + span.end - span.start
    assert set(texts.documents) <= set(seen)
    own_tokens = sum(seen[name] for name in texts.documents)
    share = sum(seen.get(name, 0) for name in replayed.documents) / own_tokens
    assert share == pytest.approx(0.5, abs=0.05)
    assert plan.own == int((texts.ends - texts.starts + 1).sum())


def _reference(model: Any, made: Artifact, lab: Lab, parts: list[Any], steps: int) -> list[float]:
    """The losses of the same run by transformers alone: every piece by itself, torch's optimizers."""
    config, packed = made.config, lab.find("shards", "main.tiny")
    assert packed is not None
    sampler = continued_sampler(Stream.of(Shards.open(packed.path), "train"), config)
    warm = round(config["loop"]["warmup"] * config["loop"]["steps"])
    losses = []
    model.train()
    for step in range(steps):
        batch = sampler.batch(step)
        total, nats, normal = batch.counted(), torch.zeros(()), torch.zeros(())
        for ids, labels, places in zip(batch.inputs, batch.labels, batch.positions, strict=True):
            size = int((labels != IGNORED).sum())
            starts = [i for i in range(size) if places[i] == 0]
            for start, end in zip(starts, [*starts[1:], size], strict=True):
                logits = model(input_ids=ids[None, start:end]).logits[0].float()
                nats = nats + cross_entropy(logits, labels[start:end], reduction="sum")
                normal = normal + logits.logsumexp(-1).square().sum()
        ((nats + Z_LOSS * normal) / total).backward()
        torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
        for part in parts:
            for group in part.param_groups:
                group["lr"] = config["loop"]["learning_rate"] * min(1.0, (step + 1) / max(warm, 1))
            part.step()
            part.zero_grad()
        losses.append(float(nats.detach()) / total)
    return losses


def _adamw(parameters: list[Any]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)


def test_the_first_losses_of_all_weights_are_those_of_transformers(own: Lab) -> None:
    from transformers import AutoModelForCausalLM

    base = own.latest("model", "tiny")
    assert base is not None
    made = continue_training(own, SMALL, base="tiny")
    model = AutoModelForCausalLM.from_pretrained(base.path, dtype=torch.float32)
    named = dict(model.named_parameters())
    matrices = [p for name, p in named.items() if p.ndim == 2 and "embed" not in name]
    others = [p for name, p in named.items() if p.ndim != 2 or "embed" in name]
    muon = torch.optim.Muon(matrices, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    expected = _reference(model, made, own, [muon, _adamw(others)], 4)
    # torch's Muon multiplies in bfloat16, ours here in fp32.
    assert _losses(own, made)[:4] == pytest.approx(expected, abs=2e-3)
    assert _losses(own, made)[0] == pytest.approx(expected[0], abs=1e-5)


# peft 0.21 asks transformers 5.23 by an older name.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_the_first_losses_of_adapters_are_those_of_peft(own: Lab) -> None:
    import peft
    from transformers import AutoModelForCausalLM

    base = own.latest("model", "tiny")
    assert base is not None
    made = continue_training(own, replace(SMALL, lora=4), base="tiny")
    model = AutoModelForCausalLM.from_pretrained(base.path, dtype=torch.float32)
    names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        adapted = peft.get_peft_model(
            model, peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=sorted(names))
        )
    learnt = [p for p in adapted.parameters() if p.requires_grad]
    expected = _reference(adapted, made, own, [_adamw(learnt)], 6)
    assert _losses(own, made)[:6] == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("rank", [0, 4])
def test_an_interrupted_run_ends_as_if_nothing_had_happened(
    rank: int, own: Lab, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(MIXED, lora=rank)
    other = Lab.open(shutil.copytree(filled, tmp_path / "other"))
    whole = continue_training(other, config, base="tiny")
    plain = PackedSampler.batch

    def stopped(sampler: PackedSampler, step: int) -> Batch:
        if step == 3:
            press()
        return plain(sampler, step)

    monkeypatch.setattr(PackedSampler, "batch", stopped)
    with pytest.raises(Interrupted):
        continue_training(own, config, base="tiny")
    monkeypatch.setattr(PackedSampler, "batch", plain)
    assert own.latest("model", "tiny-continued") is None
    made = continue_training(own, config, base="tiny")
    assert made.id == whole.id
    assert made.digest == whole.digest
    assert made.stats["held_out"] == whole.stats["held_out"]
    other.ledger.close()


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")
def test_a_compiled_run_has_the_losses_of_another(own: Lab) -> None:
    config = replace(SMALL, epochs=0.1, lora=4)
    eager = continue_training(own, replace(config, compile="off"), base="tiny", name="eager")
    losses = _losses(own, eager)
    own.remove(eager)
    shutil.rmtree(own.run_folder(eager.id))
    compiled = continue_training(own, replace(config, compile="on"), base="tiny", name="compiled")
    assert compiled.id == eager.id
    assert "warmup_seconds" in compiled.stats
    assert _losses(own, compiled) == pytest.approx(losses, abs=1e-4)


def test_a_finished_run_is_returned_and_other_settings_make_another_model(own: Lab) -> None:
    first = continue_training(own, replace(SMALL, epochs=0.1), base="tiny")
    assert continue_training(own, replace(SMALL, epochs=0.1), base="tiny").finished_at == first.finished_at
    assert continue_training(own, replace(SMALL, epochs=0.1, seed=1), base="tiny").id != first.id


def test_a_continued_model_is_continued_and_its_lineage_has_every_stage(own: Lab) -> None:
    short = replace(SMALL, epochs=0.1)
    first = continue_training(own, short, base="tiny")
    second = continue_training(own, short, base="tiny-continued", name="again")
    assert second.inputs["base"] == first.id
    stages = training_stages(ancestry(own, second.id), second.id)
    assert [stage.stage for stage in stages] == ["adopted", "continue", "continue"]


def test_a_model_that_was_trained_here_goes_on_with_its_own_tokenizer(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    base = lab.latest("model", "base")
    assert base is not None
    plan = plan_continued(lab, ContinueConfig(), base="base")
    assert plan.loop.learning_rate == base.config["loop"]["learning_rate"] / 2
    made = continue_training(lab, replace(SMALL, epochs=0.05), base="base", name="more")
    assert made.inputs["base"] == base.id
    assert made.config["chat"] is False


def test_what_it_saw_is_known_exactly_and_counted_when_it_is_forgotten(own: Lab) -> None:
    made = continue_training(own, MIXED, base="tiny")
    order = order_of(own, made)
    assert order is not None
    steps = made.stats["steps"]
    seen = {span.document for step in range(steps) for span in order.spans(step)}
    document = order.spans(0)[0].document
    assert learnt(own, made, [document]).tokens > 0
    stage = Sightings(own, made).of([document])[document][0]
    assert (stage.stage, stage.first_step) == ("continued pretraining", 0)
    packed = own.find("shards", "main.tiny")
    assert packed is not None
    unseen = [name for name in Shards.open(packed.path).spans("train")[0] if name not in seen]
    assert unseen
    assert learnt(own, made, unseen).documents == 0


def test_a_forgotten_document_is_an_obstacle_until_the_model_is_retrained_without_it(own: Lab) -> None:
    made = continue_training(own, replace(MIXED, epochs=0.2), base="tiny")
    order = order_of(own, made)
    assert order is not None
    document = order.spans(0)[0].document
    Forgotten.read(own.root).with_more([Tombstone("id", document)]).write(own.root)
    count_exposures(own)
    assert any("forgotten documents" in words for words in obstacles(own, made))
    rebuild(own)
    again = retrain(own, made, "rebuild")
    count_exposures(own)
    assert not any("forgotten documents" in words for words in obstacles(own, again))
    assert again.inputs["base"] == made.inputs["base"]
    assert document not in {
        s.document for step in range(again.stats["steps"]) for s in _spans(own, again, step)
    }


def _spans(lab: Lab, model: Artifact, step: int) -> list[Any]:
    order = order_of(lab, model)
    assert order is not None
    return order.spans(step)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (replace(SMALL, context=257), "expected --context from 8 to 256"),
        (replace(SMALL, context=3), "expected --context from 8 to 256"),
        (replace(SMALL, lora=65), "expected --lora from 1 to 64"),
        (replace(SMALL, lora=-1), "--lora takes 0"),
        (replace(SMALL, epochs=float("nan")), "--epochs takes"),
        (replace(SMALL, replay=("wiki",)), "'wiki' is none"),
        (replace(SMALL, replay=("gazette", "posts")), "all of them cannot be replayed"),
        (replace(MIXED, replay_share=-1.0), "--replay-share takes 0"),
        (replace(SMALL, precision="fp8"), "--precision takes auto"),
    ],
)
def test_settings_that_no_run_can_have_are_refused(config: ContinueConfig, words: str, own: Lab) -> None:
    with pytest.raises(GlaswerkError) as error:
        continue_training(own, config, base="tiny")
    assert words in error.value.message


def test_a_corpus_that_was_not_packed_for_the_base_names_the_command(own: Lab, tmp_path: Path) -> None:
    adopt(own, write_open_model(tmp_path / "Other", intermediate_size=64), name="other")
    with pytest.raises(GlaswerkError, match="not packed with the tokenizer of tiny") as error:
        continue_training(own, SMALL, base="tiny", corpus="strict")
    assert error.value.hint == "glaswerk pack --corpus strict --tokenizer tiny"
    with pytest.raises(GlaswerkError, match="no model named 'none'"):
        continue_training(own, SMALL, base="none")


def _said(lab: Lab, *words: str) -> Any:
    return CliRunner().invoke(cli, ["train", *words, "--lab", str(lab.root)])


def test_the_command_shows_gain_and_forgetting(own: Lab) -> None:
    words = ("--base", "tiny", "--epochs", "0.3", "--context", "64", "--batch-tokens", "512")
    planned = json.loads(_said(own, *words, "--replay", "gazette", "--dry-run", "--json").stdout)
    assert (planned["general"], planned["loop"]["compile"]) == (["gazette"], False)
    assert 0 < planned["seconds"] < 60
    assert "about " in _said(own, *words, "--dry-run").stdout
    found = _said(own, *words, "--learning-rate", "0.002", "--replay", "gazette")
    assert found.exit_code == 0, found.output
    assert "your held-out text: " in found.stderr
    assert "gazette, held out: " in found.stderr
    assert "bits per byte (" in found.stderr
    alone = _said(own, *words)
    assert "--replay SOURCE names a source of general text" in alone.stderr


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--base", "tiny", "--size", "2M"), "--size is for a model from scratch"),
        (("--base", "tiny", "--last", "posts"), "--last is for a model from scratch"),
        (("--base", "tiny", "--milestones", "5"), "--milestones is for a model from scratch"),
        (("--lora", "4"), "--lora needs --base"),
        (("--replay", "gazette"), "--replay needs --base"),
    ],
)
def test_options_that_do_not_go_together_are_refused(words: tuple[str, ...], problem: str, own: Lab) -> None:
    found = _said(own, *words)
    assert isinstance(found.exception, GlaswerkError)
    assert problem in found.exception.message
