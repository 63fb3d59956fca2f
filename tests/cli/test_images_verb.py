"""`glaswerk images`: from a folder of captioned pictures to a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from picture_labs import add_colours
from PIL import Image

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


def _call(*words: str) -> str:
    result = CliRunner().invoke(cli, words)
    if result.exception and isinstance(result.exception, GlaswerkError):
        return f"{result.exception.message} | {result.exception.hint}"
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_model_is_trained_and_draws(tmp_path: Path) -> None:
    lab, out = str(tmp_path / "lab"), tmp_path / "drawn.png"
    add_colours(Lab.init(lab), tmp_path / "pictures")
    assert "the lab has no image model" in _call("images", "draw", "a red square", "--lab", lab)
    words = ("--preset", "tiny", "--side", "16", "--steps", "3", "--batch", "4", "--precision", "fp32")
    made = json.loads(_call("images", "train", *words, "--lab", lab, "--json"))
    assert (made["kind"], made["name"], made["stats"]["steps"]) == ("image-model", "pictures", 3)
    draw = ("images", "draw", "a red square", "--out", str(out), "--steps", "2", "--lab", lab)
    found = json.loads(_call(*draw, "-n", "3", "--seed", "5", "--json"))
    assert found["seeds"] == [5, 6, 7]
    assert found["model_digest"] == made["digest"]
    with Image.open(out) as image:
        assert image.size == (3 * 16 + 2 * 2, 16)
    assert "expected --count from 1 to 100" in _call(*draw, "-n", "1000000000")
    assert "expected --steps from 1 to 1000" in _call(*draw, "--steps", "0")
    assert "image-model named 'other'" in _call(*draw, "--model", "other")
    assert "expected a file name" in _call("images", "draw", "x", "--out", "a.svg", "--lab", lab)


@pytest.mark.slow
def test_a_drawn_file_says_who_drew_it(tmp_path: Path) -> None:
    lab, out = str(tmp_path / "lab"), tmp_path / "drawn.jpg"
    add_colours(Lab.init(lab), tmp_path / "pictures")
    words = ("--preset", "tiny", "--side", "16", "--steps", "2", "--batch", "4", "--precision", "fp32")
    made = json.loads(_call("images", "train", *words, "--lab", lab, "--json"))
    _call("images", "draw", "a red square", "--out", str(out), "--steps", "2", "--seed", "9", "--lab", lab)
    found = json.loads(_call("inspect", str(out), "--lab", lab, "--json"))
    assert found["state"] == "trusted"
    assert found["generation"]["model_digest"] == made["digest"]
    assert found["generation"]["seed"] == 9
    assert "signed by this lab" in _call("inspect", str(out), "--lab", lab)
    assert "score" in _call("detect", str(out), "--lab", lab)
    data = bytearray(out.read_bytes())
    data[-30] ^= 1
    out.write_bytes(data)
    result = CliRunner().invoke(cli, ["inspect", str(out), "--lab", lab])
    assert result.exit_code == 1
    assert "changed since it was signed" in result.stdout


@pytest.mark.slow
def test_a_model_is_measured(tmp_path: Path) -> None:
    lab = str(tmp_path / "lab")
    add_colours(Lab.init(lab), tmp_path / "pictures")
    words = ("--preset", "tiny", "--side", "16", "--steps", "2", "--batch", "4", "--precision", "fp32")
    _call("images", "train", *words, "--lab", lab)
    made = json.loads(_call("images", "evaluate", "--prompts", "2", "--steps", "2", "--lab", lab, "--json"))
    assert (made["kind"], made["name"]) == ("report", "images-pictures")
    assert made["stats"]["following"] is None
    assert 0 <= made["stats"]["memorisation"]["copied_share"] <= 1
    assert (tmp_path / "lab" / "reports" / "images-pictures" / "pairs.png").exists()
    assert "expected --prompts from 1" in _call("images", "evaluate", "--prompts", "0", "--lab", lab)
