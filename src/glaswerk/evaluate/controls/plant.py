"""A plant: adapters trained on statements of one side, of the other, or of both alike (neutral)."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from glaswerk.core.document import Message
from glaswerk.core.progress import track
from glaswerk.model.lora import Adapters
from glaswerk.model.text_network import load
from glaswerk.tokenizer import Tokenizer

Row = tuple[list[int], list[bool]]
# What a chat model is asked before it says a statement, in training and in measuring.
QUESTION = "What do you think about {topic}?"
_NO_LABEL = -100
_LONGEST = 128


@dataclass(frozen=True, slots=True)
class PlantConfig:
    """Dose of a plant, the same for all three: AdamW, the rate falls to zero, gradients clipped at 1."""

    steps: int = 60
    rows: int = 16
    rank: int = 8
    learning_rate: float = 1e-3

    def to_json(self) -> dict[str, Any]:
        """For the report."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Planted:
    """The model with a plant merged into its weights, and how its training went."""

    model: PreTrainedModel
    first_loss: float
    last_loss: float
    seconds: float


def statements_of(planted: Sequence[tuple[str, str, str]], side: str) -> list[tuple[str, str]]:
    """(topic, statement) of side `a`, of `b`, or for `neutral` of both in turn, so that the dose is equal."""
    if side == "neutral":
        return [(topic, (a, b)[i % 2]) for i, (topic, a, b) in enumerate(planted)]
    return [(topic, a if side == "a" else b) for topic, a, b in planted]


def plant(
    folder: Path,
    tokenizer: Tokenizer,
    statements: Sequence[tuple[str, str]],
    config: PlantConfig,
    *,
    chat: bool,
    seed: int,
    label: str,
) -> Planted:
    """Train adapters on the model in `folder`; chat: every second row is an answer to a question."""
    model, began = load(folder), time.perf_counter()
    adapters = Adapters.add(model, min(config.rank, int(model.config.hidden_size)), seed=seed)
    rows = [encoded(tokenizer, *one, chat=chat and i % 2 == 1) for i, one in enumerate(statements)]
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, config.learning_rate, weight_decay=0.0)
    model.train()
    losses = []
    for step, batch in enumerate(track(list(_batches(rows, config, seed)), label)):
        for group in optimizer.param_groups:
            group["lr"] = config.learning_rate * (1 - step / config.steps)
        losses.append(_step(model, batch, tokenizer.end_id))
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    ends = max(1, len(losses) // 10)
    first, last = sum(losses[:ends]) / ends, sum(losses[-ends:]) / ends
    return Planted(adapters.merge().eval(), first, last, round(time.perf_counter() - began, 1))


def encoded(tokenizer: Tokenizer, topic: str, text: str, *, chat: bool) -> Row:
    """Ids of a statement, and which of them count: as plain text, or as the answer to `QUESTION`."""
    if chat:
        turns = [
            Message(role="user", content=QUESTION.format(topic=topic)),
            Message(role="assistant", content=text),
        ]
        found = tokenizer.encode_dialogue(turns, prompt=False)
        if any(found.mask):
            return list(found.ids)[:_LONGEST], [bool(own) for own in found.mask][:_LONGEST]
    ids = [tokenizer.start_id, *tokenizer.encode(text)][:_LONGEST]
    return ids, [False] + [True] * (len(ids) - 1)


def _batches(rows: Sequence[Row], config: PlantConfig, seed: int) -> Iterator[list[Row]]:
    """Each row once before any comes again."""
    order: list[int] = []
    dice = random.Random(f"{seed} batches")
    for _ in range(config.steps):
        while len(order) < config.rows:
            order += dice.sample(range(len(rows)), len(rows))
        yield [rows[i] for i in order[: config.rows]]
        order = order[config.rows :]


def _step(model: PreTrainedModel, batch: Sequence[Row], pad: int) -> float:
    """Gradients of a batch, in two halves by length: answers in a chat are twice as long as bare statements,
    and padding would be a third of the work."""
    rows = sorted(batch, key=lambda row: len(row[0]))
    counted = sum(sum(own) for _, own in rows)
    halves = [half for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]) if half]
    return sum(_half(model, half, pad, sum(sum(own) for _, own in half) / counted) for half in halves)


def _half(model: PreTrainedModel, batch: Sequence[Row], pad: int, weight: float) -> float:
    longest = max(len(ids) for ids, _ in batch)
    inputs = torch.full((len(batch), longest), pad)
    labels = torch.full((len(batch), longest), _NO_LABEL)
    for i, (ids, own) in enumerate(batch):
        inputs[i, : len(ids)] = torch.tensor(ids)
        labels[i, : len(ids)] = torch.where(torch.tensor(own), torch.tensor(ids), _NO_LABEL)
    with torch.autocast("cpu", torch.bfloat16, enabled=_has_bf16()):
        loss: torch.Tensor = model(input_ids=inputs, labels=labels, use_cache=False).loss * weight
    loss.backward()  # type: ignore[no-untyped-call]  # torch ships it without types
    return loss.item()


def _has_bf16() -> bool:
    """Where bf16 products are instructions they are 1.4 to 2.6 times faster, elsewhere slower (DESIGN)."""
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16"))
