"""The picture network: a transformer on patches of pixels that predicts the clean picture.

Parameters have the names and shapes of `PRXTransformer2DModel` of diffusers 0.42 (Photoroom PRX), so its
pipeline loads them; training needs no diffusers. Attention reads text and picture together, only picture
tokens pass through the layers, the time modulates each layer (adaLN, Peebles & Xie 2023).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

CHANNELS = 3
_TIME_WIDTH, _TIME_FACTOR, _TIME_PERIOD, _ROTARY_BASE = 256, 1000.0, 10_000, 10_000


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Dimensions of a picture network.

    `width` of the tokens is `heads` times the head's size, a multiple of 4; `text_width` is that of the text
    encoder's states; `patch`: pixels on the side of a square that is one token; `bottleneck`: width between
    the two layers that read a patch (Li & He 2025: a patch has few degrees of freedom), 0 for one layer.
    """

    width: int
    heads: int
    layers: int
    patch: int
    text_width: int
    ratio: float = 2.5
    bottleneck: int = 0

    def config(self) -> dict[str, Any]:
        """The arguments of diffusers' class."""
        half = self.width // self.heads // 2
        return {
            "in_channels": CHANNELS,
            "patch_size": self.patch,
            "context_in_dim": self.text_width,
            "hidden_size": self.width,
            "mlp_ratio": self.ratio,
            "num_heads": self.heads,
            "depth": self.layers,
            "axes_dim": [half, half],
            "theta": _ROTARY_BASE,
            "time_factor": _TIME_FACTOR,
            "time_max_period": _TIME_PERIOD,
            "bottleneck_size": self.bottleneck or None,
            "resolution_embeds": False,
        }

    @classmethod
    def of_config(cls, config: dict[str, Any]) -> NetworkShape:
        """The shape that a diffusers config describes. Raises KeyError or ValueError for another network."""
        shape = cls(
            width=int(config["hidden_size"]),
            heads=int(config["num_heads"]),
            layers=int(config["depth"]),
            patch=int(config["patch_size"]),
            text_width=int(config["context_in_dim"]),
            ratio=float(config["mlp_ratio"]),
            bottleneck=int(config.get("bottleneck_size") or 0),
        )
        ours = shape.config()
        if other := sorted(name for name in ours if config.get(name) != ours[name]):
            raise ValueError(f"expected {other[0]} {ours[other[0]]!r}, found {config.get(other[0])!r}")
        return shape

    def to_json(self) -> dict[str, Any]:
        """The fields, for a manifest."""
        return asdict(self)


class PictureNetwork(nn.Module):
    """(noisy pictures, times, text states) → clean pictures."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        entries = CHANNELS * shape.patch**2
        if shape.bottleneck:
            self.img_in: nn.Module = nn.Sequential(
                nn.Linear(entries, shape.bottleneck), nn.Linear(shape.bottleneck, shape.width)
            )
        else:
            self.img_in = nn.Linear(entries, shape.width)
        self.time_in = _TimeEmbedding(shape.width)
        self.txt_in = nn.Linear(shape.text_width, shape.width)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.layers))
        self.final_layer = _Final(shape.width, entries)

    @property
    def layers(self) -> nn.ModuleList:
        """The blocks, under the name by which layers are sharded and compiled."""
        return self.blocks

    def forward(self, noisy: Tensor, times: Tensor, states: Tensor, mask: Tensor) -> Tensor:
        """noisy: (rows, 3, height, width); times: (rows,), 1 is noise, 0 clean; states: (rows, tokens, text
        width); mask: bool, (rows, tokens), false for padding. Returns (rows, 3, height, width)."""
        rows, _, height, width = noisy.shape
        side = self.shape.patch
        text = self.txt_in(states)
        tokens = self.img_in(to_patches(noisy, side))
        condition = self.time_in(_wave(times))
        turns = rotations(height // side, width // side, self.shape.width // self.shape.heads).to(
            noisy.device
        )
        pixels = mask.new_ones(rows, tokens.shape[1])
        seen = torch.cat([mask, pixels], dim=1)[:, None, None, :]
        for block in self.blocks:
            tokens = block(tokens, text, condition, turns, seen)
        return from_patches(self.final_layer(tokens, condition), side, height, width)


def to_patches(pictures: Tensor, side: int) -> Tensor:
    """(rows, 3, height, width) → (rows, patches, 3 · side²), row by row of the picture."""
    rows, channels, height, width = pictures.shape
    cut = pictures.reshape(rows, channels, height // side, side, width // side, side)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(rows, -1, channels * side * side)


def from_patches(patches: Tensor, side: int, height: int, width: int) -> Tensor:
    """The inverse of `to_patches`."""
    rows = patches.shape[0]
    cut = patches.reshape(rows, height // side, width // side, CHANNELS, side, side)
    return cut.permute(0, 3, 1, 4, 2, 5).reshape(rows, CHANNELS, height, width)


@lru_cache(maxsize=16)
def rotations(rows: int, columns: int, head: int) -> Tensor:
    """Cosines and sines of the rotary embedding of a grid of patches: (2, patches, head / 2).

    The first half of the angles turns with the row, the second with the column.
    """
    half = head // 2
    speeds = 1.0 / (_ROTARY_BASE ** (torch.arange(0, half, 2, dtype=torch.float64) / half))
    grid = torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).reshape(-1, 2).double()
    angles = torch.cat([grid[:, axis, None] * speeds for axis in (0, 1)], dim=1)
    return torch.stack([angles.cos(), angles.sin()]).float()


def _rotate(states: Tensor, turns: Tensor) -> Tensor:
    """Turn each pair of neighbouring entries of (rows, heads, patches, head)."""
    first, second = states.float().reshape(*states.shape[:-1], -1, 2).unbind(-1)
    cosine, sine = turns
    turned = torch.stack([first * cosine - second * sine, first * sine + second * cosine], dim=-1)
    return turned.flatten(-2).type_as(states)


def _wave(times: Tensor) -> Tensor:
    """Sinusoids of times in [0, 1]: (rows,) → (rows, 256), cosines first."""
    half = _TIME_WIDTH // 2
    exponents = torch.arange(half, dtype=torch.float32, device=times.device) / half
    angles = _TIME_FACTOR * (times.float()[:, None] * torch.exp(-math.log(_TIME_PERIOD) * exponents))
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class _TimeEmbedding(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.in_layer = nn.Linear(_TIME_WIDTH, width)
        self.out_layer = nn.Linear(width, width)

    def forward(self, wave: Tensor) -> Tensor:
        found: Tensor = self.out_layer(functional.silu(self.in_layer(wave)))
        return found


class _Modulation(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.lin = nn.Linear(width, 6 * width)

    def forward(self, condition: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.lin(functional.silu(condition))[:, None].chunk(6, dim=-1))


class _RmsNorm(nn.Module):
    """Over the entries of a head; computed in fp32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, states: Tensor) -> Tensor:
        return functional.rms_norm(states.float(), self.weight.shape, self.weight, 1e-6).type_as(states)


