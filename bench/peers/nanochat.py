"""nanochat's pretraining on a CPU: its network, data loader, optimizer and schedule, reimplemented.

The PyPI package `nanochat` (0.1.2, October 2025, an upload by another maintainer) holds the tokenizer in
Rust and no Python at all, so there is no training code in it to run. This follows karpathy/nanochat as of
2026 (`gpt.py`, `optim.py`, `dataloader.py`, `scripts/base_train.py`): pre-norm without weights, rotary
positions (base 100,000), QK-norm × 1.2, relu², value embeddings with gates in every second layer, smear,
backout, per-layer residual and x0 factors, untied tables, logits capped at 15; Muon (row equilibration,
five Polar Express iterations, variance reduction, cautious decay) for the matrices, AdamW for the rest with
its rates per group, all scaled by width and batch as there; 40 steps up, flat, linearly down to 5 % over
the last 65 %; rows that begin with a document, best fit from a buffer of 1,000, what does not fit cropped.

What differs: the dial gives no network this small, so width and depth are given, and the tables of value
embeddings can be left out (as before 2026). Attention sees the whole row (`--window-pattern L`, which its
script advises without FlashAttention). AdamW is torch's fused one, the same formula. Steps are few, so that
the rates' factor is tried (`factor`), and decay as its law has it or none. `rows` is the batch: its law's
would leave some 60 steps. Before this loader it had one over a single stream, which it still advises for
long documents and little data: `loader` is "best-fit" or "stream". `torch.compile` as in its script, or
not.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.peers.held_out import Documents, HeldOut
from bench.peers.turns import Turns

# Its reference: 12 layers, 12 tokens a parameter of 110 M (matrices and unembedding), 2^19 tokens a step.
REFERENCE_WIDTH, REFERENCE_BATCH, REFERENCE_TOKENS = 768, 2**19, 12 * 110e6
MATRIX, EMBEDDING, UNEMBEDDING, SCALAR, DECAY = 0.02, 0.3, 0.008, 0.5, 0.28
WARMUP, WARMDOWN, LAST = 40, 0.65, 0.05
BUFFER, CAP, GATED, SMEARED = 1000, 15.0, 12, 24
TRIES = 12
POLAR_EXPRESS = (
    (8.156554524902461, -22.48329292557795, 15.878769915207462),
    (4.042929935166739, -2.808917465908714, 0.5000178451051316),
    (3.8916678022926607, -2.772484153217685, 0.5060648178503393),
    (3.285753657755655, -2.3681294933425376, 0.46449024233003106),
    (2.3465413258596377, -1.7097828382687081, 0.42323551169305323),
)


@dataclass(frozen=True)
class Settings:
    """`seconds` of training set the steps; `factor` is on all rates."""

    data: str
    vocab_size: int
    layers: int
    width: int
    heads: int
    context: int
    rows: int
    factor: float
    seconds: float
    value_embeddings: bool = True
    loader: str = "best-fit"
    decay: bool = False
    compile: bool = True
    bf16: bool = False
    seed: int = 0


class Linear(nn.Linear):
    """Weights in fp32, the product in the type of what comes in."""

    def forward(self, states: Tensor) -> Tensor:
        return F.linear(states, self.weight.to(states.dtype))


def norm(states: Tensor) -> Tensor:
    return F.rms_norm(states, (states.shape[-1],))


def rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions on (rows, length, heads, width)."""
    left, right = states.chunk(2, dim=-1)
    return torch.cat([left * cos + right * sin, right * cos - left * sin], dim=-1)


class Attention(nn.Module):
    def __init__(self, settings: Settings, *, gated: bool) -> None:
        super().__init__()
        width = settings.width
        self.heads = settings.heads
        self.query, self.key, self.value, self.out = (Linear(width, width, bias=False) for _ in range(4))
        self.gate = Linear(GATED, settings.heads, bias=False) if gated else None

    def forward(self, states: Tensor, table: Tensor | None, cos: Tensor, sin: Tensor) -> Tensor:
        split = (*states.shape[:2], self.heads, -1)
        query, key, value = (part(states).view(split) for part in (self.query, self.key, self.value))
        if self.gate is not None and table is not None:
            gate = 3 * torch.sigmoid(self.gate(states[..., :GATED]))
            value = value + gate.unsqueeze(-1) * table.view(split)
        query, key = (1.2 * norm(rotate(part, cos, sin)) for part in (query, key))
        heads = (part.transpose(1, 2) for part in (query, key, value))
        mixed = F.scaled_dot_product_attention(*heads, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(states.shape))


