"""`glaswerk inspect` and `glaswerk detect` on files that strangers send."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.release.marking.mark import Marker
from glaswerk.release.marking.watermark import THRESHOLD

pytest.importorskip("c2pa")
SAID = {"model": "pictures", "model_digest": "b2:0123", "seed": 3, "prompt": "a \x1b[2Jred house"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Lab.init(tmp_path_factory.mktemp("marks") / "lab").root


@pytest.fixture(scope="module")
def drawn(lab: Path) -> bytes:
    noise = Image.effect_noise((96, 96), 30)
    image = Image.merge("RGB", [noise, Image.linear_gradient("L").resize((96, 96)), noise])
    return Marker.of(lab).file(image, "png", SAID)


def _call(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def _json(*words: str) -> Any:
    result = _call(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def _saved(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    return str(path)


def test_a_drawn_file_says_who_made_it_and_control_characters_are_shown(
    lab: Path, drawn: bytes, tmp_path: Path
) -> None:
    result = _call("inspect", _saved(tmp_path / "a.png", drawn), "--lab", str(lab))
    assert result.exit_code == 0
    assert "trusted: signed by this lab, unchanged since" in result.stdout
    assert "model_digest: b2:0123" in result.stdout
    assert "\x1b" not in result.stdout
    found = _json("inspect", str(tmp_path / "a.png"), "--lab", str(lab))
    assert found["generation"] == SAID
    assert found["problems"] == []


def test_a_file_without_credentials_proves_nothing(lab: Path, drawn: bytes, tmp_path: Path) -> None:
    with Image.open(io.BytesIO(drawn)) as image:
        image.save(tmp_path / "plain.png")
    result = _call("inspect", str(tmp_path / "plain.png"), "--lab", str(lab))
    assert result.exit_code == 0
    assert "none: no Content Credentials: nothing follows" in result.stdout
    (found,) = _json("detect", str(tmp_path / "plain.png"), "--lab", str(lab))
    assert found["watermark"] is True
    assert found["score"] > found["threshold"] == THRESHOLD


def test_another_lab_finds_no_mark_of_its_own(drawn: bytes, tmp_path: Path) -> None:
    other = Lab.init(tmp_path / "other").root
    file = _saved(tmp_path / "a.png", drawn)
    result = _call("inspect", file, "--lab", str(other))
    assert "by a signer that this lab does not know" in result.stdout
    result = _call("detect", file, "--lab", str(other))
    assert "no watermark found" in result.stdout


def test_several_files_have_a_line_each(lab: Path, drawn: bytes, tmp_path: Path) -> None:
    plain = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(plain, "JPEG")
    files = [_saved(tmp_path / "a.png", drawn), _saved(tmp_path / "b.jpg", plain.getvalue())]
    lines = _call("detect", *files, "--lab", str(lab)).stdout.splitlines()
    assert [": watermark found" in line for line in lines] == [True, False]
    assert [row["file"] for row in _json("detect", *files, "--lab", str(lab))] == files


@pytest.mark.parametrize("verb", ["inspect", "detect"])
@pytest.mark.parametrize(
    "data",
    [b"", b"text", b"<svg/>", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0" * 30, b"GIF89a" + b"\0" * 50],
)
def test_what_is_no_picture_is_refused_with_its_size(
    verb: str, data: bytes, lab: Path, tmp_path: Path
) -> None:
    result = _call(verb, _saved(tmp_path / "x", data), "--lab", str(lab))
    assert isinstance(result.exception, GlaswerkError)
    assert f"found {len(data)} bytes" in result.exception.message
    assert "glaswerk explain" in str(result.exception.hint)


@pytest.mark.parametrize("verb", ["inspect", "detect"])
def test_a_file_that_is_not_there_is_wrong_usage(verb: str, lab: Path) -> None:
    result = _call(verb, "nothing.png", "--lab", str(lab))
    assert result.exit_code == 2
    assert "nothing.png" in result.output


def test_each_byte_of_the_statement_counts(lab: Path, drawn: bytes, tmp_path: Path) -> None:
    place = drawn.index(b"b2:0123")
    forged = drawn.replace(b"b2:0123", b"b2:9999")
    assert forged[place : place + 7] == b"b2:9999"
    result = _call("inspect", _saved(tmp_path / "forged.png", forged), "--lab", str(lab))
    # Pillow checks the sums of PNG chunks, so the file is refused, or its signature is found wrong.
    assert result.exit_code == 1 or isinstance(result.exception, GlaswerkError)
