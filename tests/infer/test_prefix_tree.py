"""Scores from a tree of tokens are those of each sequence alone, and shared beginnings run once."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig, LlamaConfig, MambaConfig, Qwen3Config

from glaswerk.infer.prefix_tree import PrefixTree, scores_trees

SIZE = 97
SHAPE: dict[str, Any] = {
    "vocab_size": SIZE,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 1024,
}


def _model(config: Any) -> Any:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(config).eval()


def _windowed() -> Any:
    """Layers that see eight tokens back, and one that sees all."""
    kinds = ["sliding_attention", "sliding_attention", "full_attention"]
    return Gemma3TextConfig(**SHAPE, num_hidden_layers=3, layer_types=kinds, sliding_window=8)


@pytest.fixture(params=["llama", "qwen3", "windows"])
def model(request: pytest.FixtureRequest) -> Any:
    configs = {
        "llama": lambda: LlamaConfig(**SHAPE, num_hidden_layers=2),
        "qwen3": lambda: Qwen3Config(**SHAPE, num_hidden_layers=2),
        "windows": _windowed,
    }
    return _model(configs[request.param]())


def _rows() -> list[tuple[list[int], int]]:
    """Questions after one beginning, with answers; and what is odd: equal, nested, alone, very long."""
    dice = random.Random(7)

    def ids(count: int) -> list[int]:
        return [dice.randrange(SIZE) for _ in range(count)]

    head = ids(120)
    rows = []
    for question in [head + ids(25) for _ in range(12)]:
        rows += [(question + ids(count), count) for count in (1, 3, 9)]
    whole = rows[4][0]
    rows += [rows[0], (whole[:-1], 2), (whole[:130], 5), ([*whole, 5, 6], 4)]
    rows += [(ids(700), 650), (ids(2), 1), (head[:40], 39)]
    return rows


def _alone(model: Any, ids: list[int], count: int) -> tuple[np.ndarray[Any, Any], list[bool]]:
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([ids[:-1]]), use_cache=False).logits[0].log_softmax(-1)
    places = range(len(ids) - count, len(ids))
    values = np.array([float(logits[at - 1, ids[at]]) for at in places])
    return values, [int(logits[at - 1].argmax()) == ids[at] for at in places]


def test_every_token_scores_as_in_its_sequence_alone(model: Any) -> None:
    assert scores_trees(model, SIZE)
    rows = _rows()
    for (ids, count), branch in zip(rows, PrefixTree(model, SIZE).score(rows), strict=True):
        values, tops = _alone(model, ids, count)
        np.testing.assert_allclose(branch.values, values, atol=2e-4)
        assert branch.tops.tolist() == tops


def test_a_shared_beginning_runs_once(model: Any) -> None:
    tree, rows = PrefixTree(model, SIZE), _rows()[:36]
    tree.score(rows)
    assert tree.run_tokens == len({tuple(ids[:n]) for ids, _ in rows for n in range(1, len(ids))})


def test_no_sequence_gives_no_score(model: Any) -> None:
    assert PrefixTree(model, SIZE).score([]) == []


def test_a_model_without_attention_is_refused() -> None:
    assert not scores_trees(_model(MambaConfig(vocab_size=SIZE, hidden_size=32, num_hidden_layers=2)), SIZE)
