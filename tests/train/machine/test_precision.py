"""The precision of matrix products: chosen by a probe, or by name."""

from __future__ import annotations

import pytest
import torch

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.machine.precision import PRECISIONS, autocast, bf16_gain, resolve


@pytest.mark.parametrize(
    ("gain", "chosen"), [(2.0, "bf16"), (1.21, "bf16"), (1.2, "fp32"), (0.67, "fp32"), (1.0, "fp32")]
)
def test_auto_is_bf16_if_the_probe_finds_a_clear_gain(
    gain: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glaswerk.train.machine.precision.bf16_gain", lambda: gain)
    assert resolve("auto") == chosen


@pytest.mark.parametrize("name", sorted(PRECISIONS))
def test_a_named_precision_needs_no_probe(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_probe() -> float:
        raise AssertionError("probed")

    monkeypatch.setattr("glaswerk.train.machine.precision.bf16_gain", no_probe)
    assert resolve(name) == name


@pytest.mark.parametrize("name", ["fp8", "", "BF16", "float32", "auto "])
def test_another_word_is_refused_with_the_words_there_are(name: str) -> None:
    with pytest.raises(GlaswerkError, match="--precision takes auto, fp32 or bf16, found") as refused:
        resolve(name)
    assert repr(name) in str(refused.value)
    assert "auto measures" in str(refused.value.hint)


@pytest.mark.parametrize(("name", "kind"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_inside_the_context_have_its_dtype(name: str, kind: torch.dtype) -> None:
    left, right = torch.ones(2, 3), torch.ones(3, 2)
    with autocast(name):
        assert (left @ right).dtype is kind
    assert (left @ right).dtype is torch.float32


def test_the_probe_is_measured_once_and_is_positive() -> None:
    first = bf16_gain()
    assert first > 0
    assert bf16_gain() == first
