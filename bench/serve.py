"""Serving many clients: our server beside llama.cpp's and `transformers serve`, same weights, over HTTP.

python -m bench.serve --lab demo-lab                      # the demo's model
python -m bench.serve --lab LAB --model NAME --clients 1,4,16,64 --rounds 5
python -m bench.serve --smoke                             # seconds, to see that it runs
GLASWERK_VLLM=ENV/bin/vllm python -m bench.serve          # vLLM as well, from an environment of its own

Every server is a process of its own; all are up at once and take turns, so that noise meets each. Each client
streams one answer of --tokens tokens. Tokens per CPU-second count the CPU time of the server's whole process
tree; first: seconds to the first text; gap: between pieces of text.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from bench.load import Load, load
from glaswerk.lab import Artifact, Lab
from glaswerk.model.export_gguf import export_gguf
from glaswerk.tokenizer import Tokenizer


@dataclass(frozen=True)
class Served:
    """A running server: how it calls itself, its port and process, and the model's name there."""

    name: str
    port: int
    pid: int
    model: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lab", type=Path, default=Path("demo-lab"))
    parser.add_argument("--model", default="")
    parser.add_argument("--clients", default="1,4,16,64")
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default="llama-server,transformers,vllm")
    parser.add_argument("--smoke", action="store_true", help="one round of 1 and 4 clients, 8 tokens")
    wishes = parser.parse_args()
    if not (wishes.lab / "lab.toml").exists():
        click.echo("skipped: no demo-lab here; make demo makes it")
        return
    if wishes.smoke:
        wishes.clients, wishes.tokens, wishes.rounds = "1,4", 8, 1
    lab = Lab.open(wishes.lab)
    model = lab.latest("model", wishes.model) if wishes.model else lab.latest("model", "chat")
    assert model is not None, "the lab has no such model"
    counts = [int(count) for count in wishes.clients.split(",")]
    with ExitStack() as stack:
        servers = list(_servers(stack, wishes, model, max(counts)))
        for count in counts:
            _compare(servers, count, wishes.tokens, wishes.rounds, _ends(model))


def _servers(stack: ExitStack, wishes: argparse.Namespace, model: Artifact, most: int) -> Iterator[Served]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    words = ["-m", "glaswerk", "serve", "--lab", str(wishes.lab), "--model", model.name, "--port", "0"]
    yield stack.enter_context(run("glaswerk", words, r":(\d+)  \(Ctrl-C", model.name))
    if "llama-server" in wishes.peers:
        # As near as llama.cpp has it: it multiplies fp16 weights faster than fp32.
        export_gguf(Lab.open(wishes.lab), model, folder / "model.gguf", kind="f16")
        words = ["-m", "bench.peers.llama_server", str(folder / "model.gguf"), str(most), "512"]
        yield stack.enter_context(run("llama-server", words, r"^(\d+)$", "model"))
    if "transformers" in wishes.peers:
        port = str(free_port())
        script = Path(sys.executable).parent / "transformers"
        words = [str(script), "serve", str(model.path), "--port", port, "--continuous-batching"]
        with suppress(RuntimeError):
            yield stack.enter_context(run("transformers", words, r"running on .*:(\d+)", str(model.path)))
    program = os.environ.get("GLASWERK_VLLM")
    if program and "vllm" in wishes.peers:
        words = ["-m", "bench.peers.vllm_server", program, str(model.path), str(free_port()), str(most)]
        yield stack.enter_context(run("vllm", words, r"^(\d+)$", "model"))


@contextmanager
def run(name: str, words: list[str], port: str, model: str) -> Iterator[Served]:
    """Start a server and read its port from what it prints. Raises RuntimeError if it ends before."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen([sys.executable, *words], stdout=said, stderr=subprocess.STDOUT)
        try:
            found = _waited(lambda: _search(port, said), process)
            yield Served(name, int(found), process.pid, model)
        finally:
            process.terminate()
            process.wait(120)


def _search(pattern: str, said: object) -> str | None:
    said.seek(0)  # type: ignore[attr-defined]
    found = re.search(pattern, said.read(), re.MULTILINE)  # type: ignore[attr-defined]
    return found[1] if found else None


def _waited(look: Callable[[], str | None], process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline and process.poll() is None:
        if found := look():
            return found
        time.sleep(0.2)
    raise RuntimeError("the server did not start")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ends(model: Artifact) -> dict[str, int]:
    """A bias against what ends an answer: all servers write as many tokens, and none is idle before."""
    tokenizer = Tokenizer.load(model.path)
    return {str(i): -100 for i in {tokenizer.end_id, tokenizer.turn_end_id, tokenizer.turn_id}}


def _compare(servers: list[Served], count: int, tokens: int, rounds: int, bias: dict[str, int]) -> None:
    """All servers in turn, `rounds` times and once before to warm up; medians."""
    found: dict[str, list[Load]] = {server.name: [] for server in servers}
    for turn in range(rounds + 1):
        for server in servers:
            bodies = [_body(server, i, turn, tokens) | {"logit_bias": bias} for i in range(count)]
            made = load(server.port, server.pid, bodies)
            if turn:
                found[server.name].append(made)
    own = _median(found["glaswerk"], "per_cpu_second")
    for name, loads in found.items():
        rate = _median(loads, "per_cpu_second")
        figures = {key: _median(loads, key) for key in ("first_median", "first_slowest", "gap_median")}
        click.echo(
            f"{count:3} clients  {name:13} {rate:8.1f} tokens/CPU-s  ours is {own / rate:5.2f} x  first "
            f"{figures['first_median'] * 1e3:6.0f} ms (slowest {figures['first_slowest'] * 1e3:6.0f})  gap "
            f"{figures['gap_median'] * 1e3:5.1f} ms, p99 {_median(loads, 'gap_p99') * 1e3:6.1f}  "
            f"{_median(loads, 'memory') / 2**20:5.0f} MB"
        )


def _median(loads: list[Load], name: str) -> float:
    return float(statistics.median(getattr(one, name) for one in loads))


def _body(server: Served, client: int, turn: int, tokens: int) -> dict[str, object]:
    """A question of this client's own, so that no server knows more than the template's beginning."""
    question = f"Question {turn}.{client}: what do people say about the old bridge and the mill?"
    body: dict[str, object] = {
        "model": server.model,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": tokens,
        "temperature": 1.0,
        "seed": client,
    }
    return body


if __name__ == "__main__":
    main()
