"""Random streams, decks and even spreading."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.town.dice import Deck, dice, spread

items = st.lists(st.integers(), min_size=1, max_size=12, unique=True)


def test_a_stream_depends_on_seed_and_area_alone() -> None:
    assert dice(7, "people").random() == dice(7, "people").random()
    assert dice(7, "people").random() != dice(7, "places").random()
    assert dice(7, "people").random() != dice(8, "people").random()


def test_a_stream_is_the_same_in_every_version_of_the_code() -> None:
    assert dice(7, "people").getrandbits(32) == 1306322614


@given(items, st.integers(0, 60), st.integers(0, 99))
def test_spread_uses_items_equally_often(values: list[int], count: int, seed: int) -> None:
    drawn = Counter(spread(values, count, dice(seed, "test")))
    assert drawn.total() == count
    assert set(drawn) <= set(values)
    used = [drawn[value] for value in values]
    assert max(used) - min(used) <= 1


@given(st.lists(st.text(), min_size=1, max_size=9, unique=True), st.integers(1, 4))
def test_a_deck_deals_every_item_before_any_comes_again(values: list[str], rounds: int) -> None:
    deck = Deck(values, dice(1, "deck"))
    for _ in range(rounds):
        assert sorted(deck.deal() for _ in values) == sorted(values)


def test_making_a_deck_draws_nothing() -> None:
    rng = dice(1, "deck")
    before = rng.getstate()
    Deck(["a", "b"], rng)
    assert rng.getstate() == before
