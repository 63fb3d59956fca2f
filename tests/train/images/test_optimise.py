"""Which optimizer trains which parameter of a picture model."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_painters import small_painter
from torch import Tensor
from torch.optim import AdamW, Optimizer

from glaswerk.model.images.picture_model import PictureModel
from glaswerk.train.images.optimise import optimisers
from glaswerk.train.optim.averages import Averages
from glaswerk.train.optim.muon import Muon


@pytest.fixture
def model(tmp_path: Path) -> PictureModel:
    return small_painter(tmp_path).model


def _names(model: PictureModel, part: Optimizer) -> set[str]:
    names = {id(p): name for name, p in model.named_parameters()}
    return {names[id(p)] for group in part.param_groups for p in group["params"]}


def _parts(model: PictureModel, text_ratio: float = 0.1) -> list[Optimizer]:
    make = optimisers(learning_rate=1e-3, weight_decay=0.01, text_ratio=text_ratio, average=0.99)
    return make(model)


def test_every_parameter_has_exactly_one_optimizer_and_an_average(model: PictureModel) -> None:
    muon, adamw, averages = _parts(model)
    assert isinstance(muon, Muon)
    assert isinstance(adamw, AdamW)
    assert isinstance(averages, Averages)
    everything = {name for name, _ in model.named_parameters()}
    assert _names(model, muon) | _names(model, adamw) == everything == _names(model, averages)
    assert not _names(model, muon) & _names(model, adamw)


def test_muon_trains_matrices_inside_blocks_only(model: PictureModel) -> None:
    names = _names(model, _parts(model)[0])
    assert "transformer.blocks.0.attention.img_qkv_proj.weight" in names
    assert "text_encoder.layers.0.mlp.up_proj.weight" in names
    for outside in ("img_in", "txt_in", "time_in", "final_layer", "modulation", "embed_tokens", "norm"):
        assert not [name for name in names if outside in name]


def test_the_text_encoder_learns_slower_if_told_so(model: PictureModel) -> None:
    names = {id(p): name for name, p in model.named_parameters()}
    for part in _parts(model, text_ratio=0.1)[:2]:
        ratios: dict[bool, set[float]] = {True: set(), False: set()}
        for group in part.param_groups:
            for p in group["params"]:
                ratios[names[id(p)].startswith("text_encoder.")].add(group["ratio"])
        (text,), (rest,) = ratios[True], ratios[False]
        assert text == pytest.approx(0.1 * rest)


def test_a_step_of_all_parts_changes_weights_and_keeps_an_average(model: PictureModel) -> None:
    parts = _parts(model)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    for p in model.parameters():
        p.grad = p.detach().clone() + 0.1
    for part in parts:
        part.step()
    changed = [name for name, p in model.named_parameters() if not p.equal(before[name])]
    assert len(changed) == len(before)
    first: Tensor = next(iter(model.parameters()))
    assert parts[2].state[first]["average"].equal(first)