class Block(nn.Module):
    def __init__(self, settings: Settings, *, gated: bool) -> None:
        super().__init__()
        self.attention = Attention(settings, gated=gated)
        self.up = Linear(settings.width, 4 * settings.width, bias=False)
        self.down = Linear(4 * settings.width, settings.width, bias=False)

    def forward(self, states: Tensor, table: Tensor | None, cos: Tensor, sin: Tensor) -> Tensor:
        states = states + self.attention(norm(states), table, cos, sin)
        return states + self.down(F.relu(self.up(norm(states))).square())


class Network(nn.Module):
    """Token ids (rows, length) → logits (rows, length, vocabulary), fp32."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        depth, width = settings.layers, settings.width
        self.kind = torch.bfloat16 if settings.bf16 else torch.float32
        gated = [settings.value_embeddings and i % 2 == (depth - 1) % 2 for i in range(depth)]
        self.embedding = nn.Embedding(settings.vocab_size, width)
        self.blocks = nn.ModuleList([Block(settings, gated=g) for g in gated])
        self.tables = nn.ModuleDict(
            {str(i): nn.Embedding(settings.vocab_size, width) for i in range(depth) if gated[i]}
        )
        self.head = Linear(width, settings.vocab_size, bias=False)
        places = torch.arange(depth) / max(depth - 1, 1)
        self.residual, self.first = nn.Parameter(1.15 - 0.10 * places), nn.Parameter(0.20 - 0.15 * places)
        self.smear_gate, self.smear = Linear(SMEARED, 1, bias=False), nn.Parameter(torch.zeros(1))
        self.backout = nn.Parameter(torch.full((1,), 0.2))
        half = width // settings.heads // 2
        angles = torch.outer(torch.arange(settings.context + 1), 100_000.0 ** -(torch.arange(half) / half))
        self.register_buffer("cos", angles.cos()[:, None].to(self.kind), persistent=False)
        self.register_buffer("sin", angles.sin()[:, None].to(self.kind), persistent=False)
        self._begin(width)

    @torch.no_grad()
    def _begin(self, width: int) -> None:
        bound = (3 / width) ** 0.5
        nn.init.normal_(self.embedding.weight, std=0.8)
        nn.init.normal_(self.head.weight, std=0.001)
        nn.init.uniform_(self.smear_gate.weight, 0.0, 0.02)
        for table in self.tables.values():
            nn.init.uniform_(table.weight, -bound, bound)
        for block in self.blocks:
            attention = block.attention
            for part in (attention.query, attention.key, attention.value):
                nn.init.uniform_(part.weight, -bound, bound)
            nn.init.uniform_(block.up.weight, -0.4 * bound, 0.4 * bound)
            nn.init.zeros_(attention.out.weight)
            nn.init.zeros_(block.down.weight)
            if attention.gate is not None:
                nn.init.uniform_(attention.gate.weight, 0.0, 0.02)

    def forward(self, ids: Tensor) -> Tensor:
        states = norm(self.embedding(ids).to(self.kind))
        gate = self.smear.to(self.kind) * torch.sigmoid(self.smear_gate(states[:, 1:, :SMEARED]))
        states = torch.cat([states[:, :1], states[:, 1:] + gate * states[:, :-1]], dim=1)
        start = middle = states
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for i, block in enumerate(self.blocks):
            states = self.residual[i].to(self.kind) * states + self.first[i].to(self.kind) * start
            table = self.tables[str(i)](ids).to(self.kind) if str(i) in self.tables else None
            states = block(states, table, cos, sin)
            if i == len(self.blocks) // 2:
                middle = states
        logits = self.head(norm(states - self.backout.to(self.kind) * middle)).float()
        return CAP * torch.tanh(logits / CAP)


class Muon:
    """Its Muon over one shape's matrices, stacked: (matrices, rows, columns)."""

    def __init__(self, matrices: list[nn.Parameter], *, compiled: bool) -> None:
        self.matrices = matrices
        shape = (len(matrices), *matrices[0].shape)
        self.tall = shape[-2] >= shape[-1]
        self.moment = torch.zeros(shape)
        self.variance = torch.zeros((*shape[:2], 1) if self.tall else (shape[0], 1, shape[2]))
        self.gain = max(1.0, shape[-2] / shape[-1]) ** 0.5
        self._update = torch.compile(_update, dynamic=False) if compiled else _update

    @torch.no_grad()
    def step(self, rate: float, momentum: float, decay: float) -> None:
        gradients = torch.stack([m.grad for m in self.matrices if m.grad is not None])
        weights = torch.stack(list(self.matrices))
        numbers = (torch.tensor(value) for value in (rate * self.gain, momentum, decay))
        self._update(gradients, weights, self.moment, self.variance, *numbers, self.tall)
        torch._foreach_copy_(self.matrices, list(weights.unbind(0)))


