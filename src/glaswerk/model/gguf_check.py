"""The check that ends every export: the file, read again, gives the log-probabilities of the network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PretrainedConfig
from transformers.initialization import no_init_weights

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.model.gguf_file import GgufFile
from glaswerk.model.gguf_limits import differences
from glaswerk.model.gguf_model import GgufModel
from glaswerk.model.hub_folder import HubFolder

# Rounding alone gives 1e-4; another base of RoPE, order of rows or activation gives 0.1 to 40.
TOLERANCE = 5e-3
_TOKENS = 96


def check_written(file: Path, network: HubFolder, rounded: Callable[[str], Tensor]) -> float:
    """The largest difference of a log-probability between `network` and the GGUF file that was written of it.

    rounded: a tensor of the network in the numbers of the file, so that rounding does not count. Memory holds
    the network once, in fp32. Raises GlaswerkError if a setting or a log-probability differs.
    """
    read = GgufModel(GgufFile.open(file))
    changed = differences(network.config, read.config)
    if changed:
        raise _lost("; ".join(changed))
    expected = _log_probabilities(network.config, list(network.shapes), rounded)
    found = _log_probabilities(read.config, list(read.shapes), read.tensor)
    worst = float((expected - found).abs().max())
    if not worst < TOLERANCE:
        raise _lost(f"log-probabilities differ by up to {worst:.3g}")
    return worst


def _lost(what: str) -> GlaswerkError:
    return GlaswerkError(
        f"expected the same network in the file that was written, found: {what}; the file was not kept",
        hint="serve the Hugging Face folder directly; it needs no GGUF",
    )


@torch.inference_mode()
def _log_probabilities(config: PretrainedConfig, names: list[str], tensor: Callable[[str], Tensor]) -> Tensor:
    """After each of the same few tokens, (tokens, vocabulary)."""
    with no_init_weights():
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    model.tie_weights()
    own = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    for name in track(names, "check"):
        own[name].copy_(tensor(name))
    count = min(_TOKENS, int(config.max_position_embeddings))
    ids = torch.arange(count)[None] * 7919 % int(config.vocab_size)
    logits: Tensor = model(input_ids=ids, use_cache=False).logits[0]
    return logits.float().log_softmax(-1)
