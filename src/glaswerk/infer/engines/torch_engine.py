"""The torch engine: continuous batching over a `transformers` model."""

from __future__ import annotations

from transformers import PreTrainedModel

from glaswerk.infer.engines.batch_engine import BatchEngine
from glaswerk.infer.engines.network import batches, network_of


class TorchEngine(BatchEngine):
    """Continuous batching over a `transformers` model; the reference for the other engines.

    threads: of torch; 0 leaves torch's own number.
    """

    name = "torch"

    def __init__(
        self, model: PreTrainedModel, vocabulary: int, *, slots: int = 64, chunk: int = 256, threads: int = 0
    ) -> None:
        network = network_of(model, vocabulary, together=batches(model, vocabulary))
        super().__init__(network, slots=slots, chunk=chunk, threads=threads)
