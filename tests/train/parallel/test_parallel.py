"""A run on several ranks is the run on one, by rounding; what cannot be divided is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from launch import column, launch
from rank import Job, model, train
from safetensors.torch import load_file

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.checkpoint.policy import Checkpoints, written_steps
from glaswerk.train.machine.compiling import has_compiler
from glaswerk.train.objective.next_token import Network
from glaswerk.train.parallel.context_parallel import slice_rows, use_context
from glaswerk.train.parallel.degrees import Parallel
from glaswerk.train.parallel.tensor_parallel import check_divisible
from glaswerk.train.parallel.world import open_world

# Sums in another order, over six steps: losses near 5.8 differed by 7e-7, weights of norm 5 by 4e-6.
LOSS, WEIGHTS = 5e-6, 1e-5


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("alone")
    train(folder, Job())
    return folder


def _assert_equal(folder: Path, alone: Path) -> None:
    for name in ("loss", "norm"):
        np.testing.assert_allclose(column(folder, name), column(alone, name), rtol=LOSS)
    assert column(folder, "tokens") == column(alone, "tokens")
    ours, theirs = (load_file(path / "model" / "model.safetensors") for path in (folder, alone))
    assert ours.keys() == theirs.keys()
    for name, weight in theirs.items():
        assert (ours[name] - weight).norm() <= WEIGHTS * weight.norm(), name


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("ranks", "parallel"), [(2, "shard=2"), (4, "replicate=2,shard=2"), (2, "tensor=2"), (2, "context=2")]
)
def test_losses_gradient_norms_and_weights_equal_those_of_one_rank(
    ranks: int, parallel: str, alone: Path, tmp_path: Path
) -> None:
    launch(ranks, tmp_path, parallel=parallel)
    _assert_equal(tmp_path, alone)


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.parametrize("parallel", ["shard=4", "shard=2,tensor=2", "context=2,tensor=2"])
def test_degrees_of_several_kinds_together_equal_one_rank(parallel: str, alone: Path, tmp_path: Path) -> None:
    launch(4, tmp_path, parallel=parallel)
    _assert_equal(tmp_path, alone)


def test_rows_of_a_network_with_windows_are_not_divided() -> None:
    network = Network(model()).model
    network.config.layer_types = ["sliding_attention", "full_attention"]
    mesh: Any = None
    with pytest.raises(GlaswerkError, match="see the whole row"):
        use_context(network, mesh)


@pytest.mark.cluster
def test_micro_batches_on_two_ranks_equal_one_rank(alone: Path, tmp_path: Path) -> None:
    launch(2, tmp_path, parallel="shard=2", micro_rows=1)
    _assert_equal(tmp_path, alone)


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")
def test_layers_compiled_on_two_ranks_equal_one_rank_that_is_not(alone: Path, tmp_path: Path) -> None:
    launch(2, tmp_path, parallel="shard=2", compile=True)
    _assert_equal(tmp_path, alone)


@pytest.mark.cluster
@pytest.mark.slow
def test_weights_gathered_in_bf16_stray_no_further_from_fp32_than_bf16_on_one_rank(
    alone: Path, tmp_path: Path
) -> None:
    """Rounding decides where AdamW's first steps go: 3.7 % of the embeddings' norm here, sharded or not."""
    train(tmp_path / "one", Job(precision="bf16"))
    launch(2, tmp_path / "two", parallel="shard=2", precision="bf16")
    np.testing.assert_allclose(column(tmp_path / "two", "loss"), column(tmp_path / "one", "loss"), rtol=1e-3)
    assert _distance(tmp_path / "two", alone) < 1.1 * _distance(tmp_path / "one", alone)
    assert _distance(tmp_path / "two", tmp_path / "one") < _distance(tmp_path / "one", alone)


def _distance(folder: Path, other: Path) -> float:
    """Between the weights of two runs, all of them as one vector."""
    ours, theirs = (load_file(path / "model" / "model.safetensors") for path in (folder, other))
    return float(sum((ours[name] - weight).square().sum() for name, weight in theirs.items()) ** 0.5)


@pytest.mark.cluster
def test_one_rank_goes_on_from_what_two_ranks_saved(alone: Path, tmp_path: Path) -> None:
    launch(2, tmp_path, parallel="shard=2", every=2)
    saved = Checkpoints(tmp_path)
    assert written_steps(tmp_path) == [4, 6]
    saved.remove(6)
    train(tmp_path, Job())
    _assert_equal(tmp_path, alone)


@pytest.mark.cluster
@pytest.mark.slow
def test_three_ranks_go_on_from_what_one_saved_and_one_from_theirs(tmp_path: Path) -> None:
    train(tmp_path / "alone", Job(rows=6))
    folder = tmp_path / "changing"
    train(folder, Job(rows=6, every=2))
    for ranks, step in ((3, 4), (2, 2)):
        Checkpoints(folder).remove(6)
        Checkpoints(folder).remove(step + 2)
        launch(ranks, folder, rows=6, every=2)
    _assert_equal(folder, tmp_path / "alone")


def test_a_slice_keeps_labels_positions_and_who_sees_whom() -> None:
    positions = torch.tensor([[0, 1, 2, 0, 1], [0, 1, 2, 3, 4]])
    batch = Batch(torch.arange(10).view(2, 5), torch.arange(10).view(2, 5), positions, torch.tensor([5, 5]))
    parts = [slice_rows(batch, rank, 2) for rank in range(2)]
    assert torch.cat([part.labels for part in parts], 1)[:, :5].equal(batch.labels)
    assert torch.cat([part.positions for part in parts], 1)[:, :5].equal(positions)
    assert parts[1].labels[:, -1].eq(IGNORED).all()
    mask = batch.mask()
    assert mask is not None
    assert torch.cat([part.mask() for part in parts], 2)[:, :, :5, :5].equal(mask)
    assert sum(part.tokens for part in parts) == batch.tokens
    assert [row.seen.shape[0] for row in parts[0].micro(1)] == [1, 1]


@pytest.mark.parametrize(
    ("asked", "ranks", "told"),
    [
        ("shard=3", 4, "--parallel shard 3 does not make 4 ranks"),
        ("tensor=2", 3, "--parallel tensor 2 does not make 3 ranks"),
        ("replicate=2,shard=4", 4, "degrees that do: shard=4"),
        ("tensor=0", 4, "does not make 4 ranks"),
    ],
)
def test_degrees_that_do_not_make_the_world_are_refused_with_some_that_do(
    asked: str, ranks: int, told: str
) -> None:
    with pytest.raises(GlaswerkError) as refused:
        Parallel.parse(asked).fitted(ranks)
    assert told in refused.value.message


def test_every_degree_that_a_refusal_offers_makes_the_world() -> None:
    with pytest.raises(GlaswerkError) as refused:
        Parallel(tensor=5).fitted(12)
    offers = refused.value.message.rpartition(": ")[2].split("; ")
    assert len(offers) == 4
    for offer in offers:
        Parallel.parse(offer).fitted(12)


@pytest.mark.parametrize("text", ["shard", "shard=x", "data=2", "shard=2,shard=2", "shard=-1"])
def test_words_that_are_no_degrees_are_refused(text: str) -> None:
    with pytest.raises(GlaswerkError, match="--parallel takes degrees"):
        Parallel.parse(text)


def test_rows_that_cannot_be_shared_equally_name_the_batch_that_fits() -> None:
    with pytest.raises(GlaswerkError, match="5 rows") as refused:
        Parallel(shard=2).check_rows(5, 256)
    assert refused.value.hint == "--batch-tokens 1024 or 1536"
    Parallel(replicate=2, shard=2, tensor=3).check_rows(8, 256)


def test_heads_that_cannot_be_divided_name_the_degrees_that_can() -> None:
    with pytest.raises(GlaswerkError, match=r"tensor=4 cannot divide .* 2 attention heads") as refused:
        check_divisible(model().config, 4)
    assert "1, 2" in str(refused.value.hint)


def test_half_an_environment_of_torchrun_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with pytest.raises(GlaswerkError, match="RANK=0 and WORLD_SIZE=None"), open_world(Parallel()):
        pass
