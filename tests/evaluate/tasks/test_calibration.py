"""A calibrated model reads as one, an overconfident one does not, and a few questions say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from glaswerk.evaluate.tasks.calibration import calibration, ece


def _answers(trust: float, n: int = 1500) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and answers that are right as often as `trust` of the distance to one half says."""
    dice = np.random.default_rng(4)
    sure = dice.uniform(0.3, 1.0, n)
    return sure, (dice.random(n) < 0.5 + trust * (sure - 0.5)).astype(float)


def test_a_calibrated_model_is_within_what_chance_shows_and_an_overconfident_one_is_not() -> None:
    good, bad = (calibration(*_answers(trust), seed=0) for trust in (1.0, 0.0))
    assert good["ece"]["value"] <= good["ece_of_a_calibrated_model"] * 1.5
    assert bad["ece"]["value"] > 3 * bad["ece_of_a_calibrated_model"]
    assert bad["brier"]["value"] > good["brier"]["value"]


def test_the_surer_half_of_a_calibrated_model_is_more_often_right() -> None:
    coverage = calibration(*_answers(1.0), seed=0)["coverage"]
    assert coverage["25%"]["value"] > coverage["50%"]["value"] > coverage["100%"]["value"]


def test_the_error_is_the_mean_distance_over_bins() -> None:
    assert ece(np.array([0.95, 0.95, 0.15]), np.array([1.0, 0.0, 0.0])) == pytest.approx((0.9 + 0.15) / 3)


def test_few_questions_are_not_measurable() -> None:
    assert calibration([0.5] * 9, [1.0] * 9, seed=0)["measurable"] is False
