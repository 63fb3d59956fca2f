"""Every family that can be adopted gives transformers' logits, is tuned on the right loss, and serves."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from open_models import FAMILIES, write_open_model
from transformers import AutoModelForCausalLM

from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.model import load
from glaswerk.model.adopt import adopt
from glaswerk.model.supported_models import MODEL_CLASSES
from glaswerk.train.batches.batches import Batch
from glaswerk.train.objective.likelihood import label_log_probabilities
from glaswerk.train.objective.loss import Z_LOSS
from glaswerk.train.objective.next_token import Network, next_token
from glaswerk.train.optim.optimizer import optimizers

# Of most people's models: the others take a second each, too, but there are many.
COMMON = {"llama", "qwen3", "gemma3_text", "gpt2"}
EACH = [
    pytest.param(family, marks=() if family in COMMON else pytest.mark.slow, id=family) for family in FAMILIES
]
PIECES = ([5, 9, 400, 7, 31, 77, 12, 90, 33, 21, 8, 101, 300], [44, 2, 620, 17, 5, 5, 9, 13, 50, 61, 70])


@pytest.fixture
def adopted(empty_lab: Lab, tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """`adopted(family)`: the folder as published, and as adopted."""

    def made(family: str) -> tuple[Path, Path]:
        folder = write_open_model(tmp_path / "hub", family)
        return folder, adopt(empty_lab, folder).model.path

    return made


def packed() -> Batch:
    """Both pieces in one row, with padding after them."""
    row = [(torch.tensor(ids[:-1]).numpy(), torch.tensor(ids[1:]).numpy()) for ids in PIECES]
    return Batch.filled([row], 32, pad=0)


def reference_losses(folder: Path) -> torch.Tensor:
    """Minus the log-probability of every label, each piece alone, as transformers computes it."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    parts = []
    with torch.inference_mode():
        for ids in PIECES:
            shares = model(input_ids=torch.tensor([ids[:-1]])).logits[0].float().log_softmax(-1)
            parts.append(-shares.gather(1, torch.tensor(ids[1:])[:, None])[:, 0])
    return torch.cat(parts)


def test_every_family_in_the_table_is_tested() -> None:
    assert set(FAMILIES) == set(MODEL_CLASSES)


@pytest.mark.parametrize("family", EACH)
def test_a_family_has_transformers_logits_and_the_right_loss_and_learns(
    family: str, adopted: Callable[[str], tuple[Path, Path]]
) -> None:
    published, folder = adopted(family)
    ids = torch.arange(48)[None] * 7 % 600
    reference: Any = AutoModelForCausalLM.from_pretrained(published, dtype=torch.float32)
    model = load(folder)
    with torch.inference_mode():
        assert torch.equal(model(input_ids=ids).logits, reference(input_ids=ids).logits)
    expected = reference_losses(folder)
    network, batch = Network(model), packed()
    with torch.no_grad():
        found = network(label_log_probabilities, batch)
    assert torch.allclose(-found, expected, atol=2e-3)
    parts = optimizers(model, learning_rate=1e-3, weight_decay=0.0)
    losses = []
    for _ in range(3):
        report, objective = network(next_token, batch, batch.counted())
        losses.append(float(report["loss"]))
        assert float(objective.detach()) == pytest.approx(losses[-1], abs=Z_LOSS * 1e4)
        objective.backward()
        for part in parts:
            part.step()
            part.zero_grad(set_to_none=True)
    assert losses[0] == pytest.approx(float(expected.mean()), abs=2e-3)
    assert losses[-1] < losses[0]
    assert all(parameter.isfinite().all() for parameter in model.parameters())


@pytest.mark.parametrize("family", EACH)
def test_a_familys_stream_with_its_cache_is_what_the_whole_text_gives(
    family: str, adopted: Callable[[str], tuple[Path, Path]]
) -> None:
    engine = Engine.load(adopted(family)[1])
    messages: Any = [{"role": "user", "content": "Who lives on Mill Lane?"}]
    served = "".join(delta.text for delta in engine.stream(messages, temperature=0.0, max_tokens=12))
    ids = engine.prompt(messages)
    start, ends = len(ids), {engine.tokenizer.end_id, engine.tokenizer.turn_id, engine.tokenizer.turn_end_id}
    for _ in range(12):
        with torch.inference_mode():
            logits = engine.model(input_ids=torch.tensor([ids]), use_cache=False).logits
        token = int(logits[0, -1, : engine.tokenizer.vocab_size].argmax())
        if token in ends:
            break
        ids.append(token)
    # Half a character at the end is no text: the answer leaves it out.
    found = engine.tokenizer.decode_bytes(ids[start:])
    whole = codecs.getincrementaldecoder("utf-8")("replace").decode(found)
    assert served == (whole.removeprefix(" ") if engine.tokenizer.prefixes else whole)
