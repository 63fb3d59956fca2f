"""Our Muon takes torch's steps, on one process and with matrices cut among several."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sharded_muon
import torch
from safetensors.torch import load_file
from sharded_muon import Net, trained
from torch import nn

from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train.checkpoint.state import places_for, state_of
from glaswerk.train.optim.muon import COEFFICIENTS, ROUNDS, Muon, orthogonal
from glaswerk.train.optim.optimizer import optimizers, set_precision, set_rate
from glaswerk.train.parallel.exchange import shared_out

SHAPES = [(24, 16), (16, 24), (16, 16), (24, 16), (7, 5), (1, 9)]
RANK = Path(sharded_muon.__file__)


def _matrices() -> list[nn.Parameter]:
    chance = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=chance)) for shape in SHAPES]


def _steps(optimizer: torch.optim.Optimizer, matrices: list[nn.Parameter]) -> list[torch.Tensor]:
    chance = torch.Generator().manual_seed(1)
    for _ in range(5):
        for matrix in matrices:
            matrix.grad = torch.randn(matrix.shape, generator=chance)
        optimizer.step()
    return [matrix.detach() for matrix in matrices]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_five_steps_equal_those_of_torchs_muon(dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    if dtype is torch.float32:  # torch's iteration is in bfloat16 always; here it must not round
        monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.float)
    theirs, ours = _matrices(), _matrices()
    settings = {"lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95}
    wanted = _steps(torch.optim.Muon(theirs, adjust_lr_fn="match_rms_adamw", **settings), theirs)
    found = _steps(Muon(ours, dtype=dtype, **settings), ours)
    # In bfloat16 the order of sums shows: a step moves entries by 2e-4, so this is a few per cent of it.
    allowed = 1e-5 if dtype is torch.float32 else 3e-5
    for one, other in zip(wanted, found, strict=True):
        torch.testing.assert_close(other, one, atol=allowed, rtol=0)


@pytest.mark.parametrize("shape", [(3, 12, 20), (3, 20, 12), (2, 8, 8), (1, 1, 6)])
def test_singular_values_go_through_the_polynomial_and_vectors_stay(shape: tuple[int, ...]) -> None:
    torch.manual_seed(2)
    stack = torch.randn(shape, dtype=torch.float64)
    left, values, right = torch.linalg.svd(stack, full_matrices=False)
    values = values / values.norm(dim=-1, keepdim=True)
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        values = a * values + b * values**3 + c * values**5
    torch.testing.assert_close(orthogonal(stack), left * values[:, None] @ right, atol=1e-5, rtol=0)


def test_a_matrix_without_gradient_or_with_one_of_zeros_keeps_its_values() -> None:
    still, zero = (nn.Parameter(torch.ones(3, 4)) for _ in range(2))
    zero.grad = torch.zeros(3, 4)
    optimizer = Muon([still, zero], lr=0.1, weight_decay=0.0, dtype=torch.float32)
    optimizer.step()
    assert still not in optimizer.state
    torch.testing.assert_close(still.data, torch.ones(3, 4))
    torch.testing.assert_close(zero.data, torch.ones(3, 4))


def test_state_survives_the_way_through_named_tensors() -> None:
    def trained(steps: int) -> tuple[nn.Module, list[torch.optim.Optimizer]]:
        model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
        parts = optimizers(model, learning_rate=0.01, weight_decay=0.1)
        for step in range(steps):
            _backward(model, step, parts)
        return model, parts

    whole, _ = trained(4)
    model, parts = trained(2)
    saved = {name: tensor.clone() for name, tensor in state_of(model, parts).items()}
    assert any(name.endswith("/momentum_buffer") for name in saved)
    fresh = optimizers(model, learning_rate=0.01, weight_decay=0.1)
    places = places_for({name: (t.shape, t.dtype) for name, t in saved.items()}, model, fresh)
    for name, place in places.items():
        place.copy_(saved[name])
    for step in (2, 3):
        _backward(model, step, fresh)
    for one, other in zip(whole.parameters(), model.parameters(), strict=True):
        assert torch.equal(one, other)


def _backward(model: nn.Module, step: int, parts: list[torch.optim.Optimizer]) -> None:
    ids = torch.randint(0, 320, (2, 32), generator=torch.Generator().manual_seed(step))
    model(input_ids=ids, labels=ids).loss.backward()
    for part in parts:
        part.step()
        part.zero_grad()


def test_every_parameter_is_in_one_group_with_its_share_of_the_rate() -> None:
    model = build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)
    parts = optimizers(model, learning_rate=0.01, weight_decay=0.1, embedding_ratio=0.5)
    muon, adamw = parts
    set_precision(parts, "bf16")
    assert muon.dtype is torch.bfloat16
    grouped = [p for part in parts for group in part.param_groups for p in group["params"]]
    assert sorted(map(id, grouped)) == sorted(map(id, model.parameters()))
    assert all(p.ndim == 2 for p in muon.param_groups[0]["params"])
    set_rate(muon, 0.02)
    set_rate(adamw, 0.02)
    embeddings, norms = adamw.param_groups
    assert [muon.param_groups[0]["lr"], embeddings["lr"], norms["lr"]] == [0.02, 0.01, 0.02]
    assert embeddings["params"] == [model.get_input_embeddings().weight]


def test_where_the_output_is_a_table_of_its_own_the_embedding_learns_faster_if_told_so() -> None:
    model = build(shape_for(100_000, 320, 64, tied=False), seed=3, end_id=0, turn_end_id=1)
    for ratio, rate in ((4.0, 0.02), (1.0, 0.005)):
        parts = optimizers(
            model, learning_rate=0.01, weight_decay=0.1, embedding_ratio=0.5, input_ratio=ratio
        )
        rates = {id(p): group["lr"] for group in parts[1].param_groups for p in group["params"]}
        assert rates[id(model.get_output_embeddings().weight)] == 0.005
        assert rates[id(model.get_input_embeddings().weight)] == rate


def test_work_is_shared_out_evenly() -> None:
    shapes = [torch.Size((64, 64))] * 8 + [torch.Size((64, 192))] * 4
    owners = shared_out(shapes, 4)
    assert [owners[8:].count(rank) for rank in range(4)] == [1] * 4
    assert [owners.count(rank) for rank in range(4)] == [3] * 4


@pytest.mark.cluster
@pytest.mark.parametrize(("ranks", "layout"), [(2, "fsdp"), (3, "fsdp"), (4, "hsdp"), (4, "fsdp+tp")])
def test_matrices_cut_among_ranks_take_the_steps_of_one_process(
    ranks: int, layout: str, tmp_path: Path
) -> None:
    one = trained(Net())
    _launch(ranks, layout, tmp_path / "many.safetensors", tmp_path / "store")
    many = load_file(tmp_path / "many.safetensors")
    assert one.keys() == many.keys()
    assert any(name.endswith("/momentum_buffer") for name in one)
    for name, value in one.items():
        torch.testing.assert_close(many[name], value, atol=1e-5, rtol=0, msg=lambda m, n=name: f"{n}: {m}")


def _launch(ranks: int, layout: str, out: Path, store: Path) -> None:
    """Run the script in `ranks` processes, which meet in a file: no port can be taken already."""
    command = [sys.executable, str(RANK), str(store), str(ranks), layout, str(out)]
    started = [
        subprocess.Popen([*command, str(rank)], env=os.environ | {"OMP_NUM_THREADS": "1"})
        for rank in range(ranks)
    ]
    assert [process.wait(timeout=200) for process in started] == [0] * ranks
