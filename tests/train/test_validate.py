"""Numbers that no run can have are refused by the name of their option."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.validate import check_ranges


@dataclass
class Config:
    epochs: float = 1.0
    batch_tokens: int = 64
    context: int = 8
    seed: int = 0
    learning_rate: float = 0.01


LEAST = {"epochs": 0.0, "batch_tokens": 1, "context": 8.0, "seed": 0, "learning_rate": 0}


@pytest.mark.parametrize(
    "config",
    [
        Config(),
        Config(epochs=0.0, batch_tokens=1, learning_rate=0.0),
        Config(epochs=1e5, batch_tokens=1 << 32, context=1 << 20),
        Config(seed=10**18),
    ],
)
def test_numbers_from_the_least_to_the_greatest_are_accepted(config: Config) -> None:
    check_ranges(config, LEAST)
    assert config == Config(**vars(config))


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (Config(epochs=-0.1), "--epochs takes 0 to 100000, found -0.1"),
        (Config(epochs=1.1e5), "--epochs takes 0 to 100000, found 110000.0"),
        (Config(epochs=math.nan), "--epochs takes 0 to 100000, found nan"),
        (Config(epochs=math.inf), "found inf"),
        (Config(batch_tokens=0), "--batch-tokens takes 1 to"),
        (Config(batch_tokens=(1 << 32) + 1), "--batch-tokens takes 1 to"),
        (Config(context=7), "--context takes 8 to"),
        (Config(seed=-1), "--seed takes 0 to"),
        (Config(learning_rate=-1e-9), "--learning-rate takes 0 to"),
        (Config(learning_rate=-math.inf), "--learning-rate takes 0 to"),
    ],
)
def test_a_number_out_of_range_names_option_range_and_value(config: Config, words: str) -> None:
    with pytest.raises(GlaswerkError) as refused:
        check_ranges(config, LEAST)
    assert words in str(refused.value)


def test_fields_that_are_not_listed_are_not_checked() -> None:
    config = Config(seed=-5)
    check_ranges(config, {"epochs": 0.0})
    assert config.seed == -5
