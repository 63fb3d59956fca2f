"""The report of an image model over the town's pictures."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from picture_labs import add_colours
from PIL import Image
from small_painters import small_painter
from x_pictures import folder, lines

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_images
from glaswerk.evaluate.images.evaluate_images import evaluate_images
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.model.images.folder import save
from glaswerk.town.pictures import build_pictures


def _model(lab: Lab, path: Path, corpus: Artifact) -> Artifact:
    def write(out: Path) -> dict[str, Any]:
        save(small_painter(path, side=32), out)
        return {}

    return lab.make(Spec("image-model", "pictures", "test/1", {"corpus": corpus.id}, {}), write)


def _town(lab: Lab, path: Path) -> Artifact:
    pictures = build_pictures(40, Random(4))
    files: dict[str, bytes | str] = {f"{i}.png": one.png() for i, one in enumerate(pictures)}
    rows = [one.record(f"{i}.png") for i, one in enumerate(pictures)]
    folder(path, {**files, "metadata.jsonl": lines(*rows)})
    add_images(lab, [path], licence="CC0-1.0", acquired="synthetic", name="town")
    return curate(lab)


def test_a_report_has_shares_distances_and_sheets(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    model = _model(lab, tmp_path / "tokenizer", _town(lab, tmp_path / "pictures"))
    report = evaluate_images(lab, model, prompts=3, steps=2)
    found = json.loads((report.path / "report.json").read_text())
    drawn = found["drawn"]
    assert 1 <= drawn <= 3
    assert found["following"]["objects"]["n"] == drawn
    assert 0 <= found["following"]["everything"]["value"] <= found["following"]["objects"]["value"] <= 1
    assert found["memorisation"]["extractor"] == "pixels 16x16"
    assert found["memorisation"]["median_distance_drawn"] > 0
    assert report.inputs == {"image-model": model.id}
    with Image.open(report.path / "drawn.png") as sheet:
        assert sheet.height == 32
    with Image.open(report.path / "pairs.png") as sheet:
        assert sheet.width >= 2 * 32
    assert evaluate_images(lab, model, prompts=3, steps=2) == report


def test_captions_that_are_not_the_towns_are_not_judged(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    model = _model(lab, tmp_path / "tokenizer", add_colours(lab, tmp_path / "pictures"))
    found = json.loads((evaluate_images(lab, model, prompts=2, steps=1).path / "report.json").read_text())
    assert found["following"] is None


def test_a_model_whose_corpus_is_gone_is_not_measured(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab")
    corpus = add_colours(lab, tmp_path / "pictures")
    model = _model(lab, tmp_path / "tokenizer", corpus)
    lab.remove(corpus)
    with pytest.raises(GlaswerkError, match="no longer in the lab"):
        evaluate_images(lab, model)
