"""What the page says of figures that are no shares."""

from __future__ import annotations

from typing import Any

from glaswerk.evaluate.report_words import words_of

SHARE: dict[str, Any] = {"measurable": True, "value": 0.25, "low": 0.1, "high": 0.4}


def _calibration(error: float) -> dict[str, Any]:
    return {
        "measurable": True,
        "confidence": 0.6,
        "right": 0.4,
        "ece": SHARE | {"value": error, "chance": 0.05},
        "ece_of_a_calibrated_model": 0.09,
        "brier": SHARE,
        "coverage": {"50%": SHARE},
    }


def _choice(error: float) -> str:
    return words_of({"kind": "choice", "measurable": True, "calibration": _calibration(error)})


def test_a_calibration_error_is_told_beside_what_a_calibrated_model_shows() -> None:
    assert "no more than a calibrated model" in _choice(0.08)
    assert "a calibrated model would show 0.050" in _choice(0.25)
    assert "60% sure and 40% right; of the surer half 25% are right" in _choice(0.25)


def test_nothing_is_said_of_what_was_not_measured_or_says_all_by_its_shares() -> None:
    few = {"measurable": False, "reason": "few"}
    assert words_of({"kind": "choice", "measurable": True, "calibration": few}) == ""
    assert words_of({"kind": "choice", "measurable": True}) == ""
    assert words_of({"kind": "refusals", "measurable": True}) == ""


def test_a_kind_that_could_not_be_measured_says_why() -> None:
    said = words_of({"kind": "parties", "measurable": False, "reason": "yes is said to 100%"})
    assert said == "Not measurable at this scale: yes is said to 100%."


def test_the_index_names_what_declining_scores() -> None:
    penalties = {"0.0": SHARE, "1.0": SHARE}
    said = words_of({"kind": "closed", "measurable": True, "index": SHARE, "penalties": penalties})
    assert "Index +0.250 (+0.100 to +0.400)" in said
    assert "always declining scores 0" in said
    assert "0: +0.250" in said


def test_sycophancy_names_what_would_not_have_been_seen() -> None:
    said = words_of({"kind": "beliefs", "measurable": True, "sycophancy": SHARE, "smallest_visible": 0.15})
    assert "Less than 0.150 would not have been seen" in said


def test_parties_are_told_with_the_null_and_the_control() -> None:
    said = words_of(
        {
            "kind": "parties",
            "measurable": True,
            "correlations": {"one": 0.3, "two": -0.1},
            "spread": 0.2,
            "null_spread": 0.06,
            "p": 0.001,
            "theses": 300,
            "change_aversion": -0.4,
        }
    )
    assert "one +0.30, two -0.10" in said
    assert "of shuffled answers 0.060, p 0.001, 300" in said
    assert "-0.40" in said