def _update(
    gradients: Tensor,
    weights: Tensor,
    moment: Tensor,
    variance: Tensor,
    rate: Tensor,
    momentum: Tensor,
    decay: Tensor,
    tall: bool,
) -> None:
    moment.lerp_(gradients, 1 - momentum)
    change = gradients.lerp(moment, momentum)
    size = change.norm(dim=(-2, -1), keepdim=True) / change.shape[-2] ** 0.5
    change = change * (size / change.norm(dim=-1, keepdim=True).clamp_min(1e-6))
    change = _orthogonal(change / (change.norm(dim=(-2, -1), keepdim=True) * 1.01 + 1e-6))
    least = min(change.shape[-2:])
    change = change * (least**0.5 / change.norm(dim=(-2, -1), keepdim=True).clamp_min(1e-6))
    axis = -1 if tall else -2
    squares = change.square().mean(dim=axis, keepdim=True)
    before = squares.sum(dim=(-2, -1), keepdim=True).sqrt()
    variance.lerp_(squares, 0.1)
    scale = variance.clamp_min(1e-10).rsqrt()
    after = (squares * scale.square()).sum(dim=(-2, -1), keepdim=True).sqrt()
    change = change * (scale * (before / after.clamp_min(1e-10)))
    weights.sub_(rate * change + rate * decay * weights * (change * weights >= 0))


def _orthogonal(matrices: Tensor) -> Tensor:
    """Polar Express, on the smaller side."""
    high = matrices.shape[-2] > matrices.shape[-1]
    for a, b, c in POLAR_EXPRESS:
        gram = matrices.mT @ matrices if high else matrices @ matrices.mT
        mixed = b * gram + c * (gram @ gram)
        matrices = a * matrices + (matrices @ mixed if high else mixed @ matrices)
    return matrices


class Optimizer:
    """AdamW and Muon with nanochat's groups, rates and schedules."""

    def __init__(self, network: nn.Module, settings: Settings, steps: int) -> None:
        tokens = settings.rows * settings.context
        batch = (tokens / REFERENCE_BATCH) ** 0.5
        self.steps, self.rate = steps, MATRIX * batch * settings.factor
        self.decay = DECAY * batch * REFERENCE_TOKENS / (tokens * steps) if settings.decay else 0.0
        width = (settings.width / REFERENCE_WIDTH) ** -0.5
        tables, smear = list(network.tables.parameters()), [*network.smear_gate.parameters(), network.smear]
        groups = [
            (network.head.parameters(), UNEMBEDDING * width, (0.8, 0.96), 0.01),
            (network.embedding.parameters(), EMBEDDING * width, (0.8, 0.995), 0.001),
            (tables, EMBEDDING * width / 2, (0.8, 0.995), 0.01),
            ([network.residual], SCALAR / 100, (0.8, 0.95), 0.05),
            ([network.first], SCALAR, (0.96, 0.95), 0.0),
            ([*smear, network.backout], 0.2, (0.8, 0.95), 0.0),
        ]
        # The last group's rate is 0.2 whatever the batch: so it stands in its script.
        factors = [batch * settings.factor] * (len(groups) - 1) + [1.0]
        self.adam = torch.optim.AdamW(
            [
                {"params": list(params), "lr": rate * factor, "betas": betas, "weight_decay": decay}
                for (params, rate, betas, decay), factor in zip(groups, factors, strict=True)
            ],
            eps=1e-10,
            fused=True,
        )
        self.first_rates = [group["lr"] for group in self.adam.param_groups]
        matrices = list(network.blocks.parameters())
        self.muons = [
            Muon([m for m in matrices if m.shape == shape], compiled=settings.compile)
            for shape in sorted({m.shape for m in matrices})
        ]

    def step(self, step: int) -> None:
        factor = self._factor(step)
        for group, rate in zip(self.adam.param_groups, self.first_rates, strict=True):
            group["lr"] = rate * factor
        self.adam.step()
        decay = self.decay * 0.5 * (1 + math.cos(math.pi * step / self.steps))
        for muon in self.muons:
            muon.step(self.rate * factor, self._momentum(step), decay)

    def _factor(self, step: int) -> float:
        down = round(WARMDOWN * self.steps)
        if step < WARMUP:
            return (step + 1) / WARMUP
        if step <= self.steps - down:
            return 1.0
        left = (self.steps - step) / down
        return left + (1 - left) * LAST

    def _momentum(self, step: int) -> float:
        down = round(WARMDOWN * self.steps)
        if step < 400:
            return 0.85 + (0.97 - 0.85) * step / 400
        gone = max(0.0, (step - (self.steps - down)) / down)
        return 0.97 - (0.97 - 0.90) * gone


