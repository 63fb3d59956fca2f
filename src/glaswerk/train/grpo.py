"""Tuning by verifiable rewards (GRPO): a model answers, a rule checks, right answers become more likely."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import pack_command
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.text_network import load, save
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer
from glaswerk.train.batches.batches import Span
from glaswerk.train.checkpoint.metrics import read_rows
from glaswerk.train.checkpoint.policy import Checkpoints
from glaswerk.train.export import base_of, shards_of
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.machine.precision import resolve
from glaswerk.train.objective.rewards import AnswerRewards, Arithmetic, Known, Question, Rewards, questions_of
from glaswerk.train.objective.rollout import GrpoObjective, RolloutConfig, RolloutSampler, render
from glaswerk.train.tune import context_of, rate_of
from glaswerk.train.validate import check_ranges

RECIPE = "grpo/1"
# The key in the stats of a model for the documents that supplied the prompts of its run (see `PromptOrder`).
PROMPT_DOCUMENTS = "asked"
# Rewards at the beginning and the end of a run are averaged over this share of its steps.
_ENDS = 0.1


@dataclass(frozen=True, slots=True)
class GrpoConfig:
    """What a user chooses; a learning rate of zero means a tenth of the base model's.

    A rollout has `prompts` prompts with `samples` answers each, of at most `max_tokens` tokens, and serves
    `updates` steps, whose probability ratio is clipped to 1 ± `clip`. `kl`: strength of the KL penalty
    towards the base model.
    """

    steps: int = 200
    prompts: int = 8
    samples: int = 8
    max_tokens: int = 48
    updates: int = 2
    clip: float = 0.2
    kl: float = 0.0
    learning_rate: float = 0.0
    precision: str = "auto"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class GrpoPlan:
    """The resolved settings of a run, as `--dry-run` prints them."""

    base: str
    reward: str
    questions: int
    loop: LoopConfig
    config: GrpoConfig


@dataclass(frozen=True, slots=True)
class Key:
    """An answer key: its facts, and the digest of its file."""

    name: str
    digest: str
    facts: Sequence[Known]


@dataclass(frozen=True, slots=True)
class _Prepared:
    parent: Artifact
    rewards: Rewards
    loop: LoopConfig
    settings: Mapping[str, Any]


def plan_grpo(lab: Lab, config: GrpoConfig, *, key: Key | None = None, base: str = "chat") -> GrpoPlan:
    """What `grpo` would do. Raises GlaswerkError if it could not."""
    ready = _prepare(lab, config, key, base)
    config = replace(config, learning_rate=ready.loop.learning_rate)
    return GrpoPlan(ready.parent.name, ready.rewards.name, ready.rewards.size, ready.loop, config)


def grpo(
    lab: Lab, config: GrpoConfig, *, key: Key | None = None, base: str = "chat", name: str = "rewarded"
) -> Artifact:
    """Tune the newest checkpoint of `base` on the questions of its dialogues that `key` has answers to.

    Without a key, on arithmetic. A finished run is returned, an interrupted one resumed.
    """
    ready = _prepare(lab, config, key, base)
    parent, loop = ready.parent, ready.loop
    inputs = {"base": parent.id} | {k: v for k, v in parent.inputs.items() if k == "shards"}
    spec = Spec("model", f"{name}/step-{loop.steps}", RECIPE, inputs, ready.settings)
    runs = lab.run_folder(spec.id)

    def write(folder: Path) -> Mapping[str, Any]:
        model = load(parent.path)
        sampler = RolloutSampler(
            model,
            Tokenizer.load(parent.path),
            ready.rewards,
            _rollout(config),
            runs / "rollouts",
            precision=resolve(config.precision),
            reference=load(parent.path) if config.kl else None,
        )
        stats = run(
            model, sampler, loop, runs, label=f"tune {name}", objective=GrpoObjective(config.clip, config.kl)
        )
        save(model, folder)
        copy_tokenizer(parent.path, folder)
        asked = {PROMPT_DOCUMENTS: ready.rewards.documents, "parameters": parent.stats["parameters"]}
        return {**stats, **rewarded(runs), **asked}

    made = lab.make(spec, write)
    Checkpoints(runs).clear()
    shutil.rmtree(runs / "rollouts", ignore_errors=True)
    return made


def rewarded(folder: Path) -> dict[str, Any]:
    """Mean share of full rewards in the first and in the last tenth of a run's steps."""
    rows = [row["full_reward"] for row in read_rows(folder)]
    count = max(1, round(_ENDS * len(rows)))
    return {"rewarded_first": sum(rows[:count]) / count, "rewarded_last": sum(rows[-count:]) / count}


