"""Networks come out as plain Hugging Face folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact
from glaswerk.model import build, load, save
from glaswerk.plan import shape_for
from glaswerk.plan.shape import parse_size


def test_plain_transformers_gives_the_same_logits(chat_model: Artifact) -> None:
    from transformers import AutoModelForCausalLM

    ids = torch.arange(40)[None] % 300
    reference: Any = AutoModelForCausalLM.from_pretrained(chat_model.path)
    with torch.inference_mode():
        ours = load(chat_model.path)(input_ids=ids).logits
        theirs = reference(input_ids=ids).logits
    assert torch.equal(ours, theirs)


def test_saved_weights_load_unchanged(tmp_path: Path) -> None:
    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    save(model, tmp_path)
    loaded = load(tmp_path).state_dict()
    assert all(torch.equal(value, loaded[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("wished", [100_000, 2_000_000, 14_000_000])
def test_the_counted_parameters_are_those_of_the_network(wished: int) -> None:
    shape = shape_for(wished, 4096, 128)
    model = build(shape, seed=0, end_id=0, turn_end_id=1)
    assert sum(p.numel() for p in model.parameters()) == shape.parameters


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    shape = shape_for(100_000, 320, 64)
    first, again, other = (build(shape, seed=s, end_id=0, turn_end_id=1).state_dict() for s in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["model.embed_tokens.weight"], other["model.embed_tokens.weight"])


@pytest.mark.parametrize(
    ("text", "count"), [("2M", 2_000_000), ("1.8m", 1_800_000), ("350K", 350_000), ("7", 7)]
)
def test_sizes_are_read_with_their_unit(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "big", "0", "-2M", "2MB", "1e6"])
def test_a_size_that_is_no_number_is_refused_with_the_value_found(text: str) -> None:
    with pytest.raises(GlaswerkError, match="found"):
        parse_size(text)


def test_a_folder_without_a_model_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError) as error:
        load(tmp_path)
    assert error.value.hint
