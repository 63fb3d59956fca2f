"""The next-token objective of pretraining and chat tuning, and the protocol of all objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from glaswerk.train.batches.batches import Batch
from glaswerk.train.objective.attention import use_attention
from glaswerk.train.objective.loss import linear_cross_entropy

Result = TypeVar("Result")


class Objective(Protocol):
    """(model, a part of a step's batch, `total`) → figures to report, and the loss to minimise.

    Both are sums over the part, divided by `total`, the number of labels with loss in the complete batch. So
    they add up over micro-batches and ranks to the values of the complete batch.
    """

    def __call__(
        self, model: PreTrainedModel, batch: Batch, total: int
    ) -> tuple[Mapping[str, Tensor], Tensor]: ...


def next_token(model: PreTrainedModel, batch: Batch, total: int) -> tuple[Mapping[str, Tensor], Tensor]:
    """The cross-entropy in nats of the labels that count; minimised together with the z-loss."""
    hidden = hidden_states(model, batch).flatten(0, 1)
    loss, objective = linear_cross_entropy(hidden, output_weight(model), batch.labels.flatten(), total)
    return {"loss": loss}, objective


def hidden_states(model: PreTrainedModel, batch: Batch) -> Tensor:
    """States after the last norm, (rows, length, width); pieces do not attend to each other."""
    states: Tensor = model.get_decoder()(
        input_ids=batch.inputs, attention_mask=batch.mask(), position_ids=batch.positions, use_cache=False
    ).last_hidden_state
    return states


def output_weight(model: PreTrainedModel) -> Tensor:
    """The output projection, (vocabulary, width), which is complete on every tensor-parallel rank."""
    weight: Tensor = model.get_output_embeddings().weight
    return weight.to_local() if isinstance(weight, DTensor) else weight


class Network(nn.Module):
    """Runs any computation on a model as its forward pass, so that FSDP gathers sharded weights for it."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        use_attention(model)  # takes a boolean mask; "eager" would add it to the scores
        self.model = model

    def forward(self, compute: Callable[..., Result], *arguments: Any) -> Result:
        """`compute(model, *arguments)`."""
        return compute(self.model, *arguments)
