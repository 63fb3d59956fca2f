"""What a request for pictures may ask, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.infer.images.sampler import GUIDANCE, STEPS
from glaswerk.serve.contract.schema import check
from glaswerk.serve.errors import ApiError
from glaswerk.serve.images.request import GENERATIONS, Asked, size_of

PROMPT = {"prompt": "a red house"}


def _asked(**fields: Any) -> Asked:
    body = {**PROMPT, **fields}
    check(body, GENERATIONS)
    return Asked.of(body, side=64, patch=8)


def test_a_prompt_alone_has_the_defaults_of_the_model() -> None:
    asked = _asked()
    assert (asked.width, asked.height, asked.n) == (64, 64, 1)
    assert (asked.steps, asked.guidance, asked.kind, asked.quality) == (STEPS, GUIDANCE, "png", 100)
    assert 0 <= asked.seed < 2**31
    assert not asked.stream


def test_nulls_are_as_if_they_were_left_out() -> None:
    names = ("n", "size", "seed", "steps", "guidance_scale", "negative_prompt", "output_format", "quality")
    asked = _asked(**dict.fromkeys((*names, "stream", "partial_images", "user", "model")))
    assert (asked.size, asked.n, asked.kind) == ("64x64", 1, "png")


def test_each_picture_has_the_next_seed() -> None:
    drawings = _asked(n=3, seed=40, size="32x96", negative_prompt="rain").drawings(strength=0.5)
    assert [one.seed for one in drawings] == [40, 41, 42]
    assert {(one.width, one.height, one.negative, one.strength) for one in drawings} == {
        (32, 96, "rain", 0.5)
    }


@pytest.mark.parametrize(
    ("quality", "steps"), [("low", 12), ("high", 40), ("hd", 40), ("auto", STEPS), ("standard", STEPS)]
)
def test_a_word_on_quality_is_a_number_of_steps(quality: str, steps: int) -> None:
    assert _asked(quality=quality).steps == steps
    assert _asked(quality=quality, steps=7).steps == 7


def test_the_seed_zero_is_a_seed() -> None:
    assert _asked(seed=0).seed == 0


@pytest.mark.parametrize(
    ("text", "size"),
    [(None, (64, 64)), ("auto", (64, 64)), ("16x128", (16, 128)), ("128x16", (128, 16)), ("64x64", (64, 64))],
)
def test_sizes_up_to_twice_the_side_can_be_drawn(text: str | None, size: tuple[int, int]) -> None:
    assert size_of(text, 64, 8) == size


@pytest.mark.parametrize(
    "text",
    ["", "64", "64X64", "64x", "x64", "64x64x64", "-64x64", "8x64", "60x64", "136x64", "٦٤x٦٤", "1e2x64"],
)
def test_other_sizes_are_refused_with_what_can_be_drawn(text: str) -> None:
    with pytest.raises(ApiError, match="a multiple of 8 from 16 to 128; this model learned 64x64"):
        size_of(text, 64, 8)


@given(st.text(max_size=20))
def test_any_text_is_a_size_or_refused(text: str) -> None:
    try:
        width, height = size_of(text, 64, 8)
    except ApiError:
        return
    assert width % 8 == height % 8 == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"n": 11},
        {"n": 1.5},
        {"n": True},
        {"n": "2"},
        {"steps": 0},
        {"steps": 101},
        {"guidance_scale": 0.5},
        {"guidance_scale": float("nan")},
        {"seed": 2**60},
        {"partial_images": 4},
        {"output_compression": 101},
        {"prompt": "a" * 32_001},
        {"prompt": 5},
        {"prompt": ["a"]},
        {"stream": "yes"},
        {"quality": "best"},
        {"response_format": "url"},
        {"moderation": "none"},
        {"strength": 0.5},
    ],
)
def test_values_out_of_range_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as error:
        _asked(**fields)
    assert error.value.status == 400


def test_compression_is_for_formats_that_have_it() -> None:
    assert _asked(output_format="webp", output_compression=40).quality == 40
    assert _asked(output_format="png", output_compression=100).quality == 100
    with pytest.raises(ApiError, match="output_compression"):
        _asked(output_format="png", output_compression=40)
