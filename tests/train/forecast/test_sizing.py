"""A budget buys the largest size that it pays for and that the corpus can fill."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_shards import documents_of, write_shards

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.shape import parse_size
from glaswerk.tokenizer import Shards
from glaswerk.train.forecast.prediction import Target
from glaswerk.train.forecast.sizing import within_budget
from glaswerk.train.plan import TrainConfig, plan

CONFIG = TrainConfig(context=64, precision="fp32")
GPU = Target("h100")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    folder = tmp_path_factory.mktemp("shards")
    return write_shards(folder, {"train": documents_of([60] * 2000)}, vocab_size=320)


def _size(shards: Shards, budget: str, target: Target = GPU) -> int:
    return parse_size(within_budget(shards, CONFIG, target, budget).size)


def test_more_time_buys_no_smaller_network(shards: Shards) -> None:
    priced, sizes = Target("a10", price_per_hour=3600.0), list[int]()
    for power in range(14):
        try:
            sizes.append(_size(shards, f"{0.001 * 2**power:.3f}", priced))
        except GlaswerkError:  # only budgets below the first that suffices are refused
            sizes = [*sizes, 0] if sizes else sizes
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_no_budget_buys_a_network_that_the_corpus_cannot_fill(shards: Shards) -> None:
    chosen = within_budget(shards, CONFIG, GPU, "1000h")
    planned = plan(shards, chosen)
    assert planned.tokens >= 2 * planned.shape.parameters
    assert within_budget(shards, CONFIG, GPU, "2000h") == chosen


def test_money_buys_the_hours_that_it_pays_for(shards: Shards) -> None:
    priced = Target("h100", price_per_hour=60.0)
    assert _size(shards, "0.5", priced) == _size(shards, "30s", priced)


def test_everything_but_the_size_stays_as_chosen(shards: Shards) -> None:
    chosen = within_budget(shards, TrainConfig(context=64, seed=9, patience=5), GPU, "1min")
    assert (chosen.context, chosen.seed, chosen.patience) == (64, 9, 5)


def test_a_tiny_corpus_gets_the_smallest_network(tmp_path: Path) -> None:
    tiny = write_shards(tmp_path / "tiny", {"train": documents_of([20, 30])}, vocab_size=320)
    assert _size(tiny, "10h") == 65536


@pytest.mark.parametrize("budget", ["", "soon", "-1h", "0s"])
def test_a_budget_that_is_none_is_refused(shards: Shards, budget: str) -> None:
    with pytest.raises(GlaswerkError):
        within_budget(shards, CONFIG, GPU, budget)
