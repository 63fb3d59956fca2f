"""Memory of training on one device: weights, gradients, optimizer states, activations."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.plan.flops import parameters_of
from glaswerk.plan.shape import HEAD, Shape

# Bytes that autograd saves per token and layer, for each unit of (width, attention, feed-forward), counted
# with torch's saved_tensors_hooks on Qwen3 of transformers 5.23; tests/plan/test_memory.py counts them again.
_SAVED = {"fp32": (24, 32, 16), "bf16": (26, 20, 8)}
# Logits are computed in pieces of this many numbers (`train.objective.loss`), in three buffers at most.
_LOGITS = 3 * 4 * (1 << 23)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one device. The total is a lower bound: kernels, the allocator and torch itself need more."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """Bytes of all parts."""
        return self.weights + self.gradients + self.optimizer + self.activations


def memory_of(shape: Shape, *, micro_tokens: int, precision: str, sharding: int = 1) -> Memory:
    """Memory of a step with `micro_tokens` tokens per micro-batch, the state sharded over `sharding` devices.

    Weights, gradients and states are fp32, 4 bytes each: Muon has one momentum per matrix parameter, AdamW
    two moments per other parameter. Under bf16 each hidden matrix has a 2-byte copy while a step uses it.
    Activations are not sharded, because each device has its own rows. One full layer gathered by FSDP is
    included.
    """
    parameters = parameters_of(shape)
    rest = parameters.total - parameters.matrices
    state = -(-4 * parameters.total // sharding)
    tables = parameters.embedding + parameters.output
    gathered = 4 * (parameters.matrices // shape.layers + tables) if sharding > 1 else 0
    return Memory(
        weights=state + gathered,
        gradients=state,
        optimizer=-(-(4 * parameters.matrices + 8 * rest) // sharding),
        activations=_activations(shape, micro_tokens, precision),
    )


def _activations(shape: Shape, tokens: int, precision: str) -> int:
    width, attention, feed_forward = _SAVED[precision]
    layer = width * shape.width + attention * shape.heads * HEAD + feed_forward * shape.feed_forward
    # The outputs of the embedding and of the last norm, and the gradient of each.
    outside = 16 * shape.width
    copies = 2 * parameters_of(shape).matrices if precision == "bf16" else 0
    logits = min(_LOGITS, 3 * 4 * tokens * shape.vocab_size) + 4 * shape.vocab_size * shape.width
    return tokens * (shape.layers * layer + outside) + copies + logits
