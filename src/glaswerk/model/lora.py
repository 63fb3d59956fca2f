"""Low-rank adapters (Hu et al. 2021, with `peft`): small matrices added to frozen weights, merged later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra

if TYPE_CHECKING:
    from peft import LoraConfig, LoraModel

_ADAPTER = "default"


def targets(model: PreTrainedModel) -> list[str]:
    """Names of the linear layers of attention and feed-forward, such as "q_proj", whatever a family says.

    Adapters on attention only learn less (Dettmers et al. 2023).
    """
    head = model.get_output_embeddings()
    names = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear | Conv1D) and module is not head
    }
    return sorted(names)


@dataclass(frozen=True, slots=True)
class Adapters:
    """A model with adapters. `model` is the object that was passed in, with its own weights frozen."""

    model: PreTrainedModel
    _tuner: LoraModel
    _config: LoraConfig

    @classmethod
    def add(cls, model: PreTrainedModel, rank: int, *, seed: int) -> Adapters:
        """Add adapters of this rank to every linear layer (`targets`); the output does not change at first.

        Their scale is 2 (alpha = 2 × rank). Raises GlaswerkError for a rank above the model's width.
        """
        most = int(model.config.hidden_size)
        if not 1 <= rank <= most:
            raise GlaswerkError(f"expected --lora from 1 to {most} for this model, found {rank}")
        peft = load_extra("peft", "lora", "adapters (--lora)")
        config = peft.LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules=targets(model))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            tuner = peft.LoraModel(model, config, _ADAPTER)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_("lora_" in name)
        return cls(model, tuner, config)

    def trained(self) -> int:
        """Number of trainable parameters, all of them in the adapters."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    def save(self, folder: Path, base: str) -> None:
        """Write `adapter_model.safetensors` and `adapter_config.json`, which `peft` loads onto `base`."""
        folder.mkdir(parents=True, exist_ok=True)
        named = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        tensors = {
            f"base_model.model.{name.replace(f'.{_ADAPTER}.', '.')}": value.detach().contiguous()
            for name, value in named.items()
        }
        save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
        settings = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": base,
            "r": self._config.r,
            "lora_alpha": self._config.lora_alpha,
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": sorted(self._config.target_modules or ()),
        }
        (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2) + "\n")

    def merge(self) -> PreTrainedModel:
        """Add the adapters into the weights and remove them; returns a plain network, all of it trainable."""
        merged: PreTrainedModel = self._tuner.merge_and_unload()
        for parameter in merged.parameters():
            parameter.requires_grad_(True)
        return merged
