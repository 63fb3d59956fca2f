"""What quantised weights lose: log-probabilities beside those of the fp32 network on the same texts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True)
class WeightLoss:
    """Mean absolute difference of the tokens' log-probabilities (nats), and bits per byte of both.

    The bits are per token where the size of the texts is not known.
    """

    difference: float
    bits: float
    bits_exact: float
    per: str

    def __str__(self) -> str:
        return (
            f"log-probabilities differ by {self.difference:.3g} nats on average; {self.bits:.4f} bits a "
            f"{self.per} instead of {self.bits_exact:.4f}"
        )


class Scores(Protocol):
    """A network that gives the logits of a whole text."""

    vocabulary: int

    def logits(self, ids: Sequence[int]) -> Tensor:
        """Logits after every token, (tokens, vocabulary)."""


def weight_loss(
    model: PreTrainedModel,
    network: Scores,
    texts: Sequence[Sequence[int]],
    size: Callable[[Sequence[int]], int] | None = None,
) -> WeightLoss:
    """Measured on token ids of held-out texts. size: the bytes of a text from its second token on."""
    differences, ours, exact = [], [], []
    for ids in texts:
        a, b = _own(network.logits(ids), ids), _own(_exact(model, ids)[:, : network.vocabulary], ids)
        differences.append((a - b).abs())
        ours.append(a)
        exact.append(b)
    units = sum(size(ids) for ids in texts) if size else sum(map(len, ours))
    bits, bits_exact = (-float(torch.cat(v).sum()) / math.log(2) / max(1, units) for v in (ours, exact))
    return WeightLoss(float(torch.cat(differences).mean()), bits, bits_exact, "byte" if size else "token")


@torch.inference_mode()
def _exact(model: PreTrainedModel, ids: Sequence[int]) -> Tensor:
    found: Tensor = model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0].float()
    return found


def _own(logits: Tensor, ids: Sequence[int]) -> Tensor:
    """The log-probability of every token but the first."""
    return logits[:-1].log_softmax(-1).gather(1, torch.tensor(list(ids[1:]))[:, None])[:, 0]