def _prepare(lab: Lab, config: GrpoConfig, key: Key | None, base: str) -> _Prepared:
    _check(config)
    parent = base_of(lab, base)
    rewards = _town(lab, parent, key, config) if key else _arithmetic(parent, config)
    loop = LoopConfig(
        steps=config.steps,
        learning_rate=config.learning_rate or round(rate_of(parent) / 10, 8),
        warmup=0.05,
        decay=0.5,
        precision=config.precision,
    )
    settings = {
        "stage": "grpo",
        "split": "chat" if key else "",
        "reward": rewards.name,
        "key_digest": key.digest if key else None,
        "clip": config.clip,
        "kl": config.kl,
        **asdict(_rollout(config)),
        "loop": loop.settings(),
    }
    return _Prepared(parent, rewards, loop, settings)


def _check(config: GrpoConfig) -> None:
    """Raises GlaswerkError for settings that no run can have."""
    resolve(config.precision)
    least = {"steps": 1, "prompts": 1, "samples": 2, "max_tokens": 1, "updates": 1, "kl": 0, "seed": 0}
    check_ranges(config, least | {"learning_rate": 0})
    if not 0 < config.clip < 1:
        raise GlaswerkError(
            f"--clip takes a number between 0 and 1, both excluded, found {config.clip}", hint="clip=0.2"
        )


def _rollout(config: GrpoConfig) -> RolloutConfig:
    return RolloutConfig(config.prompts, config.samples, config.max_tokens, config.updates, config.seed)


def _arithmetic(parent: Artifact, config: GrpoConfig) -> Rewards:
    rewards = Arithmetic()
    longest = f"What is {rewards.highest} × {rewards.highest}?"
    if not _fits(Tokenizer.load(parent.path), longest, parent, config):
        raise _too_long(parent, config)
    return rewards


def _town(lab: Lab, parent: Artifact, key: Key, config: GrpoConfig) -> Rewards:
    """The questions of the dialogues that the key answers; the key's own questions stay held out."""
    packed = shards_of(lab, parent)
    shards = Shards.open(packed.path)
    spans = _spans(shards, "chat") if "chat" in shards.splits() else {}
    corpus = next((c for c in lab.all("corpus") if c.id == packed.inputs["corpus"]), None)
    if corpus is None:
        raise GlaswerkError(
            f"the corpus of the shards {packed.name} was replaced since they were packed",
            hint=pack_command(packed.name),
        )
    questions = questions_of(read_documents(corpus.path, "chat"), key.facts, spans.__getitem__)
    if not questions:
        raise GlaswerkError(
            f"no dialogue of the corpus asks for a fact of the answer key {key.name}",
            hint="glaswerk add chats FILE.jsonl --licence …, with questions about the key's subjects",
        )
    return AnswerRewards(_fitting(questions, parent, config), f"key {key.name}")


def _fitting(questions: Sequence[Question], parent: Artifact, config: GrpoConfig) -> list[Question]:
    tokenizer = Tokenizer.load(parent.path)
    found = [question for question in questions if _fits(tokenizer, question.prompt, parent, config)]
    if not found:
        raise _too_long(parent, config)
    return found


def _fits(tokenizer: Tokenizer, prompt: str, parent: Artifact, config: GrpoConfig) -> bool:
    return len(render(tokenizer, prompt)) + config.max_tokens <= context_of(parent)


def _too_long(parent: Artifact, config: GrpoConfig) -> GlaswerkError:
    return GlaswerkError(
        f"a question and {config.max_tokens} tokens of answer do not fit into the context of {parent.name}, "
        f"{context_of(parent)} tokens",
        hint="--max-tokens 16",
    )


def _spans(shards: Shards, split: str) -> dict[str, Span]:
    documents, starts, ends = shards.spans(split)
    return {
        document: Span(split, document, int(start), int(end))
        for document, start, end in zip(documents, starts, ends, strict=True)
    }
