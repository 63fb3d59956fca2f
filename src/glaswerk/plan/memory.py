"""Memory of training on one device: weights, gradients, the states of the optimizers, activations."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.plan.flops import parameters_of
from glaswerk.plan.shape import HEAD, Shape

# Bytes that autograd keeps a token and layer, for each unit of (width, attention, feed-forward): counted with
# torch's saved_tensors_hooks on Qwen3 of transformers 5.23; tests/plan/test_memory.py counts again.
_SAVED = {"fp32": (24, 32, 16), "bf16": (26, 20, 8)}
# Logits are held in pieces of so many numbers (train/loss.py), three such buffers at the worst.
_LOGITS = 3 * 4 * (1 << 23)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one device. The sum is a lower bound: kernels, the allocator and torch itself come on top."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations


def memory_of(shape: Shape, *, micro_tokens: int, precision: str, sharding: int = 1) -> Memory:
    """Memory of a step over `micro_tokens` tokens at once, the state spread over `sharding` devices.

    Weights, gradients and states are fp32: 4 bytes each, Muon one momentum a matrix parameter, AdamW two
    moments for the others. Under bf16 each hidden matrix has a copy of 2 bytes while a step uses it.
    Activations are not sharded: each device has rows of its own. A whole layer that FSDP gathers is counted.
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
    # The embedding's output, the last norm's, and the gradient of each.
    outside = 16 * shape.width
    copies = 2 * parameters_of(shape).matrices if precision == "bf16" else 0
    logits = min(_LOGITS, 3 * 4 * tokens * shape.vocab_size) + 4 * shape.vocab_size * shape.width
    return tokens * (shape.layers * layer + outside) + copies + logits
