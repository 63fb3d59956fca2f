"""The text encoder of a picture model: small and new, or a copy of a language model."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.model import build, save
from glaswerk.model.images import text_encoder
from glaswerk.model.images.network import NetworkShape
from glaswerk.model.images.picture_model import PictureModel
from glaswerk.plan import Shape


@pytest.fixture
def language_model(tmp_path: Path) -> Path:
    shape = Shape(vocab_size=300, layers=1, width=64, heads=1, feed_forward=128, context=64)
    save(build(shape, seed=3, end_id=1, turn_end_id=2), tmp_path / "lm")
    return tmp_path / "lm"


def test_a_copy_has_the_states_of_the_language_model(language_model: Path) -> None:
    from glaswerk.model.text_network import load

    whole, copied = load(language_model), text_encoder.copied(language_model)
    ids = torch.tensor([[5, 6, 7]])
    expected = whole(input_ids=ids, output_hidden_states=True).hidden_states[-1]
    assert torch.allclose(copied(input_ids=ids).last_hidden_state, expected, atol=1e-5)
    assert not hasattr(copied, "lm_head")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="cannot load a model"):
        text_encoder.copied(tmp_path)


def test_a_small_one_follows_from_its_seed() -> None:
    first, again, other = (
        text_encoder.small(50, width=64, layers=2, end_id=1, seed=seed, length=16) for seed in (1, 1, 2)
    )
    for name, value in first.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
    assert not torch.equal(first.embed_tokens.weight, other.embed_tokens.weight)


def test_padding_changes_no_state_before_it(language_model: Path) -> None:
    encoder = text_encoder.copied(language_model)
    model = PictureModel(NetworkShape(32, 2, 1, 4, 64), encoder)
    short = model.states(torch.tensor([[5, 6]]), torch.ones(1, 2, dtype=torch.bool))
    mask = torch.tensor([[True, True, False]])
    long = model.states(torch.tensor([[5, 6, 1]]), mask)
    assert torch.allclose(short, long[:, :2], atol=1e-5)
