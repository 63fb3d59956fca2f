"""Adapters: nothing changes at first, they alone learn, and merged they are the same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.model import build, load, save
from glaswerk.model.lora import Adapters
from glaswerk.plan import shape_for
from glaswerk.train.optim.optimizer import by_kind

IDS = torch.arange(48)[None] * 5 % 320


@pytest.fixture
def base() -> PreTrainedModel:
    model = build(shape_for(200_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    # A fresh network's blocks are the identity: give their projections weights, as trained ones have.
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                parameter.normal_(0.0, 0.05, generator=generator)
    return model.eval()


def _trained(model: PreTrainedModel) -> Adapters:
    """Adapters after three real steps."""
    adapters = Adapters.add(model, 4, seed=0)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.02)
    for _ in range(3):
        loss = model(input_ids=IDS, labels=IDS).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return adapters


@torch.inference_mode()
def _logits(model: Any) -> torch.Tensor:
    return torch.as_tensor(model(input_ids=IDS).logits)


def test_fresh_adapters_change_nothing(base: PreTrainedModel) -> None:
    before = _logits(base)
    Adapters.add(base, 8, seed=0)
    assert torch.equal(_logits(base), before)


def test_the_merged_network_gives_the_adapters_logits(base: PreTrainedModel) -> None:
    before = _logits(base)
    adapters = _trained(base)
    adapted = _logits(base)
    merged = adapters.merge()
    assert (adapted - before).abs().max() > 0.05
    assert (_logits(merged) - adapted).abs().max() < 1e-4
    assert not [name for name, _ in merged.named_modules() if "lora" in name]


def test_the_merged_folder_is_a_plain_network(base: PreTrainedModel, tmp_path: Path) -> None:
    names = set(base.state_dict())
    merged = _trained(base).merge()
    save(merged, tmp_path)
    loaded = load(tmp_path)
    assert set(loaded.state_dict()) == names
    assert torch.equal(_logits(loaded), _logits(merged.eval()))


def test_only_adapters_learn_and_by_adamw(base: PreTrainedModel) -> None:
    frozen = {name: p.clone() for name, p in base.named_parameters()}
    adapters = _trained(base)
    matrices, others, norms = by_kind(base)
    assert (len(matrices), len(norms)) == (0, 0)
    assert sum(p.numel() for p in others) == adapters.trained()
    kept = {name.replace(".base_layer", ""): p for name, p in base.named_parameters()}
    assert all(torch.equal(kept[name], value) for name, value in frozen.items())


# peft 0.21 asks transformers 5.23 by an older name.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_peft_loads_the_saved_adapter_onto_the_base(base: PreTrainedModel, tmp_path: Path) -> None:
    from peft import PeftModel

    save(base, tmp_path / "base")
    adapters = _trained(base)
    adapters.save(tmp_path / "adapter", "base/step-1")
    reference = PeftModel.from_pretrained(load(tmp_path / "base"), str(tmp_path / "adapter"))
    assert (_logits(reference) - _logits(base)).abs().max() < 1e-5


def test_the_same_seed_gives_the_same_adapters(base: PreTrainedModel) -> None:
    model = build(shape_for(200_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    torch.manual_seed(5)
    one = Adapters.add(base, 4, seed=0).model.named_parameters()
    torch.manual_seed(6)
    other = dict(Adapters.add(model, 4, seed=0).model.named_parameters())
    assert all(torch.equal(p, other[name]) for name, p in one if "lora_A" in name)


@pytest.mark.parametrize("rank", [-1, 1_000])
def test_a_rank_that_no_matrix_has_is_refused_with_the_value(base: PreTrainedModel, rank: int) -> None:
    with pytest.raises(GlaswerkError, match=f"found {rank}"):
        Adapters.add(base, rank, seed=0)
