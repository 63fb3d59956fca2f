"""A rank computes on its own GPU, or on the CPU; a host with too few GPUs is refused."""

from __future__ import annotations

import pytest
import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.machine.device import device_of_rank
from glaswerk.train.machine.environment import environment


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> list[torch.device | int]:
    """A host with two GPUs; the list gets the devices that were made current."""
    chosen: list[torch.device | int] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    return chosen


def test_without_a_gpu_every_rank_is_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("LOCAL_RANK", "7")
    assert device_of_rank() == torch.device("cpu")


@pytest.mark.parametrize(("local", "index"), [(None, 0), ("0", 0), ("1", 1)])
def test_the_local_rank_chooses_the_gpu_and_makes_it_current(
    gpus: list[torch.device | int], monkeypatch: pytest.MonkeyPatch, local: str | None, index: int
) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    if local is not None:
        monkeypatch.setenv("LOCAL_RANK", local)
    assert device_of_rank() == torch.device("cuda", index)
    assert gpus == [index]


def test_more_ranks_than_gpus_are_refused_with_the_number_that_fits(
    gpus: list[torch.device | int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(GlaswerkError, match="rank 2 of this host has no GPU: the host has 2") as refused:
        device_of_rank()
    assert "--nproc-per-node=2" in str(refused.value.hint)
    assert gpus == []


def test_the_environment_names_all_that_rounding_depends_on() -> None:
    found = environment(torch.device("cpu"))
    assert set(found) == {"torch", "device", "cpu", "threads"}
    assert found["torch"] == torch.__version__
    assert found["threads"] == torch.get_num_threads()
    assert all(found.values())
