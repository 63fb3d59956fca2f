"""Parameters by part of the network, and the floating-point operations of training it."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.plan.shape import HEAD, Shape

FORMULA = "6 x multiplied parameters x tokens + 12 x layers x heads x head size x context x tokens"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Counts that add up to `Shape.parameters`; `output` is 0 if it is tied to the embedding."""

    embedding: int
    output: int
    attention: int
    feed_forward: int
    norms: int

    @property
    def matrices(self) -> int:
        """Parameters of hidden matrices, which Muon updates; AdamW updates the tables and the norms."""
        return self.attention + self.feed_forward

    @property
    def total(self) -> int:
        """All parameters."""
        return self.embedding + self.output + self.matrices + self.norms


@dataclass(frozen=True, slots=True)
class Flops:
    """Floating-point operations per trained token, forward and backward; a multiply-add counts as two.

    `attention` counts the full square of scores, as in PaLM's appendix B and every MFU since, including the
    half that a causal kernel skips.
    """

    matrices: int
    attention: int

    @property
    def per_token(self) -> int:
        """FLOPs per trained token."""
        return self.matrices + self.attention


def parameters_of(shape: Shape) -> Parameters:
    """The parameters of a dense Qwen3: SwiGLU, per-head norms of queries and keys."""
    inner = shape.heads * HEAD
    return Parameters(
        embedding=shape.vocab_size * shape.width,
        output=0 if shape.tied else shape.vocab_size * shape.width,
        attention=shape.layers * 4 * shape.width * inner,
        feed_forward=shape.layers * 3 * shape.width * shape.feed_forward,
        norms=shape.layers * (2 * shape.width + 2 * HEAD) + shape.width,
    )


def flops_of(shape: Shape, context: int = 0) -> Flops:
    """FLOPs per token at `context` tokens per sequence (0: the shape's own), without recomputation."""
    parameters = parameters_of(shape)
    length = context or shape.context
    return Flops(
        # An embedding lookup multiplies nothing: of the two tables only the output counts.
        matrices=6 * (parameters.matrices + shape.vocab_size * shape.width),
        attention=12 * shape.layers * shape.heads * HEAD * length,
    )
