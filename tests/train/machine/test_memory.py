"""Running out of memory is told from other errors; freed memory stays with the process."""

from __future__ import annotations

import sys

import pytest
import torch

from glaswerk.train.machine.memory import is_out_of_memory, keep_freed_memory


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (RuntimeError(""), False),
        (RuntimeError("the disk is full"), False),
    ],
)
def test_only_failed_allocations_count_as_out_of_memory(error: RuntimeError, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_torchs_own_refusal_of_a_huge_tensor_is_recognised() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert is_out_of_memory(refused.value)


def test_freed_memory_is_kept_only_where_glibc_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_freed_memory() is False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc is a library of Linux")
def test_setting_it_twice_does_no_harm() -> None:
    assert keep_freed_memory() == keep_freed_memory()
