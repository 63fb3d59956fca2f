"""Parameters by their place in the network, and the floating-point operations of training it."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.plan.shape import HEAD, Shape

FORMULA = "6 x multiplied parameters x tokens + 12 x layers x heads x head size x context x tokens"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Counts that add up to `Shape.parameters`; `output` is 0 where the embedding is the output, too."""

    embedding: int
    output: int
    attention: int
    feed_forward: int
    norms: int

    @property
    def matrices(self) -> int:
        """Those of hidden matrices: what Muon steers; AdamW has the tables and the norms."""
        return self.attention + self.feed_forward

    @property
    def total(self) -> int:
        return self.embedding + self.output + self.matrices + self.norms


@dataclass(frozen=True, slots=True)
class Flops:
    """Floating-point operations a trained token, forward and backward, an addition and a product being two.

    `attention` counts the whole square of scores, as PaLM's appendix B does and every MFU since: what a
    causal kernel leaves out counts as done.
    """

    matrices: int
    attention: int

    @property
    def per_token(self) -> int:
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
    """FLOPs a token at `context` tokens a sequence (0 = the shape's own); no recomputation is counted."""
    parameters = parameters_of(shape)
    length = context or shape.context
    return Flops(
        # Looking up a row multiplies nothing: of the tables only the output counts.
        matrices=6 * (parameters.matrices + shape.vocab_size * shape.width),
        attention=12 * shape.layers * shape.heads * HEAD * length,
    )
