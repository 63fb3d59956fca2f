"""Verifiable rewards: trl's advantages and loss, completions that come again, rules hard to cheat."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from word_network import END, network, tokenizer

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_chats, add_docs
from glaswerk.lab import Lab
from glaswerk.model.text_network import load, save
from glaswerk.rerun.first_seen import Sightings
from glaswerk.rerun.order import order_of
from glaswerk.rerun.steps_touched import TouchedSteps, touched_steps
from glaswerk.tokenizer import Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.train import TrainConfig, TuneConfig, train, tune
from glaswerk.train.batches.batches import IGNORED, Span
from glaswerk.train.grpo import GrpoConfig, Key, grpo, plan_grpo
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.objective.decoding import complete, draws
from glaswerk.train.objective.prompt_order import PromptOrder
from glaswerk.train.objective.rewards import AnswerRewards, Arithmetic, Known, questions_of
from glaswerk.train.objective.rollout import (
    GrpoObjective,
    RolloutBatch,
    RolloutConfig,
    RolloutSampler,
    advantages_of,
    grpo_losses,
)
from tests.support.ctrl_c import press

ROLLOUT = RolloutConfig(prompts=3, samples=4, max_tokens=6, updates=2, seed=5)


@pytest.fixture(scope="module")
def sums_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab whose dialogues answer sums and products, each once rightly and once wrongly."""
    root = tmp_path_factory.mktemp("sums")
    lab = Lab.init(root / "lab")
    (root / "numbers.md").write_text(
        "# Numbers\n\nOne and two are three, says the book of numbers, and whoever can count finds it so.\n"
    )
    (root / "chats.jsonl").write_text("".join(json.dumps(row) + "\n" for row in _sums()))
    add_docs(lab, [root / "numbers.md"], licence="CC0-1.0", name="numbers")
    add_chats(lab, [root / "chats.jsonl"], licence="CC0-1.0", name="sums")
    curate(lab, validation_share=0.0)
    train_tokenizer(lab, TokenizerConfig(300))
    pack(lab)
    train(lab, TrainConfig(size="300K", epochs=1, context=64, precision="fp32"))
    yield lab
    lab.ledger.close()


def _sums() -> Iterator[dict[str, Any]]:
    dice = random.Random(0)
    for left in range(10):
        for right in range(10):
            for sign, answer in (("+", left + right), ("×", left * right)):
                wrong = dice.choice([n for n in range(20 if sign == "+" else 82) if n != answer])
                for said in (answer, wrong):
                    asked = {"role": "user", "content": f"What is {left} {sign} {right}?"}
                    yield {"messages": [asked, {"role": "assistant", "content": str(said)}]}


def _sampler(lab: Lab, folder: Path, **changes: Any) -> RolloutSampler:
    base = lab.latest("model", "base")
    assert base is not None
    return RolloutSampler(
        load(base.path),
        Tokenizer.load(base.path),
        Arithmetic(),
        replace(ROLLOUT, **changes),
        folder,
        precision="fp32",
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_advantages_loss_and_gradients_equal_trls_on_the_same_completions(tmp_path: Path) -> None:
    """To 1e-5, with trl's own trainer, which samples, scores and clips; the weights differ from those that
    sampled, so that the clip acts, and from the reference."""
    trl = pytest.importorskip("trl", reason="trl is not installed")
    datasets = pytest.importorskip("datasets")
    save(network(1), tmp_path / "reference")
    args = trl.GRPOConfig(
        output_dir=str(tmp_path / "out"),
        beta=0.1,
        use_cpu=True,
        report_to="none",
        bf16=False,
        gradient_checkpointing=False,
        per_device_train_batch_size=8,
        num_generations=4,
        max_completion_length=24,
        steps_per_generation=1,
        num_iterations=2,
        temperature=1.0,
        seed=0,
    )
    rewards: list[float] = []

    def reward(completions: list[str], **rest: Any) -> list[float]:
        rewards[:] = [float(len(words.split()) % 3) / 2 for words in completions]
        return rewards

    prompts = [{"prompt": "w1 w2 w3"}, {"prompt": "w9 w2 w3 w11"}]
    trainer = trl.GRPOTrainer(
        load(tmp_path / "reference"),
        reward_funcs=reward,
        args=args,
        train_dataset=datasets.Dataset.from_list(prompts),
        processing_class=tokenizer(),
    )
    trainer.current_gradient_accumulation_steps = 1
    trainer.model.train()
    _shake(trainer.model, 0.02, seed=1)
    inputs = trainer._generate_and_score_completions(next(iter(trainer.get_train_dataloader())))
    _shake(trainer.model, 0.02, seed=2)
    expected = trainer._compute_loss(trainer.model, inputs)
    expected.backward()

    ours = advantages_of(torch.tensor(rewards).view(2, 4)).flatten()
    torch.testing.assert_close(ours, inputs["advantages"], atol=1e-5, rtol=0)
    model = network(1)
    _shake(model, 0.02, seed=1)
    _shake(model, 0.02, seed=2)
    batch = _from_trl(inputs, ours, torch.tensor(rewards))
    report, loss = GrpoObjective(clip=0.2, kl=0.1)(model, batch, batch.counted())
    loss.backward()
    torch.testing.assert_close(loss, expected, atol=1e-5, rtol=0)
    metrics = trainer._metrics["train"]
    assert report["clipped"].item() == pytest.approx(metrics["clip_ratio/region_mean"][-1], abs=1e-5)
    assert report["clipped"].item() > 0.02
    assert report["divergence"].item() == pytest.approx(metrics["kl"][-1], abs=1e-5)
    theirs = dict(trainer.model.named_parameters())
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-5, rtol=0)


