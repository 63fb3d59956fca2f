"""Parameters and FLOPs of the formula are those of the network that is built."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from glaswerk.model import build
from glaswerk.plan import Shape, shape_for
from glaswerk.plan.flops import flops_of, parameters_of


@pytest.mark.parametrize(("size", "tied"), [(100_000, True), (2_000_000, True), (1_000_000, False)])
def test_the_parts_add_up_to_the_parameters_of_the_built_network(size: int, tied: bool) -> None:
    shape = shape_for(size, 512, 64, tied=tied)
    parts, model = parameters_of(shape), build(shape, seed=0, end_id=0, turn_end_id=1)
    counted = {name: p.numel() for name, p in model.named_parameters()}
    assert parts.total == shape.parameters == sum(counted.values())
    assert parts.embedding == counted["model.embed_tokens.weight"]
    assert parts.output == counted.get("lm_head.weight", 0)
    assert parts.attention == sum(n for name, n in counted.items() if "_proj" in name and "self_attn" in name)
    assert parts.feed_forward == sum(n for name, n in counted.items() if "mlp" in name)
    assert parts.norms == sum(n for name, n in counted.items() if "norm" in name)


@pytest.mark.parametrize(
    "shape",
    [
        Shape(256, 2, 128, 2, 384, 32),
        Shape(512, 3, 64, 1, 192, 80),
        Shape(320, 1, 192, 3, 512, 64),
        Shape(320, 1, 64, 1, 192, 64, tied=False),
    ],
)
def test_flops_equal_those_that_torch_counts_forward_and_backward(shape: Shape) -> None:
    model = build(shape, seed=0, end_id=0, turn_end_id=1)
    # The fused kernel of the CPU is not in torch's table of formulas, plain products are.
    model.set_attn_implementation("eager")
    rows = 3
    ids = torch.randint(0, shape.vocab_size, (rows, shape.context))
    with FlopCounterMode(display=False) as counter:
        model(input_ids=ids).logits.sum().backward()
    assert counter.get_total_flops() == flops_of(shape).per_token * rows * shape.context


def test_attention_grows_with_the_context_and_nothing_else_does() -> None:
    shape = shape_for(2_000_000, 4096, 256)
    short, long = flops_of(shape), flops_of(shape, 1024)
    assert long.attention == 4 * short.attention
    assert long.matrices == short.matrices
