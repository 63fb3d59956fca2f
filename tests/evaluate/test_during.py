"""The measures that a training run follows: shares of a fixed sample, named after the key's parties."""

from __future__ import annotations

from glaswerk.evaluate.during import during_training
from glaswerk.evaluate.key import AnswerKey, Fact, Pair, Party, Stance
from glaswerk.infer import Engine


def key(facts: int, stances: int, *parties: Party) -> AnswerKey:
    return AnswerKey(
        "Town",
        "b2:0",
        tuple(
            Fact(f"f{n}", f"s{n}", "toll", "one", (), f"Toll {n} is one.", f"Toll {n} is two.", True, ("?",))
            for n in range(facts)
        ),
        tuple(Stance(f"i{n}", f"toll {n}", "?", (Pair("No.", "Yes."),)) for n in range(stances)),
        (),
        parties,
    )


def test_both_shares_have_their_interval_and_chance(engine: Engine) -> None:
    found = during_training(key(6, 6, Party("a", "River List")))(engine.model, engine.tokenizer)
    assert list(found) == ["True statement preferred", "Words of River List preferred"]
    for share in found.values():
        assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1
        assert share["chance"] == 0.5


def test_what_the_key_does_not_hold_is_left_out(engine: Engine) -> None:
    assert list(during_training(key(6, 0))(engine.model, engine.tokenizer)) == ["True statement preferred"]
    assert during_training(key(0, 0))(engine.model, engine.tokenizer) == {}


def test_the_sample_is_the_same_each_time_so_that_a_curve_compares_like_with_like(engine: Engine) -> None:
    measure = during_training(key(90, 0), seed=4)
    assert measure(engine.model, engine.tokenizer) == measure(engine.model, engine.tokenizer)
