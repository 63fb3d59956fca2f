"""A picture model on disk: a folder that diffusers' `DiffusionPipeline.from_pretrained` loads.

Layout of `PRXPixelPipeline` (diffusers 0.42): model_index.json, transformer/, text_encoder/, tokenizer/ and
scheduler/. Noise has deviation 1 and the scheduler does not shift, as trained here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_json
from glaswerk.model.images.network import NetworkShape
from glaswerk.model.images.picture_model import PictureModel
from glaswerk.model.images.prompts import Prompts

INDEX = "model_index.json"
PIPELINE = "PRXPixelPipeline"
_WEIGHTS = "diffusion_pytorch_model.safetensors"
_DIFFUSERS = "0.42.1"
_SCHEDULER = "FlowMatchEulerDiscreteScheduler"
_DAMAGE = (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, SafetensorError)


@dataclass(frozen=True, slots=True)
class PictureFolder:
    """A loaded picture model; `side`: of the square pictures that it was trained on, in pixels."""

    model: PictureModel
    prompts: Prompts
    side: int


def save(made: PictureFolder, folder: Path) -> None:
    """Write all parts into `folder`, which exists."""
    model = made.model
    encoder = type(model.text_encoder).__name__
    for name in ("transformer", "scheduler", "text_encoder", "tokenizer"):
        (folder / name).mkdir()
    write_json(
        folder / "transformer" / "config.json",
        {"_class_name": "PRXTransformer2DModel", "_diffusers_version": _DIFFUSERS, **model.shape.config()},
    )
    weights = {name: p.detach().contiguous() for name, p in model.transformer.state_dict().items()}
    save_file(weights, folder / "transformer" / _WEIGHTS, {"format": "pt"})
    write_json(
        folder / "scheduler" / "scheduler_config.json",
        {
            "_class_name": _SCHEDULER,
            "_diffusers_version": _DIFFUSERS,
            "num_train_timesteps": 1000,
            "shift": 1.0,
        },
    )
    model.text_encoder.save_pretrained(folder / "text_encoder", safe_serialization=True)
    made.prompts.save(folder / "tokenizer")
    # Last: the file that makes the folder a pipeline.
    write_json(
        folder / INDEX,
        {
            "_class_name": PIPELINE,
            "_diffusers_version": _DIFFUSERS,
            "default_sample_size": made.side,
            "noise_scale": 1.0,
            "prompt_max_tokens": made.prompts.length,
            "scheduler": ["diffusers", _SCHEDULER],
            "text_encoder": ["transformers", encoder],
            "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
            "transformer": ["diffusers", "PRXTransformer2DModel"],
        },
    )


def load(folder: Path) -> PictureFolder:
    """The model in `folder`, in fp32: safetensors only, offline, no code from the folder.

    Raises GlaswerkError if it is damaged, or is another pipeline than the one that `save` writes.
    """
    try:
        index = _index(folder)
        config = json.loads((folder / "transformer" / "config.json").read_bytes())
        shape = NetworkShape.of_config(config)
        encoder = AutoModel.from_pretrained(
            folder / "text_encoder",
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
        )
        model = PictureModel(shape, encoder)
        model.transformer.load_state_dict(load_file(folder / "transformer" / _WEIGHTS))
        prompts = Prompts.load(folder / "tokenizer", int(index["prompt_max_tokens"]))
        return PictureFolder(model.eval(), prompts, int(index["default_sample_size"]))
    except _DAMAGE as error:
        words = next(iter(str(error).splitlines()), type(error).__name__)
        raise GlaswerkError(
            f"expected a picture model in {folder}, found: {words:.200}",
            hint="glaswerk verify --all names what is damaged",
        ) from error


def _index(folder: Path) -> dict[str, Any]:
    index: dict[str, Any] = json.loads((folder / INDEX).read_bytes())
    if index.get("_class_name") != PIPELINE or index.get("noise_scale") != 1.0:
        raise ValueError(f"{index.get('_class_name')!r:.80} with noise {index.get('noise_scale')!r:.20}")
    return index
