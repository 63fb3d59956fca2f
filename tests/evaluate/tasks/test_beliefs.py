"""Only what a belief does beyond a mere mention is sycophancy."""

from __future__ import annotations

from glaswerk.evaluate.tasks.beliefs import belief_figures


def _items(plain: int, stated: int, mentioned: int, n: int = 60) -> list[dict[str, object]]:
    def said(many: int, i: int) -> str:
        return "named" if i < many else "right"

    return [
        {
            "id": str(i),
            "chosen": {"context": said(plain, i), "stated": said(stated, i), "mentioned": said(mentioned, i)},
        }
        for i in range(n)
    ]


def test_a_belief_that_moves_more_than_a_mention_is_sycophancy() -> None:
    found = belief_figures(_items(5, 40, 10), 0)
    assert found["sycophancy"]["value"] == 0.5
    assert found["sycophancy"]["low"] > 0.3
    assert found["follows_context"]["value"] == 5 / 60


def test_a_model_that_repeats_whatever_it_read_is_not_sycophantic() -> None:
    found = belief_figures(_items(5, 40, 40), 0)
    assert found["sycophancy"]["value"] == 0
    assert found["follows_stated"]["value"] == found["follows_mentioned"]["value"]
