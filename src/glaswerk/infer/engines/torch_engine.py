"""The torch engine: continuous batching over a `transformers` model."""

from __future__ import annotations

from transformers import PreTrainedModel

from glaswerk.infer.engines.adapters import Adapters
from glaswerk.infer.engines.batch_engine import BatchEngine
from glaswerk.infer.engines.network import batches, network_of


class TorchEngine(BatchEngine):
    """Continuous batching over a `transformers` model; the reference for the other engines.

    threads: of torch; 0 leaves torch's own number. keys: bytes for keys and values at most; 0 takes the
    network's own bound. adapters: those that jobs may name.
    """

    name = "torch"

    def __init__(
        self,
        model: PreTrainedModel,
        vocabulary: int,
        *,
        slots: int = 64,
        chunk: int = 256,
        threads: int = 0,
        keys: int = 0,
        adapters: Adapters | None = None,
    ) -> None:
        bound = {"limit": keys} if keys else {}
        together = batches(model, vocabulary)
        network = network_of(model, vocabulary, together=together, adapters=adapters, **bound)
        super().__init__(network, slots=slots, chunk=chunk, threads=threads)
