"""The OpenVINO engine: the same batcher over OpenVINO's network, faster than torch on a CPU."""

from __future__ import annotations

import os

from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.batch_engine import BatchEngine
from glaswerk.infer.engines.batcher import Running
from glaswerk.infer.engines.job import Job
from glaswerk.infer.engines.openvino_network import OpenVinoNetwork


class OpenVinoEngine(BatchEngine):
    """Continuous batching in OpenVINO. Every job that the torch engine can do, it can do."""

    name = "openvino"

    def __init__(self, network: OpenVinoNetwork, *, slots: int = 64, chunk: int = 256) -> None:
        self._context = network.context
        # Its tensors are small: a second thread of torch would wait longer than it works.
        super().__init__(network, slots=slots, chunk=chunk, threads=1)

    def submit(self, job: Job) -> Running:
        """Queue a job. Raises GlaswerkError if the engine is closed or the job is longer than the context."""
        if len(job.prompt) + job.max_tokens > self._context:
            raise GlaswerkError(
                f"expected a prompt and answer of up to {self._context} tokens, found {len(job.prompt)} and "
                f"{job.max_tokens}",
                hint="ask for a shorter answer or shorten the prompt",
            )
        return super().submit(job)


def openvino_engine(
    model: PreTrainedModel, vocabulary: int, *, slots: int = 64, threads: int = 0
) -> OpenVinoEngine:
    """The engine over a loaded model in fp32. threads: 0 takes all cores but one."""
    network = OpenVinoNetwork(model, vocabulary, rows=slots, threads=threads or spare_cores())
    return OpenVinoEngine(network, slots=slots)


def spare_cores() -> int:
    """The cores of this process but one, which the gateway needs."""
    return max(
        1, len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 2) - 1
    )
