"""Pictures are drawn together, and each as if it were alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_painters import small_painter

from glaswerk.infer.images.sampler import Drawing, Painter, times_of

# A level of 256 is 0.0078: products of other shapes sum in another order.
TOLERANCE = 1e-4


@pytest.fixture
def painter(tmp_path: Path) -> Painter:
    return Painter(small_painter(tmp_path), torch.device("cpu"))


def test_a_picture_does_not_depend_on_those_beside_it(painter: Painter) -> None:
    alone = painter.draw([Drawing("a red house", seed=3, steps=5)])[0]
    others = [Drawing("two blue boats in the middle, with rain", seed=i, steps=4 + i) for i in range(5)]
    together = painter.draw([*others, Drawing("a red house", seed=3, steps=5)])[5]
    assert (alone - together).abs().max() < TOLERANCE


def test_a_picture_that_joins_later_is_the_same(painter: Painter) -> None:
    drawing = Drawing("a red house", seed=3, steps=5)
    alone = painter.draw([drawing])[0]
    early, late = painter.begin(replace(drawing, seed=9)), painter.begin(drawing)
    painter.step([early])
    painter.step([early])
    while not late.finished:
        painter.step([canvas for canvas in (early, late) if not canvas.finished])
    assert (alone - late.noisy.clamp(-1, 1)).abs().max() < TOLERANCE


def test_seed_prompt_guidance_and_negative_each_matter(painter: Painter) -> None:
    first = Drawing("a red house", seed=3, steps=4)
    pictures = painter.draw(
        [
            first,
            first,
            replace(first, seed=4),
            replace(first, prompt="a blue boat"),
            replace(first, guidance=1.0),
            replace(first, negative="rain"),
        ]
    )
    assert (pictures[0] - pictures[1]).abs().max() < TOLERANCE
    for other in pictures[2:]:
        assert (pictures[0] - other).abs().max() > 0.001


def test_other_sizes_can_be_drawn(painter: Painter) -> None:
    found = painter.draw([Drawing("a red house", steps=2, width=48, height=16)])[0]
    assert found.shape == (3, 16, 48)


def test_the_clean_estimate_is_there_after_each_step(painter: Painter) -> None:
    canvas = painter.begin(Drawing("a red house", steps=3))
    assert canvas.clean is None
    painter.step([canvas])
    assert canvas.clean is not None
    assert canvas.clean.shape == (3, 32, 32)


def test_times_fall_from_noise_to_clean() -> None:
    times = times_of(8)
    assert len(times) == 9
    assert times[0] == 1
    assert times[-1] == 0
    assert list(times) == sorted(times, reverse=True)


def test_a_weak_edit_keeps_the_picture_and_a_mask_keeps_its_part(painter: Painter) -> None:
    start = torch.linspace(-0.9, 0.9, 3 * 32 * 32).reshape(3, 32, 32)
    weak = Drawing("a red house", steps=8, start=start, strength=0.1)
    strong = replace(weak, strength=1.0)
    near, far = painter.draw([weak])[0], painter.draw([strong])[0]
    assert (near - start).abs().mean() < (far - start).abs().mean()
    kept = torch.zeros(32, 32, dtype=torch.bool)
    kept[:, :16] = True
    masked = painter.draw([replace(strong, kept=kept)])[0]
    assert (masked - start)[:, :, :16].abs().max() < 1e-5
    assert (masked - start)[:, :, 16:].abs().mean() > 0.05
