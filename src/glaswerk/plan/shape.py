"""One dial: from a number of parameters to every dimension of the network."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError

HEAD = 64
DEPTHS = range(1, 81)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}


@dataclass(frozen=True, slots=True)
class Shape:
    """Dimensions of a dense `Qwen3ForCausalLM`; `tied`: the output projection is the embedding."""

    vocab_size: int
    layers: int
    width: int
    heads: int
    feed_forward: int
    context: int
    tied: bool = True

    @property
    def parameters(self) -> int:
        """Exact count: tables, attention with per-head norms, SwiGLU, two norms per layer, last norm."""
        attention = 4 * self.width * self.heads * HEAD + 2 * HEAD
        layer = attention + 3 * self.width * self.feed_forward + 2 * self.width
        tables = (1 if self.tied else 2) * self.vocab_size * self.width
        return tables + self.layers * layer + self.width


def parse_size(text: str) -> int:
    """`"1.8M"` → 1,800,000. Raises GlaswerkError for anything but a positive number with K, M, B or none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMB]?)", text.strip().upper())
    if not found or not float(found[1]):
        raise GlaswerkError(f"--size takes a number of parameters such as 2M or 350M, found {text!r}")
    return round(float(found[1]) * _UNITS[found[2]])


def shape_for(parameters: int, vocab_size: int, context: int, *, depth: int = 0, tied: bool = True) -> Shape:
    """The shape whose number of parameters is nearest to `parameters`.

    The width is 64 times the number of layers, as in nanochat, so that one number sets both; the ratio is not
    fitted here. With `depth`, the shape has that many layers and the nearest width.
    """
    shapes = [_shape(depth or heads, heads, vocab_size, context, tied=tied) for heads in DEPTHS]
    return min(shapes, key=lambda shape: abs(shape.parameters - parameters))


def at_depth(depth: int, vocab_size: int, context: int) -> Shape:
    """The shape of `depth` layers on the dial."""
    return _shape(depth, depth, vocab_size, context, tied=True)


def _shape(layers: int, heads: int, vocab_size: int, context: int, *, tied: bool) -> Shape:
    width = HEAD * heads
    feed_forward = -(-width * 8 // 3 // HEAD) * HEAD
    return Shape(vocab_size, layers, width, heads, feed_forward, context, tied)
