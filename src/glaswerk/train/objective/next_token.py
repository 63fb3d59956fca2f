"""The next-token objective of pretraining and chat tuning, and the protocol of all objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from glaswerk.train.batches.batches import Batch
from glaswerk.train.objective.attention import masks, use_attention
from glaswerk.train.objective.loss import cross_entropy, linear_cross_entropy

Result = TypeVar("Result")
# Settings that change logits after the output projection.
_HEAD_SETTINGS = ("final_logit_softcapping", "logits_scaling", "logit_scale", "lm_head_multiplier")


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
    if not is_plain_head(model):
        loss, objective = cross_entropy(logits(model, batch).flatten(0, 1), batch.labels.flatten(), total)
        return {"loss": loss}, objective
    hidden = hidden_states(model, batch).flatten(0, 1)
    loss, objective = linear_cross_entropy(hidden, output_weight(model), batch.labels.flatten(), total)
    return {"loss": loss}, objective


def hidden_states(model: PreTrainedModel, batch: Batch) -> Tensor:
    """States after the last norm, (rows, length, width); pieces do not attend to each other."""
    states: Tensor = model.get_decoder()(**_arguments(model, batch)).last_hidden_state
    return states


def logits(model: PreTrainedModel, batch: Batch) -> Tensor:
    """Logits of every position, (rows, length, vocabulary), as the network computes them itself."""
    found: Tensor = model(**_arguments(model, batch)).logits
    return found


def _arguments(model: PreTrainedModel, batch: Batch) -> dict[str, Any]:
    return {
        "input_ids": batch.inputs,
        "attention_mask": masks(model, batch.mask, batch.positions),
        "position_ids": batch.positions,
        "use_cache": False,
    }


def is_plain_head(model: PreTrainedModel) -> bool:
    """Whether logits are the last states times the output projection: Gemma 2 caps, Granite scales them."""
    bias = getattr(model.get_output_embeddings(), "bias", None)
    return bias is None and not any(getattr(model.config, name, None) for name in _HEAD_SETTINGS)


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