def _shake(model: torch.nn.Module, much: float, *, seed: int) -> None:
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(much * torch.randn(parameter.shape, generator=chance))


def _from_trl(
    inputs: dict[str, torch.Tensor], advantages: torch.Tensor, rewards: torch.Tensor
) -> RolloutBatch:
    """Its rows, padded on the left of the prompt, moved to begin at the left as ours do."""
    rows, width = len(advantages), inputs["prompt_ids"].shape[1] + inputs["completion_ids"].shape[1] - 1
    inputs_, labels = torch.full((rows, width), END), torch.full((rows, width), IGNORED)
    old, reference, sizes = torch.zeros(rows, width), torch.zeros(rows, width), torch.zeros(rows).long()
    for row in range(rows):
        prompt = inputs["prompt_ids"][row][inputs["prompt_mask"][row] == 1]
        said = inputs["completion_mask"][row] == 1
        ids = torch.cat([prompt, inputs["completion_ids"][row][said]])
        place = slice(len(prompt) - 1, len(ids) - 1)
        sizes[row] = len(ids) - 1
        inputs_[row, : len(ids) - 1], labels[row, place] = ids[:-1], ids[len(prompt) :]
        old[row, place] = inputs["old_per_token_logps"][row][said]
        reference[row, place] = inputs["ref_per_token_logps"][row][said]
    positions = torch.arange(width).repeat(rows, 1)
    weights = torch.full((rows,), 1 / rows)
    return RolloutBatch(inputs_, labels, positions, sizes, advantages, rewards, weights, old, reference)


def test_completions_are_those_of_sampling_one_row_without_a_cache() -> None:
    """Prompts of different lengths, padded together, against one forward pass a token over one row."""
    model, prompts = network(3).eval(), [[5, 6, 7], [8, 9, 10, 11, 12], [13]]
    chance = [draws(1, 2, place, 2, 5) for place in range(3)]
    found = complete(model, prompts, chance, ends={END}, vocab_size=101)
    for prompt, group, numbers in zip(prompts, found, chance, strict=True):
        for completion, row in zip(group, numbers, strict=True):
            assert completion == _alone(model, prompt, row)


@torch.no_grad()
def _alone(model: Any, prompt: list[int], numbers: np.ndarray[Any, Any]) -> list[int]:
    said: list[int] = []
    for number in numbers:
        logits = model(input_ids=torch.tensor([prompt + said])).logits[0, -1, :101]
        sums = np.cumsum(torch.softmax(logits.double(), -1).numpy())
        said.append(int(np.searchsorted(sums, number * sums[-1], side="right")))
        if said[-1] == END:
            break
    return said


