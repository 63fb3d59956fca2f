"""Train on one GPU in bf16: MFU, tokens per second, peak memory, against a plain compiled transformers loop.

    python -m bench.gpu                 # 124 M and 350 M parameters, on a machine with a GPU
    python -m bench.gpu --peak 989      # the device's dense bf16 TFLOP/s, if its name is unknown
    python -m bench.gpu --smoke         # a tiny network on the CPU, to see that it runs

Ours: the compiled network, the chunked loss, Muon + AdamW. Peer: the same network as most scripts train it,
`torch.compile(model)(input_ids, labels=…).loss` and fused AdamW. Both under bf16 autocast with fp32 weights,
on rows of random tokens of one document each, one loop after the other, median steps. MFU counts 6 FLOPs per
parameter and token and the full square of attention scores (PaLM, appendix B), tied embeddings once.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import click
import torch

from glaswerk.model import build
from glaswerk.plan import Shape, shape_for
from glaswerk.train.batches.batches import Batch
from glaswerk.train.objective.next_token import next_token
from glaswerk.train.optim.optimizer import optimizers, set_precision

SIZES = (124e6, 350e6)
VOCABULARY, CONTEXT, ROWS, ROUNDS, SETTLING = 32_768, 1024, 32, 20, 5
# Dense bf16 TFLOP/s by part of the name, from the makers' data sheets.
PEAKS = {"H200": 989, "H100": 989, "A100": 312, "L40S": 362, "4090": 165.2, "A10": 125}
Step = Callable[[Batch], None]


@dataclass(frozen=True)
class Job:
    """The network, the batch and the device."""

    shape: Shape
    rows: int
    device: torch.device

    @property
    def flops(self) -> float:
        """FLOPs of one step."""
        shape, tokens = self.shape, self.rows * self.shape.context
        return (6 * shape.parameters + 12 * shape.layers * shape.width * shape.context) * tokens

    def batch(self) -> Batch:
        shape = (self.rows, self.shape.context + 1)
        return Batch.of(torch.randint(self.shape.vocab_size, shape)).to(self.device)

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16)


def ours(job: Job) -> Step:
    model = build(job.shape, seed=0, end_id=0, turn_end_id=1).to(job.device)
    parts = optimizers(model, learning_rate=1e-3, weight_decay=0.01)
    set_precision(parts, "bf16")
    model.get_decoder().compile(dynamic=False)

    def step(batch: Batch) -> None:
        with job.autocast():
            _, loss = next_token(model, batch, batch.counted())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for part in parts:
            part.step()
            part.zero_grad(set_to_none=True)

    return step


def plain(job: Job) -> Step:
    model = build(job.shape, seed=0, end_id=0, turn_end_id=1).to(job.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    compiled = torch.compile(model, dynamic=False)

    def step(batch: Batch) -> None:
        with job.autocast():
            loss = compiled(input_ids=batch.inputs, labels=batch.inputs, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def measure(make: Callable[[Job], Step], job: Job, rounds: int) -> tuple[float, float]:
    """(median seconds of a step, peak bytes on the GPU). Each loop runs alone, so the memory is only its."""
    on_gpu = job.device.type == "cuda"
    step = make(job)
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(rounds + SETTLING):
        batch = job.batch()
        if on_gpu:
            torch.cuda.synchronize()
        clock = time.perf_counter()
        step(batch)
        if on_gpu:
            torch.cuda.synchronize()
        times.append(time.perf_counter() - clock)
    peak = torch.cuda.max_memory_allocated() if on_gpu else 0
    return statistics.median(times[SETTLING:]), peak


def peak_of(device: torch.device, given: float) -> float:
    """Peak TFLOP/s of the device; 0 if unknown, and then no MFU is printed."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return given or next((float(peak) for part, peak in PEAKS.items() if part in name), 0.0)


def compare(job: Job, peak: float, rounds: int) -> None:
    tokens, rates = job.rows * job.shape.context, {}
    click.echo(f"{job.shape.parameters:,} parameters, {job.rows} rows of {job.shape.context} tokens")
    for name, make in (("ours", ours), ("plain", plain)):
        seconds, memory = measure(make, job, rounds)
        rates[name] = tokens / seconds
        share = f"{job.flops / seconds / peak / 1e12:6.1%} MFU " if peak else ""
        click.echo(f"  {name:6} {rates[name]:12,.0f} tokens/s {share}{memory / 1e9:6.1f} GB at most")
    click.echo(f"  ours / plain {rates['ours'] / rates['plain']:.2f} ×")


@click.command(help=__doc__)
@click.option("--smoke", is_flag=True, help="A tiny network on the CPU.")
@click.option("--peak", default=0.0, help="Dense bf16 TFLOP/s.  [default: by the device's name]")
@click.option("--rows", default=ROWS, help="Rows of a step.")
@click.option("--rounds", default=ROUNDS, help="Steps measured.")
def main(smoke: bool, peak: float, rows: int, rounds: int) -> None:
    torch.manual_seed(0)
    if smoke:
        device = torch.device("cpu")
        compare(Job(shape_for(300_000, 512, 64), 2, device), 0.0, 2)
        click.echo("it runs; figures of so small a network mean nothing")
    elif torch.cuda.is_available():
        device = torch.device("cuda")
        torch.set_float32_matmul_precision("high")
        for size in SIZES:
            job = Job(shape_for(round(size), VOCABULARY, CONTEXT), rows, device)
            compare(job, peak_of(device, peak), rounds)
    else:
        click.echo("no GPU here; --smoke tries the bench on the CPU")


if __name__ == "__main__":
    main()
