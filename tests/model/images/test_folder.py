"""A saved picture model is a pipeline of diffusers, and draws there what it draws here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from small_painters import small_painter

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.images.sampler import Drawing, Painter
from glaswerk.model.images.folder import INDEX, load, save


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("prompt", ["a red house", "“two” blue &amp; white boats  ", ""])
def test_diffusers_draws_the_same_picture(tmp_path: Path, prompt: str, guidance: float) -> None:
    diffusers = pytest.importorskip("diffusers")
    save(small_painter(tmp_path / "tokenizer"), _made(tmp_path / "model"))
    pipeline = diffusers.DiffusionPipeline.from_pretrained(str(tmp_path / "model"))
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        prompt,
        num_inference_steps=6,
        guidance_scale=guidance,
        use_resolution_binning=False,
        generator=torch.Generator().manual_seed(5),
        output_type="pt",
    ).images[0]
    drawing = Drawing(prompt, seed=5, steps=6, guidance=guidance)
    ours = Painter(load(tmp_path / "model")).draw([drawing])[0]
    assert type(pipeline).__name__ == "PRXPixelPipeline"
    # A level of 256 is 0.0078; only the order of sums differs.
    assert (ours - theirs.clamp(-1, 1)).abs().max() < 1e-4


@pytest.mark.parametrize("bottleneck", [0, 16])
def test_a_saved_model_is_loaded_with_the_same_weights(tmp_path: Path, bottleneck: int) -> None:
    made = small_painter(tmp_path / "tokenizer", bottleneck=bottleneck)
    save(made, _made(tmp_path / "model"))
    found = load(tmp_path / "model")
    assert found.side == made.side
    assert found.prompts.ids("a red house") == made.prompts.ids("a red house")
    for name, value in made.model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], value), name


@pytest.mark.parametrize(
    ("file", "content", "word"),
    [
        (INDEX, json.dumps({"_class_name": "StableDiffusionPipeline"}), "StableDiffusionPipeline"),
        (INDEX, "{", "Expecting"),
        ("transformer/config.json", json.dumps({"hidden_size": 64}), "num_heads"),
        ("transformer/diffusion_pytorch_model.safetensors", "pickle?", "header"),
        ("tokenizer/tokenizer_config.json", json.dumps({"bos_token": "<none>"}), "none"),
    ],
)
def test_a_damaged_folder_is_refused_with_what_was_found(
    tmp_path: Path, file: str, content: str, word: str
) -> None:
    save(small_painter(tmp_path / "tokenizer"), _made(tmp_path / "model"))
    (tmp_path / "model" / file).write_text(content)
    with pytest.raises(GlaswerkError, match=f"expected a picture model in .*{word}"):
        load(tmp_path / "model")


def test_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match=INDEX):
        load(tmp_path / "nothing")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