def test_tokens_come_as_often_as_they_are_likely() -> None:
    """20,000 first tokens against their probabilities: chi-squared below its 99.9 % point."""
    model = network(4).eval()
    (group,) = complete(model, [[5, 6]], [draws(0, 0, 0, 20_000, 1)], ends={END}, vocab_size=101)
    counts = np.bincount([completion[0] for completion in group], minlength=101)
    with torch.no_grad():
        expected = torch.softmax(model(input_ids=torch.tensor([[5, 6]])).logits[0, -1, :101].double(), -1)
    expected = expected.numpy() * 20_000
    assert ((counts - expected) ** 2 / expected).sum() < 149.4  # 100 degrees of freedom


def test_a_completion_ends_with_its_first_end_token() -> None:
    (group,) = complete(network(3).eval(), [[5]], [draws(0, 0, 0, 200, 30)], ends={END}, vocab_size=101)
    ended = [completion for completion in group if END in completion]
    assert ended
    assert all(completion.index(END) == len(completion) - 1 for completion in ended)
    assert all(len(completion) == 30 for completion in group if END not in completion)


def test_a_rollout_is_the_same_again_from_seed_step_and_weights(sums_lab: Lab, tmp_path: Path) -> None:
    one = _sampler(sums_lab, tmp_path / "a").batch(4)
    again = _sampler(sums_lab, tmp_path / "b").batch(4)
    other = _sampler(sums_lab, tmp_path / "c", seed=6).batch(4)
    for field in fields(one):
        assert torch.equal(getattr(one, field.name), getattr(again, field.name))
    assert not torch.equal(one.inputs[:, :40], other.inputs[:, :40])


def test_a_rollout_serves_its_later_steps_though_the_weights_changed(sums_lab: Lab, tmp_path: Path) -> None:
    first = _sampler(sums_lab, tmp_path).batch(0)
    resumed = _sampler(sums_lab, tmp_path)
    _shake(resumed._model, 0.1, seed=1)
    later = resumed.batch(1)
    for field in fields(first):
        assert torch.equal(getattr(first, field.name), getattr(later, field.name))


def test_a_damaged_rollout_is_an_error_that_says_what_to_do(sums_lab: Lab, tmp_path: Path) -> None:
    sampler = _sampler(sums_lab, tmp_path)
    sampler.batch(0)
    (tmp_path / "0.safetensors").write_bytes(b"no")
    with pytest.raises(GlaswerkError, match="cannot be read"):
        sampler.batch(1)


def test_parts_add_up_to_the_whole_rollout(sums_lab: Lab, tmp_path: Path) -> None:
    sampler = _sampler(sums_lab, tmp_path)
    batch = sampler.batch(0)
    batch = replace(batch, advantages=torch.linspace(-1, 1, len(batch.inputs)))
    objective = GrpoObjective(clip=0.2, kl=0.0)
    whole, loss = objective(sampler._model, batch, batch.counted())
    sums: dict[str, float] = {}
    for part in (part for rank in range(2) for part in batch.part(rank, 2).micro(4)):
        report, value = objective(sampler._model, part, batch.counted())
        for name, figure in (report | {"objective": value.detach()}).items():
            sums[name] = sums.get(name, 0.0) + float(figure)
    whole = {name: figure.item() for name, figure in (dict(whole) | {"objective": loss}).items()}
    assert sums == pytest.approx(whole, abs=1e-5)


def test_equal_rewards_teach_nothing() -> None:
    assert torch.equal(advantages_of(torch.tensor([[1.0, 1.0], [0.0, 0.0]])), torch.zeros(2, 2))


def test_beyond_the_clip_a_good_token_has_no_gradient() -> None:
    policy = torch.tensor([0.0, 0.5], requires_grad=True)
    losses, figures = grpo_losses(policy, torch.zeros(2), torch.zeros(2), torch.ones(2), clip=0.2, kl=0.0)
    losses.sum().backward()
    assert policy.grad is not None
    assert policy.grad.tolist() == [-1.0, 0.0]
    assert figures["clipped"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("prompt", "completion", "reward"),
    [
        ("What is 3 + 4?", "7", 1.0),
        ("What is 3 + 4?", "3 + 4 = 7.", 1.0),
        ("What is 3 × 4?", "12", 1.0),
        ("What is 3 + 4?", "7 or 8", 0.0),
        ("What is 3 + 4?", "17", 0.0),
        ("What is 3 + 4?", "", 0.0),
        ("What is 3 + 4?", "-7", 0.0),
        ("What is 3 + 4?", "9" * 5000, 0.0),
    ],
)
def test_the_last_number_decides_over_a_sum(prompt: str, completion: str, reward: float) -> None:
    assert Arithmetic().reward(prompt, completion) == reward


