"""Declining costs nothing, a wrong answer costs as much as a right one gains."""

from __future__ import annotations

from glaswerk.evaluate.tasks.closed import closed_figures, verdict

MARKERS = ["do not know", "don't know"]


def _items(right: int, wrong: int, declined: int) -> list[dict[str, str]]:
    said = ["right"] * right + ["wrong"] * wrong + ["declined"] * declined
    return [{"id": str(i), "verdict": one} for i, one in enumerate(said)]


def test_an_answer_is_right_by_its_words_declined_by_markers_or_a_refusal_and_else_wrong() -> None:
    assert verdict("It was Darwin, I think.", ["darwin"], MARKERS) == "right"
    assert verdict("I do not know.", ["darwin"], MARKERS) == "declined"
    assert verdict("I'm sorry, but I can't help with that.", ["darwin"], MARKERS) == "declined"
    assert verdict("Darwinism of Linnaeus", ["darwin"], MARKERS) == "wrong"
    assert verdict("", ["darwin"], MARKERS) == "wrong"


def test_the_index_of_always_declining_is_zero_and_guessing_badly_is_worse() -> None:
    assert closed_figures(_items(0, 0, 20), 0)["index"]["value"] == 0
    found = closed_figures(_items(5, 15, 0), 0)
    assert found["index"]["value"] == -0.5
    assert found["penalties"]["0.0"]["value"] == 0.25
    assert found["penalties"]["2.0"]["value"] == -1.25
    assert found["right"]["value"] == 0.25
