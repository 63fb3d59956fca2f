"""Tokens per CPU-second of the engines in-process, beside llama.cpp, OpenVINO GenAI and transformers.

python -m bench.serve_engines --smoke
python -m bench.serve_engines --model demo-lab/models/chat/STEP --gguf chat.f16.gguf
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import torch
from transformers import PreTrainedModel

from glaswerk.infer.engines import Job, TorchEngine
from glaswerk.infer.sampling import Sampling
from glaswerk.model import load
from glaswerk.tokenizer import Tokenizer

Run = Callable[[Sequence[list[int]], int], int]
TEXT = "The market in the old town opens at nine, and the people of the town come with baskets and talk. "
PROMPT = 40


@dataclass(frozen=True)
class Contestant:
    """A way to answer prompts with `count` new tokens each; `run` returns the tokens written."""

    name: str
    run: Run
    most: int = 64
    close: Callable[[], None] = lambda: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a model folder; default: a made-up one")
    parser.add_argument("--gguf", type=Path, help="the same weights for llama.cpp and OpenVINO GenAI")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of contestants")
    parser.add_argument("--smoke", action="store_true", help="a second of work on a made-up model")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.smoke:
        asked.jobs, asked.tokens, asked.rounds = [1, 4], 4, 1
    model, vocabulary, prompts = _inputs(asked.model, max(asked.jobs))
    entries = [entry for entry in contestants(model, vocabulary, asked.gguf) if _wanted(entry, asked.only)]
    compare(entries, prompts, asked.jobs, asked.tokens, asked.rounds)


def compare(
    entries: Sequence[Contestant], prompts: Sequence[list[int]], jobs: Sequence[int], tokens: int, rounds: int
) -> None:
    """Every contestant in turn, `rounds` times; medians, and their ratio to the first."""
    click.echo(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, one thread each; "
        f"{tokens} new tokens after {PROMPT}"
    )
    for entry in entries:
        entry.run(prompts[:1], min(4, tokens))
    for count in jobs:
        found: dict[str, list[float]] = {entry.name: [] for entry in entries}
        for _ in range(rounds):
            for entry in entries:
                if count <= entry.most:
                    found[entry.name].append(_speed(entry, prompts[:count], tokens))
        _print(count, found)
    for entry in entries:
        entry.close()


def _speed(entry: Contestant, prompts: Sequence[list[int]], tokens: int) -> float:
    # All contestants run inside this process, whatever threads they start.
    clock = time.process_time()
    written = entry.run(prompts, tokens)
    return written / (time.process_time() - clock)


def _print(count: int, found: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(values) for name, values in found.items() if values}
    first = next(iter(medians.values()))
    cells = [f"{name} {value:,.1f} ({value / first:.2f}x)" for name, value in medians.items()]
    click.echo(f"{count:>3} jobs, tokens/CPU-s: " + ", ".join(cells))
    sys.stdout.flush()


def _wanted(entry: Contestant, only: Sequence[str] | None) -> bool:
    return not only or any(entry.name.startswith(name) for name in only)


def contestants(model: PreTrainedModel, vocabulary: int, gguf: Path | None) -> list[Contestant]:
    """Those whose libraries are installed; llama.cpp and OpenVINO GenAI need the GGUF."""
    found = [_own("torch", TorchEngine(model, vocabulary, threads=1))]
    try:
        found += _openvino(model, vocabulary)
    except ImportError:
        click.echo("without OpenVINO: pip install openvino")
    if gguf is not None:
        found += [_tried(make, gguf) for make in (_llama, _genai)]
    return [*found, Contestant("transformers", _generate(model, vocabulary), most=16)]


def _tried(make: Callable[[Path], Contestant], gguf: Path) -> Contestant:
    try:
        return make(gguf)
    except ImportError as error:
        raise SystemExit(f"{error}: pip install -e '.[parity]'") from error


def _own(name: str, engine: Any) -> Contestant:
    def run(prompts: Sequence[list[int]], count: int) -> int:
        written, left, done = 0, len(prompts), threading.Event()

        def listen(emission: Any) -> None:
            nonlocal written, left
            written += len(emission.tokens)
            if emission.finish is not None:
                left -= 1
                if not left:
                    done.set()

        for prompt in prompts:
            engine.submit(Job(prompt, count, Sampling(0.0), listen=listen))
        done.wait()
        return written

    return Contestant(name, run, close=engine.close)


def _openvino(model: PreTrainedModel, vocabulary: int) -> list[Contestant]:
    from glaswerk.infer.engines.openvino_engine import OpenVinoEngine
    from glaswerk.infer.engines.openvino_network import OpenVinoNetwork

    return [
        _own(f"openvino {kind}", OpenVinoEngine(OpenVinoNetwork(model, vocabulary, weights=kind)))
        for kind in ("f32", "int8")
    ]


def _generate(model: PreTrainedModel, vocabulary: int) -> Run:
    @torch.inference_mode()
    def run(prompts: Sequence[list[int]], count: int) -> int:
        network: Any = model
        longest = max(map(len, prompts))
        rows = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        masks = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        network.generate(
            torch.tensor(rows),
            attention_mask=torch.tensor(masks),
            max_new_tokens=count,
            min_new_tokens=count,
            do_sample=False,
            pad_token_id=0,
        )
        return len(prompts) * count

    return run


def _genai(gguf: Path) -> Contestant:
    import numpy as np
    import openvino
    import openvino_genai

    cache = openvino_genai.SchedulerConfig()
    cache.cache_size = 1
    exact = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    pipeline = openvino_genai.ContinuousBatchingPipeline(str(gguf), cache, "CPU", exact)

    def run(prompts: Sequence[list[int]], count: int) -> int:
        config = openvino_genai.GenerationConfig(max_new_tokens=count, do_sample=False)
        config.ignore_eos = True
        handles = [
            pipeline.add_request(i, openvino.Tensor(np.array([prompt], np.int64)), config)
            for i, prompt in enumerate(prompts)
        ]
        while pipeline.has_non_finished_requests():
            pipeline.step()
        return sum(len(handle.read_all()[0].generated_ids) for handle in handles)

    return Contestant(f"openvino genai {gguf.stem}", run)


def _llama(gguf: Path) -> Contestant:
    """llama.cpp's server, asked in-process: prompts as ids, so that both read the same."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(gguf)
    params.n_parallel = 64
    params.n_ctx = 64 * 128
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.fit_params = params.warmup = False
    params.port = 0
    server = xllamacpp.Server(params)

    def run(prompts: Sequence[list[int]], count: int) -> int:
        written: list[int] = []

        def ask(prompt: list[int]) -> None:
            body = {
                "prompt": prompt,
                "n_predict": count,
                "temperature": 0,
                "ignore_eos": True,
                "cache_prompt": False,
            }
            written.append(int(server.handle_completions(body)["usage"]["completion_tokens"]))

        threads = [threading.Thread(target=ask, args=(prompt,)) for prompt in prompts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(written)

    return Contestant(f"llama.cpp {gguf.stem}", run)


def _inputs(folder: Path | None, count: int) -> tuple[PreTrainedModel, int, list[list[int]]]:
    """A model, its vocabulary's size and prompts that begin differently, so that no cache helps."""
    if folder is None:
        return _made_up(), 512, [[(7 * i + 13 * n) % 500 for i in range(PROMPT)] for n in range(count)]
    tokenizer = Tokenizer.load(folder)
    ids = tokenizer.encode(TEXT * 8)
    return load(folder), tokenizer.vocab_size, [ids[n : n + PROMPT] for n in range(count)]


def _made_up() -> PreTrainedModel:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=512, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, head_dim=32, max_position_embeddings=256, tie_word_embeddings=True,
    )  # fmt: skip
    made: PreTrainedModel = Qwen3ForCausalLM(config).eval()
    return made


if __name__ == "__main__":
    main()
