"""Time to the first streamed token over HTTP, against transformers' `generate` of one token in-process.

python -m bench.serve --lab demo-lab
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import click
import httpx
from transformers import AutoModelForCausalLM, AutoTokenizer

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.server import Server, bind

ROUNDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lab", type=Path, default=Path("demo-lab"))
    if not (parser.parse_args().lab / "lab.toml").exists():
        click.echo("skipped: no demo-lab here; make demo makes it")
        return
    lab = Lab.open(parser.parse_args().lab)
    model = lab.latest("model", "chat")
    assert model is not None
    question = lab.settings["chat"]["suggestions"][0]
    with bind("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = Server(create_app(lab), address, address, False)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            compare(address, question, model.path)
        finally:
            server.should_exit = True
            thread.join()


def compare(address: str, question: str, folder: Path) -> None:
    """Run both in turn, so that noise affects both."""
    network: Any = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    ours, peer = [], []
    for _ in range(ROUNDS + 1):
        ours.append(streamed(address, question))
        peer.append(generated(network, tokenizer, question))
    own, other = statistics.median(ours[1:]), statistics.median(peer[1:])
    click.echo(
        f"first token over HTTP {own * 1e3:.1f} ms (slowest {max(ours[1:]) * 1e3:.1f} ms), first of all "
        f"{ours[0] * 1e3:.0f} ms"
    )
    click.echo(f"transformers generate(1), no server {other * 1e3:.1f} ms; ratio {own / other:.2f}")


def streamed(address: str, question: str) -> float:
    """Seconds from the request to the first chunk with text."""
    body = {
        "model": "chat",
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "max_tokens": 8,
    }
    clock = time.perf_counter()
    with httpx.stream("POST", f"{address}/v1/chat/completions", json=body, timeout=60) as reply:
        for line in reply.iter_lines():
            if line.startswith("data: {") and json.loads(line[6:])["choices"][0]["delta"].get("content"):
                return time.perf_counter() - clock
    return float("nan")


def generated(network: Any, tokenizer: Any, question: str) -> float:
    """Seconds for templating, tokenising and one new token."""
    clock = time.perf_counter()
    messages = [{"role": "user", "content": question}]
    inputs = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    network.generate(**inputs, max_new_tokens=1, do_sample=False)
    return time.perf_counter() - clock


if __name__ == "__main__":
    main()
