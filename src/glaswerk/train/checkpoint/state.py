"""The state of a run as named tensors: what a checkpoint holds and what goes back into a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor, empty
from torch.optim import Optimizer

from glaswerk.train.optim.averages import holds

_MODEL, _OPTIMIZER = "model.", "optimizer."


def state_of(model: nn.Module, optimizers: Sequence[Optimizer]) -> dict[str, Tensor]:
    """`model.<parameter>` and `optimizer.<parameter>/<key>`, sharing memory with the run.

    Tied weights appear only under their first name, frozen ones not at all; numbers in the state of an
    optimizer become 0-d tensors.
    """
    tensors = {_MODEL + name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for optimizer in optimizers:
        for parameter, state in optimizer.state.items():
            for key, value in state.items():
                tensors[f"{_OPTIMIZER}{names[id(parameter)]}/{key}"] = torch.as_tensor(value).detach()
    return tensors


def places_for(
    stored: Mapping[str, tuple[torch.Size, torch.dtype]], model: nn.Module, optimizers: Sequence[Optimizer]
) -> dict[str, Tensor]:
    """The tensors of the run that the tensors named in `stored` (shape, dtype) must be loaded into, in place.

    The state of `optimizers` is created empty, sharded like its parameters. Parameters that `stored` lacks
    are returned, too. State of parameters that are in no optimizer is left out.
    """
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    places = {_MODEL + name: parameter.detach() for name, parameter in parameters.items()}
    groups: dict[int, list[tuple[Optimizer, dict[str, Any]]]] = {}
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            for p in group["params"]:
                groups.setdefault(id(p), []).append((optimizer, group))
    for optimizer in optimizers:
        optimizer.state.clear()
    for full, (shape, dtype) in stored.items():
        name, _, key = full.removeprefix(_OPTIMIZER).rpartition("/")
        parameter = parameters.get(name)
        if not full.startswith(_OPTIMIZER) or parameter is None:
            continue
        found = [pair for pair in groups.get(id(parameter), []) if holds(pair[0], key)]
        if not found:
            continue
        optimizer, group = found[0]
        # A 0-d step counter stays on the CPU unless the kernels of the optimizer read it.
        on_device = len(shape) > 0 or group.get("fused") or group.get("capturable")
        device = parameter.device if on_device else torch.device("cpu")
        place = _like(parameter, shape, dtype) if len(shape) else torch.empty((), dtype=dtype, device=device)
        optimizer.state[parameter][key] = places[full] = place
    return places


def fill(model: nn.Module, whole: Mapping[str, Tensor]) -> None:
    """Copy complete tensors, which every rank has, into their parameters; those of frozen ones may lack."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name not in whole and not parameter.requires_grad:
                continue
            tensor = whole[name].to(parameter.device)
            if isinstance(parameter, DTensor):
                mesh, placements = parameter.device_mesh, parameter.placements
                tensor = distribute_tensor(tensor, mesh, placements, src_data_rank=None)
            parameter.copy_(tensor)


def _like(parameter: Tensor, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    """An empty tensor, sharded like `parameter`."""
    if not isinstance(parameter, DTensor):
        return torch.empty(shape, dtype=dtype, device=parameter.device)
    return empty(*shape, dtype=dtype, device_mesh=parameter.device_mesh, placements=parameter.placements)
