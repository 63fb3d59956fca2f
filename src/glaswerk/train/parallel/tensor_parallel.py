"""Tensor parallel: the heads and the feed-forward of each layer divided among ranks (Shoeybi et al. 2019).

Projections into a block are sharded by outputs, those out of it by inputs, so each block needs one
all-reduce. Everything else is computed on every rank, as DTensors of the same mesh, so that gradient norms
and optimizers have one kind of parameter.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Replicate, distribute_module, distribute_tensor
from torch.distributed.tensor.parallel import (
    ColwiseParallel,
    ParallelStyle,
    RowwiseParallel,
    SequenceParallel,
    parallelize_module,
)
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError

_INWARD = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "mlp.gate_proj", "mlp.up_proj")
_OUTWARD = ("self_attn.o_proj", "mlp.down_proj")
_PER_HEAD = ("self_attn.q_norm", "self_attn.k_norm")
# (rows, length, heads, head size): where a norm inside attention sees the heads.
_HEADS = 2


def divide_layers(model: PreTrainedModel, mesh: DeviceMesh) -> None:
    """Divide `model` in place among the ranks of the one-dimensional `mesh`. Raises GlaswerkError."""
    check_divisible(model.config, mesh.size())
    for layer in model.get_decoder().layers:
        styles: dict[str, ParallelStyle] = {name: ColwiseParallel() for name in _INWARD}
        styles |= {name: RowwiseParallel() for name in _OUTWARD}
        # Each rank normalises its own heads, as shards of one tensor: the weight's gradient is their sum.
        styles |= {name: SequenceParallel(sequence_dim=_HEADS, use_local_output=True) for name in _PER_HEAD}
        present = dict(layer.named_modules())
        parallelize_module(layer, mesh, {n: style for n, style in styles.items() if n in present})
    for module in list(model.modules()):
        own = list(module.parameters(recurse=False))
        if own and not isinstance(own[0], DTensor):
            parallelize_module(module, mesh, Whole())
    if model.config.tie_word_embeddings:
        model.get_output_embeddings().weight = model.get_input_embeddings().weight


class Whole(ParallelStyle):
    """The module is computed in the same way on every rank: inputs, outputs and parameters are replicated."""

    def _apply(self, module: nn.Module, device_mesh: DeviceMesh) -> nn.Module:
        return distribute_module(module, device_mesh, _hold_whole, _enter, _leave)  # type: ignore[arg-type]


def _hold_whole(name: str, module: nn.Module, mesh: DeviceMesh) -> None:
    for key, parameter in module.named_parameters(recurse=False):
        # No source rank: every rank has built or loaded the same weights.
        held = distribute_tensor(parameter.detach(), mesh, [Replicate()], src_data_rank=None)
        setattr(module, key, nn.Parameter(held, requires_grad=parameter.requires_grad))


def _enter(module: nn.Module, inputs: tuple[Any, ...], mesh: DeviceMesh) -> tuple[Any, ...]:
    return tuple(
        DTensor.from_local(value, mesh, [Replicate()], run_check=False)
        if isinstance(value, Tensor)
        else value
        for value in inputs
    )


def _leave(module: nn.Module, output: Any, mesh: DeviceMesh) -> Any:
    return output.to_local() if isinstance(output, DTensor) else output


def check_divisible(config: Any, ranks: int) -> None:
    """Raises GlaswerkError, naming degrees that work, if `ranks` cannot share the layers equally."""
    counts = {
        "attention heads": config.num_attention_heads,
        "key and value heads": config.num_key_value_heads,
        "feed-forward units": config.intermediate_size,
    }
    for name, count in counts.items():
        if count % ranks:
            fits = [n for n in range(1, min(counts.values()) + 1) if not any(c % n for c in counts.values())]
            raise GlaswerkError(
                f"tensor={ranks} cannot divide the network's {count} {name} equally",
                hint=f"--parallel tensor=N with N of {', '.join(map(str, fits))}",
            )
