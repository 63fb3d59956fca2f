"""The plan of a run: every setting from a size and a corpus, or as the user chose it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, write_shards

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer import Shards
from glaswerk.train import TrainConfig
from glaswerk.train.batches.last_sources import Last, LastSampler
from glaswerk.train.plan import plan, sampler_of

LENGTHS = [40, 3, 17, 60, 25, 8, 90, 31] * 20


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder: Path = tmp_path_factory.mktemp("shards")
    return write_shards(folder, {"train": documents_of(LENGTHS)}, vocab_size=301)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": math.nan},
        {"epochs": -1.0},
        {"seed": -1},
        {"learning_rate": math.inf},
        {"batch_tokens": -5},
        {"context": 4},
        {"depth": -1},
        {"patience": -1},
        {"micro_rows": -2},
        {"decay_steps": -1},
    ],
)
def test_settings_out_of_range_are_refused_by_name(shards: Shards, wrong: dict[str, float]) -> None:
    with pytest.raises(GlaswerkError, match="--" + next(iter(wrong)).replace("_", "-")):
        plan(shards, TrainConfig(**wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"precision": "fp8"}, "--precision takes"),
        ({"compile": "maybe"}, "--compile takes"),
        ({"size": "big"}, "big"),
        ({"last": ("a",), "branch": 3}, "--branch leaves a run before its last part"),
    ],
)
def test_words_that_mean_nothing_are_refused(shards: Shards, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(GlaswerkError, match=words):
        plan(shards, TrainConfig(**wrong))  # type: ignore[arg-type]


@given(st.floats(0.1, 5.0), st.sampled_from([16, 64, 100]), st.integers(1, 2000))
@settings(max_examples=20, deadline=None)
def test_requested_epochs_are_covered_with_less_than_a_step_more(
    shards: Shards, epochs: float, context: int, batch: int
) -> None:
    config = TrainConfig(size="100K", epochs=epochs, context=context, batch_tokens=batch, precision="fp32")
    found = plan(shards, config)
    sampler = sampler_of(shards, config, found.rows)
    steps = found.loop.steps
    # Tokens of the corpus include end tokens, as the sampler's inputs do.
    # Passes are rounded to whole tokens, of which a step has at least 16.
    assert steps >= epochs * sampler.steps_per_epoch - 1 / 16
    assert steps - 1 <= epochs * sampler.steps_per_epoch


def test_everything_follows_from_the_size(shards: Shards) -> None:
    small, large = (plan(shards, TrainConfig(size=size, precision="fp32")) for size in ("100K", "1M"))
    assert small.shape.parameters < large.shape.parameters
    assert small.loop.learning_rate > 0
    assert small.tokens <= large.tokens
    assert small.shape.vocab_size == 320, "padded to a multiple of 64"
    assert small.loop.weight_decay == large.loop.weight_decay == 0.01


def test_what_is_chosen_is_taken(shards: Shards) -> None:
    config = TrainConfig(
        size="100K", epochs=2.0, context=32, batch_tokens=320, learning_rate=0.5, patience=7, depth=3
    )
    found = plan(shards, config)
    assert (found.rows, found.shape.context, found.shape.layers) == (10, 32, 3)
    assert (found.loop.learning_rate, found.loop.patience) == (0.5, 7)
    assert found.epochs == pytest.approx(2.0, abs=0.1)


def test_a_batch_smaller_than_a_row_is_one_row(shards: Shards) -> None:
    assert plan(shards, TrainConfig(size="100K", context=64, batch_tokens=1)).rows == 1


def test_a_branch_decays_in_proportion_unless_told_otherwise(shards: Shards) -> None:
    config = TrainConfig(size="100K", epochs=8.0, context=32, batch_tokens=320)
    trunk = plan(shards, config).loop
    at = trunk.steps // 3
    default = plan(shards, TrainConfig(**{**_fields(config), "branch": at})).loop
    assert (default.trunk, default.branch_at) == (trunk.steps, at)
    assert default.steps == at + round(0.4 / 0.6 * at)
    chosen = plan(shards, TrainConfig(**{**_fields(config), "branch": at, "decay_steps": 5})).loop
    assert chosen.steps == at + 5
    assert chosen.schedule().factor(at - 1) == trunk.schedule().factor(at - 1)
    with pytest.raises(GlaswerkError, match="a decay can branch off"):
        plan(shards, TrainConfig(**{**_fields(config), "branch": trunk.steps}))


def test_last_sources_have_their_own_part_of_the_run(shards: Shards) -> None:
    config = TrainConfig(size="100K", epochs=2.0, context=32, batch_tokens=320)
    last = Last(("late",), ((150, 160),))
    found = plan(shards, config, last)
    assert found.last is not None
    assert 0 < found.last.at < found.loop.steps
    assert found.loop.branch_at == found.last.at
    sampler = sampler_of(shards, config, found.rows, found.last)
    assert isinstance(sampler, LastSampler)
    late = {f"d{i}" for i in range(150, 160)}
    seen = [late & {span.document for span in sampler.spans(step)} for step in range(found.loop.steps)]
    assert not any(seen[: found.last.at])
    assert set().union(*seen) == late


def _fields(config: TrainConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in config.__slots__}  # type: ignore[attr-defined]