class _Attention(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width, head = shape.width, shape.width // shape.heads
        self._heads = shape.heads
        self.img_qkv_proj = nn.Linear(width, 3 * width, bias=False)
        self.norm_q, self.norm_k = _RmsNorm(head), _RmsNorm(head)
        self.txt_kv_proj = nn.Linear(width, 2 * width, bias=False)
        self.norm_added_k = _RmsNorm(head)
        # A list, as diffusers has dropout after it.
        self.to_out = nn.ModuleList([nn.Linear(width, width, bias=False)])

    def forward(self, tokens: Tensor, text: Tensor, turns: Tensor, seen: Tensor) -> Tensor:
        query, key, value = self._split(self.img_qkv_proj(tokens), 3)
        text_key, text_value = self._split(self.txt_kv_proj(text), 2)
        query, key = _rotate(self.norm_q(query), turns), _rotate(self.norm_k(key), turns)
        keys = torch.cat([self.norm_added_k(text_key), key], dim=2)
        values = torch.cat([text_value, value], dim=2)
        mixed = functional.scaled_dot_product_attention(
            query.type_as(values), keys.type_as(values), values, attn_mask=seen
        )
        found: Tensor = self.to_out[0](mixed.transpose(1, 2).flatten(2))
        return found

    def _split(self, states: Tensor, parts: int) -> tuple[Tensor, ...]:
        """(rows, tokens, parts · width) → parts of (rows, heads, tokens, head)."""
        rows, tokens, _ = states.shape
        return states.reshape(rows, tokens, parts, self._heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


class _Block(nn.Module):
    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        width, inner = shape.width, int(shape.width * shape.ratio)
        self.attention = _Attention(shape)
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)
        self.modulation = _Modulation(width)

    def forward(self, tokens: Tensor, text: Tensor, condition: Tensor, turns: Tensor, seen: Tensor) -> Tensor:
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = self.modulation(condition)
        mixed = self.attention((1 + scale) * _norm(tokens) + shift, text, turns, seen)
        tokens = tokens + gate * mixed
        inner = (1 + mlp_scale) * _norm(tokens) + mlp_shift
        gated = functional.gelu(self.gate_proj(inner), approximate="tanh") * self.up_proj(inner)
        added: Tensor = tokens + mlp_gate * self.down_proj(gated)
        return added


class _Final(nn.Module):
    def __init__(self, width: int, entries: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, entries)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        shift, scale = self.adaLN_modulation(condition)[:, None].chunk(2, dim=-1)
        found: Tensor = self.linear((1 + scale) * _norm(tokens) + shift)
        return found


def _norm(tokens: Tensor) -> Tensor:
    return functional.layer_norm(tokens, tokens.shape[-1:], eps=1e-6)


def initialise(network: PictureNetwork, generator: torch.Generator) -> None:
    """Fill the weights: matrices normal with deviation 1/sqrt(inputs), modulation and output 0.

    So each layer begins as the identity and the first prediction is grey (adaLN-Zero).
    """
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim == 1:
                parameter.fill_(1.0 if "norm" in name else 0.0)
            elif "modulation" in name.lower() or name.startswith("final_layer"):
                parameter.zero_()
            else:
                parameter.normal_(0.0, parameter.shape[1] ** -0.5, generator=generator)