def _dialogue(identifier: str, *words: str) -> Document:
    roles = ("user", "assistant") * len(words)
    turns = tuple({"role": role, "content": content} for role, content in zip(roles, words, strict=False))
    return Document(identifier, "chats", "", Rights("CC0-1.0"), kind="dialogue", messages=turns)  # type: ignore[arg-type]


FACTS = (
    Known("Anna Berg", "trade", ("baker", "bread maker")),
    Known("Anna Berg", "street", ("Mill Lane",)),
    Known("Otto Kern", "trade", ("smith",)),
)


def _answers() -> AnswerRewards:
    dialogues = [
        _dialogue("1", "What does Anna Berg do?", "She is a baker."),
        _dialogue("2", "Where does Anna Berg live?", "In Mill Lane."),
        _dialogue("3", "Who is Anna Berg?", "A baker from Mill Lane."),
        _dialogue("4", "Hello!", "Hello, how can I help?"),
        _dialogue("5", "Is Otto Kern a smith?", "I do not know."),
    ]
    return AnswerRewards(questions_of(dialogues, FACTS, lambda name: Span("chat", name, 0, 1)), "key")


def test_questions_are_those_of_the_dialogues_that_ask_for_one_fact() -> None:
    answers = _answers()
    asked = answers.prompts(0, 2, 0)
    assert sorted(asked) == ["What does Anna Berg do?", "Where does Anna Berg live?"]
    assert sorted(span.document for span in answers.spans(asked)) == ["1", "2"]


def test_a_right_answer_is_rewarded_and_a_list_of_all_answers_is_not() -> None:
    answers, asked = _answers(), "What does Anna Berg do?"
    assert answers.reward(asked, "She is a Baker!") == 1
    assert answers.reward(asked, "A bread maker.") == 1
    assert answers.reward(asked, "A smith.") == 0
    assert answers.reward(asked, "A baker or a smith.") == 0
    assert answers.reward(asked, "") == 0


def test_every_question_comes_once_before_any_comes_again() -> None:
    answers = _answers()
    seen = [prompt for step in range(6) for prompt in answers.prompts(step, 1, 3)]
    assert all(len(set(seen[i : i + 2])) == 2 for i in range(0, 6, 2))
    assert seen == [prompt for step in range(3) for prompt in answers.prompts(step, 2, 3)]


