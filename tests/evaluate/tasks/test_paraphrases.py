"""Contradictions are counted over pairs of wordings, beside what guessing would give."""

from __future__ import annotations

from glaswerk.evaluate.tasks.paraphrases import contradiction, paraphrase_figures


def test_pairs_of_wordings_whose_choices_differ() -> None:
    assert contradiction([1, 1, 1, 1]) == 0
    assert contradiction([0, 1, 2]) == 1
    assert contradiction([0, 0, 1]) == 2 / 3


def test_a_model_that_never_contradicts_itself_may_still_be_wrong() -> None:
    items = [{"id": str(i), "contradiction": 0.0, "right": 0.0, "choices": 4} for i in range(30)]
    found = paraphrase_figures(items, 0)
    assert found["contradiction"]["value"] == 0
    assert found["contradiction"]["chance"] == 0.75
    assert found["right"]["high"] < 0.2
