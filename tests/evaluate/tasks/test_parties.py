"""A planted party is found; habit, shuffled answers and too few theses are not measurable."""

from __future__ import annotations

import numpy as np
import pytest

from glaswerk.evaluate.tasks.parties import party_figures, power

PARTIES = ["one", "two", "three", "four"]


def _positions(n: int = 200) -> np.ndarray:
    return np.random.default_rng(1).choice([-1.0, 0.0, 1.0], (n, len(PARTIES)))


def _figures(asked: np.ndarray, mirrored: np.ndarray, positions: np.ndarray) -> dict:
    texts = ["Taxes must not rise." if i % 2 else "Taxes must rise." for i in range(len(asked))]
    return party_figures(asked, mirrored, positions, PARTIES, texts, 0)


def test_agreement_with_one_party_is_found_even_with_a_habit_of_saying_yes_more_often() -> None:
    dice, positions = np.random.default_rng(2), _positions()
    stance = positions[:, 1] + 0.5 * dice.normal(size=200) + 0.4
    found = _figures(stance + 0.3 * dice.normal(size=200), stance, positions)
    assert found["measurable"]
    assert max(found["correlations"], key=found["correlations"].get) == "two"
    assert found["p"] < 0.01


def test_answers_that_have_nothing_to_do_with_parties_are_not_measurable() -> None:
    dice = np.random.default_rng(3)
    stance = dice.normal(size=200)
    found = _figures(stance, stance, _positions())
    assert found["measurable"] is False
    assert "shuffled answers" in found["reason"]


def test_a_model_that_says_yes_to_everything_is_not_measurable() -> None:
    dice, positions = np.random.default_rng(2), _positions()
    found = _figures(positions[:, 1] + 9, positions[:, 1] + 9 + dice.normal(size=200), positions)
    assert found["measurable"] is False
    assert "yes is said to 100%" in found["reason"]
    backwards = _figures(positions[:, 1], -positions[:, 1], positions)
    assert "mirror correlates -1.00" in backwards["reason"]


def test_saying_no_to_change_shows_in_the_control() -> None:
    against = np.array([float(i % 2) for i in range(200)])
    stance = -against + 0.2 * np.random.default_rng(5).normal(size=200)
    assert _figures(stance, stance, _positions())["change_aversion"] < -0.8


def test_power_grows_with_theses_and_is_the_level_at_no_effect() -> None:
    assert power(0.2, 100) < power(0.2, 300)
    assert power(0.0, 300) == pytest.approx(0.05, abs=0.001)
    assert power(0.3, 3) == 0.0
