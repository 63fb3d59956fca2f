"""Choose the engine of a model: OpenVINO on a CPU where a trial shows that it writes what torch writes."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.batcher import Batcher
from glaswerk.infer.engines.job import Emission, Job, TokenEngine
from glaswerk.infer.engines.network import Network
from glaswerk.infer.engines.torch_engine import TorchEngine
from glaswerk.infer.engines.weight_loss import WeightLoss, weight_loss
from glaswerk.infer.sampling import Sampling

EngineName = Literal["auto", "torch", "openvino"]
Weights = Literal["f32", "int8", "int4"]
_COUNT = 16
# Two tokens this close in log-probability may change places with the order of a sum.
_TIE = 1e-3


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine that runs; why it is this one, in words; what its weights lose against fp32, if they do."""

    engine: TokenEngine
    why: str
    loss: WeightLoss | None = None


def choose_engine(
    model: PreTrainedModel,
    vocabulary: int,
    *,
    wanted: str = "auto",
    weights: str = "f32",
    texts: Sequence[Sequence[int]] = (),
    slots: int = 64,
    threads: int = 0,
    keys: int = 0,
) -> Choice:
    """The engine for a loaded model. Whatever goes wrong in OpenVINO, the answer is torch and the reason.

    weights: of OpenVINO; "int8" and "int4" are measured on `texts` (token ids) or on a trial's own answers.
    threads: 0 takes torch's own number, and all cores but one for OpenVINO. keys: bytes for keys and values
    at most; 0 takes the engine's own bound. Raises GlaswerkError for a name
    that is none of `EngineName` or `Weights`.
    """
    for value, known, name in ((wanted, EngineName, "engine"), (weights, Weights, "weights")):
        if value not in get_args(known):
            raise GlaswerkError(
                f"expected {name} to be one of {', '.join(get_args(known))}, found {value!r:.80}",
                hint='glaswerk serve, with engine = "auto" in lab.toml',
            )
    why = "torch is what was asked for" if wanted == "torch" else _obstacle(model)
    if not why:
        try:
            return _openvino(model, vocabulary, weights, texts, slots, threads, keys)
        # A server must start: whatever the library raises becomes the reason for torch.
        except Exception as error:  # noqa: BLE001
            why = f"OpenVINO cannot run this model: {_short(error)}"
    return Choice(TorchEngine(model, vocabulary, slots=slots, threads=threads, keys=keys), why)


def _obstacle(model: PreTrainedModel) -> str:
    if importlib.util.find_spec("openvino") is None:
        return "OpenVINO is not installed: pip install 'glaswerk[openvino]'"
    if model.device.type != "cpu":
        return f"the model is on {model.device.type}, where torch is faster"
    return ""


def _openvino(
    model: PreTrainedModel,
    vocabulary: int,
    weights: Any,
    texts: Sequence[Sequence[int]],
    slots: int,
    threads: int,
    keys: int,
) -> Choice:
    # OpenVINO is an extra.
    from glaswerk.infer.engines.openvino_engine import OpenVinoEngine, spare_cores
    from glaswerk.infer.engines.openvino_network import OpenVinoNetwork

    network = OpenVinoNetwork(
        model,
        vocabulary,
        weights=weights,
        rows=slots,
        threads=threads or spare_cores(),
        **({"limit": keys} if keys else {}),
    )
    answers = trial(network)
    if weights != "f32":
        loss = weight_loss(model, network, texts or answers)
        return Choice(
            OpenVinoEngine(network, slots=slots), f"OpenVINO with weights of {weights}: {loss}", loss
        )
    parted = _parts(model, vocabulary, answers)
    if parted:
        raise GlaswerkError(parted)
    return Choice(OpenVinoEngine(network, slots=slots), "OpenVINO writes what torch writes in a trial")


def trial(network: Network) -> list[list[int]]:
    """Prompts of three lengths with the greedy answers of a network, written together."""
    size = network.vocabulary
    prompts = [[(step * i + 3) % size for i in range(count)] for step, count in ((7, 40), (5, 9), (11, 70))]
    heard: list[list[Emission]] = [[] for _ in prompts]
    greedy = Sampling(0.0)
    Batcher(network).run(
        Job(prompt, _COUNT, greedy, listen=own.append) for prompt, own in zip(prompts, heard, strict=True)
    )
    written = [[token.id for emission in own for token in emission.tokens] for own in heard]
    return [prompt + answer for prompt, answer in zip(prompts, written, strict=True)]


@torch.inference_mode()
def _parts(model: PreTrainedModel, vocabulary: int, answers: Sequence[Sequence[int]]) -> str:
    """Where a greedy answer is none of torch's, in words; "" if nowhere."""
    for ids in answers:
        logits = model(input_ids=torch.tensor([list(ids)]), use_cache=False).logits[0, :, :vocabulary].float()
        values = logits.log_softmax(-1)
        for place in range(len(ids) - _COUNT, len(ids)):
            lost = float(values[place - 1].max() - values[place - 1, ids[place]])
            if not lost <= _TIE:
                return f"it wrote token {ids[place]} where torch has one that is {lost:.3g} nats likelier"
    return ""


def _short(error: Exception) -> str:
    found = error.message if isinstance(error, GlaswerkError) else f"{type(error).__name__}: {error}"
    return " ".join(found.split())[:300]
