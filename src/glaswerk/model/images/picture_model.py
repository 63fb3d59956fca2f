"""The picture network and its text encoder as one model, which is trained and saved together."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from glaswerk.model.images.network import NetworkShape, PictureNetwork, initialise


class PictureModel(PreTrainedModel):  # type: ignore[misc]
    """`transformer` draws what the last states of `text_encoder` say.

    A `PreTrainedModel`, so that the loop of all stages trains it; it is saved by `folder.save`, in two parts.
    """

    config_class = PretrainedConfig

    def __init__(self, shape: NetworkShape, text_encoder: PreTrainedModel, *, seed: int = 0) -> None:
        super().__init__(PretrainedConfig())
        self.shape = shape
        self.transformer = PictureNetwork(shape)
        self.text_encoder = text_encoder
        initialise(self.transformer, torch.Generator().manual_seed(seed))

    def get_decoder(self) -> nn.Module:
        """The part whose layers are sharded and compiled."""
        return self.transformer

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Last states of the captions: ids int64 and mask bool, (rows, tokens) → (rows, tokens, width)."""
        found: Tensor = self.text_encoder(
            input_ids=ids, attention_mask=mask.long(), use_cache=False
        ).last_hidden_state
        return found

    def forward(self, noisy: Tensor, times: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """The clean pictures: see `PictureNetwork`."""
        found: Tensor = self.transformer(noisy, times, states, mask)
        return found
