"""Pictures are signed and watermarked; what changes them shows."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from glaswerk.core.errors import GlaswerkError
from glaswerk.release.marking.credentials import MIME, read
from glaswerk.release.marking.mark import Marker, kind_of, read_file
from glaswerk.release.marking.watermark import THRESHOLD

pytest.importorskip("c2pa")
SAID = {"model": "pictures", "model_digest": "b2:01", "seed": 7, "prompt": "a <b>red</b> house"}


def picture(side: int = 64) -> Image.Image:
    """Something with smooth and busy parts."""
    noise = Image.effect_noise((side, side), 40)
    return Image.merge("RGB", [Image.linear_gradient("L").resize((side, side)), noise, noise])


@pytest.fixture
def marker(tmp_path: Path) -> Marker:
    return Marker.of(tmp_path)


@pytest.mark.parametrize("kind", sorted(MIME))
def test_a_file_says_how_it_was_made_and_carries_the_watermark(marker: Marker, kind: str) -> None:
    data = marker.file(picture(), kind, SAID)
    assert kind_of(data) == kind
    found = marker.inspect(data)
    assert (found.state, dict(found.generation), found.problems) == ("trusted", SAID, ())
    assert "Glaswerk lab" in found.signer
    assert marker.score(data) > THRESHOLD


@pytest.mark.parametrize("kind", sorted(MIME))
def test_a_changed_byte_is_noticed(marker: Marker, kind: str) -> None:
    data = bytearray(marker.file(picture(), kind, SAID))
    # A byte of the pixels: the credentials are at the end of a WebP and at the beginning of the others.
    data[200 if kind == "webp" else len(data) - 40] ^= 1
    found = read(bytes(data), kind, marker.authority.anchor)
    assert found.state == "invalid"
    assert found.problems


def test_another_lab_sees_that_it_is_unchanged_and_not_its_own(marker: Marker, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Marker.of(tmp_path / "other")
    data = marker.file(picture(), "png", SAID)
    assert other.inspect(data).state == "valid"
    assert other.score(data) < THRESHOLD < marker.score(data)


def test_the_watermark_stays_when_the_credentials_are_removed(marker: Marker) -> None:
    with Image.open(io.BytesIO(marker.file(picture(), "png", SAID))) as image:
        again = io.BytesIO()
        image.save(again, "JPEG", quality=80)
    assert marker.inspect(again.getvalue()).state == "none"
    assert marker.score(again.getvalue()) > THRESHOLD


def test_keys_that_are_made_by_many_at_once_are_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor(12) as threads:
        found = set(threads.map(lambda _: Marker.of(tmp_path), range(12)))
    assert len(found) == 1
    assert Marker.of(tmp_path) in found


def test_the_keys_stay_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    assert Marker.of(tmp_path) == Marker.of(tmp_path)
    files = sorted((tmp_path / "keys").iterdir())
    assert len(files) == 5
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\x89PNG\r\n\x1a\n cut", b"GIF89a"])
def test_what_is_no_picture_is_named(marker: Marker, data: bytes) -> None:
    with pytest.raises(GlaswerkError, match="expected a complete PNG, JPEG or WebP"):
        marker.inspect(data)
    with pytest.raises(GlaswerkError, match="expected a complete PNG, JPEG or WebP"):
        marker.score(data)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(GlaswerkError, match="1,000,000,000"):
        read_file(tmp_path / "large.png")