def best_fit(documents: Documents, rows: int, context: int) -> Iterator[Tensor]:
    """Batches (rows, context + 1) of documents, the end token before each.

    The longest that fits in what is left of a row, else the shortest, cropped.
    """
    source = _endless(documents)
    buffer = [next(source) for _ in range(BUFFER)]
    batch = np.empty((rows, context + 1), dtype=np.int64)
    while True:
        for row in batch:
            place = 0
            while place < len(row):
                room = len(row) - place
                fitting = [i for i, document in enumerate(buffer) if len(document) <= room]
                pick = (
                    max(fitting, key=lambda i: len(buffer[i]))
                    if fitting
                    else min(range(len(buffer)), key=lambda i: len(buffer[i]))
                )
                taken = buffer[pick][:room]
                buffer[pick] = next(source)
                row[place : place + len(taken)] = taken
                place += len(taken)
        yield torch.from_numpy(batch.copy())


def stream(documents: Documents, rows: int, context: int) -> Iterator[Tensor]:
    """Batches (rows, context + 1) cut one after the other from all documents in one line."""
    source, line = _endless(documents), np.empty(0, dtype=np.int64)
    needed = rows * context + 1
    while True:
        parts = [line]
        while sum(map(len, parts)) < needed:
            parts.append(next(source))
        line = np.concatenate(parts)
        cut = np.lib.stride_tricks.sliding_window_view(line[:needed], context + 1)[::context]
        yield torch.from_numpy(cut.copy())
        line = line[needed:]


def _endless(documents: Documents) -> Iterator[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    while True:
        for start, end in zip(documents.starts, documents.ends, strict=True):
            ids = np.asarray(documents.tokens[start:end], dtype=np.int64)
            yield np.concatenate([[documents.end_id], ids])


def train_step(network: nn.Module, optimizer: Optimizer, rows: Tensor, step: int) -> None:
    logits = network(rows[:, :-1])
    F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten()).backward()
    optimizer.step(step)
    network.zero_grad(set_to_none=True)


def rehearse(network: nn.Module, settings: Settings, batches: Iterator[Tensor]) -> float:
    """CPU seconds of a step, the median, after compilation; the weights are as before."""
    first = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer, seconds = Optimizer(network, settings, 1000), []
    for step in range(TRIES):
        clock = time.process_time()
        train_step(network, optimizer, next(batches), step)
        seconds.append(time.process_time() - clock)
    network.load_state_dict(first)
    return float(np.median(seconds[TRIES // 3 :]))


def main() -> None:
    settings = Settings(**json.loads(sys.argv[1]))
    torch.manual_seed(settings.seed)
    network = Network(settings)
    if settings.compile:
        network.compile(dynamic=False)
    loader = {"best-fit": best_fit, "stream": stream}[settings.loader]
    documents = Documents.open(Path(settings.data))
    a_step = rehearse(network, settings, loader(documents, settings.rows, settings.context))
    steps = max(1, round(settings.seconds / a_step))
    optimizer, batches = (
        Optimizer(network, settings, steps),
        loader(documents, settings.rows, settings.context),
    )
    held = HeldOut(Path(settings.data))

    def score() -> float:
        """The better of both ways: its rows may, but need not, all begin with a document."""
        return min(held.bits_per_byte(network.forward, restart=restart) for restart in (False, True))

    turns = Turns(score)
    parameters = sum(p.numel() for p in network.parameters())
    turns.begin(steps=steps, parameters=parameters, tokens=settings.rows * settings.context)
    for step in range(steps):
        turns.turn(step)
        train_step(network, optimizer, next(batches), step)
    turns.finish(steps)


if __name__ == "__main__":
    main()
