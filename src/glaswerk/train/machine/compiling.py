"""Compiling the network: faster steps, after a warm-up that pays off only in long runs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError

CHOICES = ("auto", "on", "off")
# Steps of 2.6 M parameters were 1.15 to 1.2 times as fast on a CPU, after 30 to 50 s of compiling; a cache
# of torch's makes the second run's warm-up 5 s (docs/decisions/2026-11-23-training.md).
_WORTH_SECONDS = 600.0
# SmolLM2-135M has 30 layers: layer by layer 40 CPU seconds of compiling made steps of adapters 1.28 times as
# fast.
_SHALLOW = 12


def compiles(choice: str, seconds: float) -> bool:
    """Whether a run that would take `seconds` compiles its network; `auto`: if the warm-up pays off.

    Raises GlaswerkError for another choice, and for `on` if there is no compiler.
    """
    if choice not in CHOICES:
        raise GlaswerkError(
            f"--compile takes {', '.join(CHOICES)}, found {choice!r}", hint="auto: long runs only"
        )
    if choice == "on" and not has_compiler():
        raise GlaswerkError(
            "torch.compile needs a C++ compiler, and none was found",
            hint="install g++ (Debian: apt-get install g++), or train with --compile off",
        )
    return choice == "on" or (choice == "auto" and seconds >= _WORTH_SECONDS and has_compiler())


def has_compiler() -> bool:
    """Whether torch can compile here: kernels for CPUs are C++, those for GPUs come with torch."""
    named = os.environ.get("CXX", "")
    return torch.cuda.is_available() or any(map(shutil.which, filter(None, (named, "g++", "clang++"))))


def compile_network(model: PreTrainedModel, *, whole: bool) -> None:
    """Compile the decoder of `model` in place, at its next call: as a `whole`, or layer by layer.

    As a whole it is faster on a CPU, but compiling takes time for every layer, so deeper networks than those
    of `_SHALLOW` layers never are. Layer by layer it is compiled once for all layers, whatever the depth, and
    sharded weights can be gathered between the layers.
    """
    decoder = model.get_decoder()
    layers = getattr(decoder, "layers", None)
    for module in [decoder] if layers is None or (whole and len(layers) <= _SHALLOW) else layers:
        module.compile(dynamic=False)


@contextmanager
def not_compiled() -> Iterator[None]:
    """Inside this context, compiled modules run eagerly: for inputs of changing shapes, such as samples."""
    with torch.compiler.set_stance("force_eager"):
        yield


def forget_compiled(model: PreTrainedModel) -> None:
    """Undo `compile_network`."""
    for module in model.modules():
        module._compiled_call_impl = None