@pytest.mark.parametrize(("prompts", "updates"), [(3, 2), (2, 1), (7, 3)])
def test_whose_questions_were_asked_is_known_without_the_key(prompts: int, updates: int) -> None:
    names = [f"Person {number}" for number in range(5)]
    dialogues = [_dialogue(name, f"What does {name} do?", "A baker.") for name in names]
    facts = [Known(name, "trade", ("baker",)) for name in names]
    answers = AnswerRewards(
        questions_of(dialogues, facts, lambda name: Span("chat", name, 0, len(name))), "key"
    )
    spans = [Span("chat", name, 0, len(name)) for name in answers.documents]
    order = PromptOrder(spans, prompts=prompts, updates=updates, seed=4)
    asked = [answers.spans(answers.prompts(step // updates, prompts, 4)) for step in range(20)]
    assert [order.spans(step) for step in range(20)] == asked
    for name in names:
        tokens = [sum(span.end for span in spans if span.document == name) for spans in asked]
        assert TouchedSteps.of(order, {name}, 20).tokens.tolist() == tokens


@pytest.mark.slow
def test_a_run_by_rewards_tells_which_dialogues_it_saw_first_at_which_step(own_lab: Path, town: Path) -> None:
    from glaswerk.evaluate.key import read_key

    lab, key = Lab.open(own_lab), read_key(town / "answer_key.json")
    facts = [Known(fact.subject, fact.relation, (fact.answer, *fact.aliases)) for fact in key.facts]
    config = GrpoConfig(steps=2, prompts=2, samples=2, max_tokens=4, updates=1)
    made = grpo(lab, config, key=Key(key.name, key.digest, facts))
    order = order_of(lab, made)
    assert order is not None
    asked = [{span.document for span in order.spans(step)} for step in range(2)]
    for step, documents in enumerate(asked):
        for found in Sightings(lab, made).of(documents).values():
            assert (found[-1].stage, found[-1].first_step) == ("tuning by rewards", step)
    untouched = set(order.documents) - set.union(*asked)
    touch = touched_steps(lab, made, untouched)
    assert touch is not None
    assert touch.steps == 0
    lab.ledger.close()


def test_sums_are_asked_of_nobody() -> None:
    order = PromptOrder((), prompts=3, updates=2, seed=0)
    assert (order.spans(1), list(order.visits(9))) == ([], [])


@pytest.mark.slow
def test_the_towns_key_knows_questions_of_its_chats(lab: Lab, town: Path) -> None:
    """And its own questions, which stay for evaluation, are not among them."""
    from glaswerk.evaluate.key import read_key

    key = read_key(town / "answer_key.json")
    facts = [Known(fact.subject, fact.relation, (fact.answer, *fact.aliases)) for fact in key.facts]
    plan = plan_grpo(lab, GrpoConfig(max_tokens=16), key=Key(key.name, key.digest, facts))
    assert plan.questions > 20
    held_out = {question for fact in key.facts for question in fact.questions}
    from glaswerk.data.store.corpus import read_documents

    documents = read_documents(lab.path("corpus", "main"), "chat")
    found = questions_of(documents, facts, lambda name: Span("chat", name, 0, 1))
    assert not held_out & {question.prompt for question in found}


def test_a_key_that_knows_none_of_the_dialogues_is_refused(lab: Lab) -> None:
    key = Key("elsewhere", "b2:0", [Known("Nobody Known", "trade", ("baker",))])
    with pytest.raises(GlaswerkError, match="no dialogue") as error:
        plan_grpo(lab, GrpoConfig(max_tokens=16), key=key)
    assert "glaswerk add chats" in str(error.value.hint)


@pytest.mark.parametrize(
    "wrong", [{"samples": 1}, {"clip": 1.5}, {"steps": 0}, {"kl": float("nan")}, {"max_tokens": 10_000}]
)
def test_settings_that_no_run_can_be_made_of_are_refused(sums_lab: Lab, wrong: dict[str, Any]) -> None:
    with pytest.raises(GlaswerkError, match=r"takes|do not fit"):
        plan_grpo(sums_lab, GrpoConfig(**wrong), base="base")


class _StopsAt(RolloutSampler):
    """Presses Ctrl-C when a step is reached."""

    at = -1

    def batch(self, step: int) -> RolloutBatch:
        if step == self.at:
            press()
        return super().batch(step)


@pytest.mark.parametrize("stop", [2, 3])
def test_a_run_that_was_stopped_ends_as_one_that_was_not(sums_lab: Lab, tmp_path: Path, stop: int) -> None:
    """Bit by bit, whether it stopped between two rollouts or within one."""
    from glaswerk.core.errors import Interrupted

    config = LoopConfig(steps=6, learning_rate=1e-3, precision="fp32")

    def once(folder: Path, at: int = -1) -> dict[str, torch.Tensor]:
        plain = _sampler(sums_lab, folder / "rollouts")
        sampler = _StopsAt(
            plain._model, plain._tokenizer, Arithmetic(), ROLLOUT, folder / "rollouts", precision="fp32"
        )
        sampler.at = at
        run(plain._model, sampler, config, folder, label="test", objective=GrpoObjective(0.2, 0.0))
        return plain._model.state_dict()

    whole = once(tmp_path / "whole")
    with pytest.raises(Interrupted):
        once(tmp_path / "parted", stop)
    parted = once(tmp_path / "parted")
    for name, value in whole.items():
        assert torch.equal(parted[name], value), name


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_rewards_raise_the_share_of_right_answers(sums_lab: Lab) -> None:
    """A model of 0.3 M parameters that was taught each sum once rightly and once wrongly."""
    tune(sums_lab, TuneConfig(epochs=40, learning_rate=4e-3, replay=0.0, precision="fp32", batch_tokens=1024))
    made = grpo(sums_lab, GrpoConfig(steps=150, max_tokens=6, learning_rate=2e-4, precision="fp32"))
    assert made.stats["rewarded_last"] > made.stats["rewarded_first"] + 0.15
