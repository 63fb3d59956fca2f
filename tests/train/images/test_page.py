"""The report of an image run as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from glaswerk.train.images.page import SECTIONS, render_report

LOOKS = [
    {"step": 10, "value": 0.5, "low": 0.4, "high": 0.6, "n": 32},
    {"step": 20, "value": 0.3, "low": 0.2, "high": 0.4, "n": 32},
]


def _figures(**more: Any) -> dict[str, Any]:
    curve = [
        {
            "step": step,
            "tokens": 64 * step,
            "loss": 1 / step,
            "rate": 0.01,
            "norm": 1.0,
            "tokens_per_second": 640,
        }
        for step in range(1, 21)
    ]
    found = {
        "name": "pictures <b>",
        "steps": 40,
        "done": 20,
        "tokens": 64,
        "parameters": 5_000_000,
        "text_parameters": 700_000,
        "data": {"pictures": "1,000", "side, pixels": 64},
        "curve": curve,
        "looks": LOOKS,
        "captions": ["two <i>red</i> houses"],
        "result": None,
    }
    return {**found, **more}


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    for step in (10, 20):
        Image.new("RGB", (4, 4)).save(tmp_path / f"step-{step}.png")
    return tmp_path


def test_a_running_report_has_every_section_and_the_latest_sheet_first(samples: Path) -> None:
    page = render_report(_figures(), samples)
    for name, title in SECTIONS.items():
        assert f'id="{name}"' in page
        assert title in page
    assert page.index("Step 20") < page.index("Step 10")
    assert page.count("data:image/png;base64,") == 2
    assert "running, 20 of 40 steps" in page
    assert "0.3000" in page
    assert "10.0" in page, "640 patches a second are ten pictures"


def test_names_and_captions_are_text(samples: Path) -> None:
    page = render_report(_figures(), samples)
    assert "<i>red</i>" not in page
    assert "&lt;i&gt;red&lt;/i&gt;" in page
    assert "pictures <b>" not in page


def test_a_finished_report_says_so(samples: Path) -> None:
    assert "finished, 20 of 40 steps" in render_report(_figures(result={"steps": 40}), samples)


def test_a_report_without_validations_says_what_is_missing(tmp_path: Path) -> None:
    page = render_report(_figures(looks=[], captions=[]), tmp_path)
    assert "No picture is held out" in page
    assert "data:image" not in page


def test_a_report_of_one_step_has_no_curves(tmp_path: Path) -> None:
    figures = _figures(looks=[], curve=_figures()["curve"][:1])
    assert "Learning rate" not in render_report(figures, tmp_path)
