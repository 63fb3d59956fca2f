"""An image run end to end: it learns colours, resumes exactly, leaves a lineage, a report and a pipeline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from picture_labs import COLOURS, add_colours
from safetensors.torch import load_file
from small_painters import CAPTIONS

from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.infer.images.sampler import Drawing, Painter
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model import build
from glaswerk.model import save as save_text_model
from glaswerk.model.images.folder import load
from glaswerk.plan import Shape
from glaswerk.tokenizer import Tokenizer
from glaswerk.tokenizer.training import write_tokenizer
from glaswerk.train.images.batches import PictureSampler
from glaswerk.train.images.plan import PRESETS, ImageConfig, plan
from glaswerk.train.images.train_images import captions_of, train_images
from tests.support.ctrl_c import press

CONFIG = ImageConfig(preset="tiny", side=16, steps=6, batch=4, precision="fp32")
_WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("coloured")
    add_colours(Lab.init(folder / "lab"), folder / "pictures")
    return folder / "lab"


@pytest.fixture
def coloured(prepared: Path, tmp_path: Path) -> Lab:
    shutil.copytree(prepared, tmp_path / "lab")
    return Lab.open(tmp_path / "lab")


def test_a_run_leaves_a_model_with_its_lineage_and_a_report(coloured: Lab) -> None:
    made = train_images(coloured, CONFIG)
    assert made.kind == "image-model"
    assert made.inputs["corpus"] == coloured.need("corpus", "main", hint="").id
    assert made.stats["steps"] == 6
    assert made.config["side"] == 16
    report = coloured.root / made.stats["report"]
    figures = json.loads((report.parent / "report.json").read_text())
    assert [look["step"] for look in figures["looks"]] == list(range(1, 7))
    assert figures["result"]["parameters"] == made.stats["parameters"]
    assert "data:image/png;base64," in report.read_text()
    assert {c.document for c in captions_of(coloured, made)} <= {row["id"] for row in _documents(coloured)}
    left = {path.name for path in report.parent.rglob("*") if path.suffix in (".npy", ".part")}
    assert not left, "decoded pictures stay nowhere"


@pytest.mark.slow
def test_a_finished_run_is_found_and_another_seed_is_another_model(coloured: Lab) -> None:
    made = train_images(coloured, CONFIG)
    assert train_images(coloured, CONFIG) == made
    other = train_images(coloured, ImageConfig(**{**_settings(), "seed": 1}), name="other")
    assert other.id != made.id
    assert other.digest != made.digest


@pytest.mark.slow
def test_an_interrupted_run_ends_with_the_same_weights(
    coloured: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _weights(train_images(coloured, CONFIG))
    coloured.remove(coloured.need("image-model", "pictures", hint=""))
    plain: Callable[..., Any] = PictureSampler.batch

    def stopping(sampler: PictureSampler, step: int) -> Any:
        if step == 3:
            press()
        return plain(sampler, step)

    with monkeypatch.context() as patched:
        patched.setattr(PictureSampler, "batch", stopping)
        with pytest.raises(Interrupted):
            train_images(coloured, CONFIG)
    resumed = _weights(train_images(coloured, CONFIG))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


@pytest.mark.slow
def test_it_learns_which_colour_a_caption_names(coloured: Lab) -> None:
    made = train_images(coloured, ImageConfig(preset="tiny", side=16, steps=400, batch=8, precision="fp32"))
    painter = Painter(load(made.path))
    for colour, expected in COLOURS.items():
        prompt = f"a {colour} square of shade number 1 on a wall"
        drawn = painter.draw([Drawing(prompt, seed=seed, steps=12) for seed in range(4)])
        mean = (torch.stack(drawn).mean(dim=(0, 2, 3)) + 1) * 127.5
        nearest = min(COLOURS, key=lambda name: _distance(mean, COLOURS[name]))
        assert nearest == colour, (colour, mean, expected)


def _language_model(lab: Lab) -> Artifact:
    def write(folder: Path) -> dict[str, Any]:
        write_tokenizer(folder, CAPTIONS, 300)
        tokenizer = Tokenizer.load(folder)
        shape = Shape(tokenizer.vocab_size, layers=1, width=64, heads=1, feed_forward=128, context=64)
        end, turn_end = tokenizer.end_id, tokenizer.turn_end_id
        save_text_model(build(shape, seed=3, end_id=end, turn_end_id=turn_end), folder)
        return {}

    return lab.make(Spec("model", "base/step-0", "test/1", {}, {}), write)


@pytest.mark.slow
def test_a_copy_of_a_language_model_reads_the_captions(coloured: Lab) -> None:
    reader = _language_model(coloured)
    made = train_images(coloured, CONFIG, text_model="base")
    assert made.inputs["text_model"] == reader.id
    assert made.id != train_images(coloured, CONFIG, name="other").id
    found = load(made.path)
    assert found.model.shape.text_width == 64
    before = load_file(reader.path / "model.safetensors")["model.embed_tokens.weight"]
    after = found.model.text_encoder.embed_tokens.weight
    assert after.shape == before.shape
    assert not torch.equal(after, before), "it learns with the network"


def test_a_language_model_that_is_not_there_is_named(coloured: Lab) -> None:
    with pytest.raises(GlaswerkError, match="no model named 'nothing'"):
        train_images(coloured, CONFIG, text_model="nothing")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"preset": "huge"}, "expected a preset"),
        ({"side": 33}, "expected a side in pixels"),
        ({"side": 10**9}, "expected a side in pixels"),
        ({"steps": -1}, "expected --steps"),
        ({"batch": 10**9}, "expected --batch"),
        ({"precision": "int4"}, "--precision takes"),
    ],
)
def test_settings_out_of_range_are_named(coloured: Lab, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(GlaswerkError, match=words):
        train_images(coloured, ImageConfig(**{**_settings(), **settings}))


def test_the_side_follows_the_pictures_within_the_preset() -> None:
    assert plan(ImageConfig(), 28).side == 28
    assert plan(ImageConfig(), 640).side == PRESETS["cpu"].most == 64
    assert plan(ImageConfig(), 5).side == 16
    assert plan(ImageConfig(preset="gpu"), 300).tokens == 256


def _settings() -> dict[str, Any]:
    return {name: getattr(CONFIG, name) for name in CONFIG.__slots__}


def _weights(made: Artifact) -> dict[str, torch.Tensor]:
    return load_file(made.path / _WEIGHTS)


def _distance(mean: torch.Tensor, colour: tuple[int, int, int]) -> float:
    return float((mean - torch.tensor(colour)).abs().sum())


def _documents(lab: Lab) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = pq.read_table(lab.root / "corpora/main/documents.parquet").to_pylist()
    return found
