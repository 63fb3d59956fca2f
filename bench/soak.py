"""Endurance of the gateway: very many streams at once, and minutes of mixed load with its memory.

    python -m bench.soak streams --lab demo-lab --streams 1000
    python -m bench.soak mixed --lab demo-lab --minutes 10

streams: an upstream that talks for 20 seconds to everyone; all streams must come whole. mixed: eight clients
ask for streams, whole answers, completions and lists, leave in the middle, send what is refused; resident
memory is read every five seconds, and no answer may be a 5xx.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import resource
import shutil
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import httpx

from bench.load import cpu_seconds, load, memory
from bench.serve import Served, free_port, run

_TALK_SECONDS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("part", choices=("streams", "mixed"))
    parser.add_argument("--lab", type=Path, default=Path("demo-lab"))
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=10.0)
    wishes = parser.parse_args()
    if not (wishes.lab / "lab.toml").exists():
        click.echo("skipped: no demo-lab here; make demo makes it")
        return
    if wishes.part == "streams":
        _streams(wishes.lab, wishes.streams)
    else:
        _mixed(wishes.lab, wishes.minutes)


def _streams(lab: Path, count: int) -> None:
    _raise_open_files()
    port = free_port()
    with ExitStack() as stack:
        stub = ["-m", "bench.peers.talking_stub", str(port), str(_TALK_SECONDS)]
        stack.enter_context(run("stub", stub, r"^(\d+)$", "talk"))
        setting = f'\n[serve.upstreams.stub]\nurl = "http://127.0.0.1:{port}/v1"\nmodels = ["talk"]\n'
        server = stack.enter_context(_server(lab, setting))
        before = memory(server.pid)
        body: dict[str, object] = {"model": "stub/talk", "messages": [{"role": "user", "content": "Talk"}]}
        found = load(server.port, server.pid, [body] * count)
        pieces = count * _TALK_SECONDS * 2
        click.echo(
            f"{found.whole:,} of {count:,} streams whole, {pieces:,} pieces in {found.wall:.1f} s, "
            f"{found.cpu / pieces * 1e3:.2f} ms CPU a piece, first text {found.first_median:.2f} s "
            f"(slowest {found.first_slowest:.2f}), memory {before >> 20} -> "
            f"{found.memory >> 20} MB"
        )


def _raise_open_files() -> None:
    """Here and in the processes started from here: two sockets a stream."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


@contextmanager
def _server(lab: Path, setting: str = "") -> Iterator[Served]:
    """A server of a copy of the lab, with a setting more."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "lab"
        shutil.copytree(lab, copy, symlinks=True, ignore=shutil.ignore_patterns("runs"))
        with (copy / "lab.toml").open("a") as file:
            file.write(setting)
        words = ["-m", "glaswerk", "serve", "--lab", str(copy), "--port", "0"]
        with run("glaswerk", words, r":(\d+)  \(Ctrl-C", "chat") as server:
            yield server


def _mixed(lab: Path, minutes: float) -> None:
    with _server(lab) as server:
        end = time.monotonic() + 60 * minutes
        statuses, sizes, cpu = asyncio.run(_load_until(server, end))
    third = max(1, len(sizes) // 3)
    first, last = (statistics.median(part) / 2**20 for part in (sizes[:third], sizes[-third:]))
    click.echo(
        f"{sum(statuses.values()):,} requests in {minutes:g} min, {cpu:.0f} CPU-s, by status "
        f"{dict(sorted(statuses.items()))}; memory: first third {first:.0f} MB, last third {last:.0f} MB, "
        f"most {max(sizes) / 2**20:.0f} MB"
    )


async def _load_until(server: Served, end: float) -> tuple[Counter[str], list[int], float]:
    statuses: Counter[str] = Counter()
    sizes: list[int] = []
    before = cpu_seconds(server.pid)
    clients = [asyncio.ensure_future(_client(server, end, i, statuses)) for i in range(8)]
    while time.monotonic() < end:
        await asyncio.sleep(5)
        sizes.append(memory(server.pid))
    await asyncio.gather(*clients)
    return statuses, sizes, cpu_seconds(server.pid) - before


async def _client(server: Served, end: float, seed: int, statuses: Counter[str]) -> None:
    dice = random.Random(seed)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}/v1", timeout=120) as http:
        while time.monotonic() < end:
            statuses[await dice.choice(_REQUESTS)(http, dice)] += 1


def _question(dice: random.Random) -> dict[str, object]:
    words = " ".join(
        dice.choices(["mill", "bridge", "baker", "who", "why", "river"], k=dice.randrange(1, 60))
    )
    message = {"role": "user", "content": words}
    return {"model": "chat", "messages": [message], "max_tokens": dice.randrange(1, 120)}


async def _whole(http: httpx.AsyncClient, dice: random.Random) -> str:
    body = _question(dice) | {"n": dice.randrange(1, 4)}
    return str((await http.post("/chat/completions", json=body)).status_code)


async def _stream(http: httpx.AsyncClient, dice: random.Random) -> str:
    """Read a stream; every other time leave after a few lines."""
    lines = dice.choice([5, 10**6])
    body = _question(dice) | {"stream": True, "glaswerk": {"trace": dice.random() < 0.2}}
    async with http.stream("POST", "/chat/completions", json=body) as reply:
        async for _ in reply.aiter_lines():
            lines -= 1
            if not lines:
                return "left"
    return str(reply.status_code)


async def _completion(http: httpx.AsyncClient, dice: random.Random) -> str:
    body = {"model": "chat", "prompt": "The old bridge", "max_tokens": 20, "echo": True, "logprobs": 2}
    return str((await http.post("/completions", json=body)).status_code)


async def _response(http: httpx.AsyncClient, dice: random.Random) -> str:
    body = {"model": "chat", "input": "Who lives by the mill?", "store": dice.random() < 0.5}
    return str((await http.post("/responses", json=body)).status_code)


async def _refused(http: httpx.AsyncClient, dice: random.Random) -> str:
    body = dice.choice([{"model": "chat"}, {"model": "none", "messages": []}, {"messages": "x" * 10**5}])
    return str((await http.post("/chat/completions", json=body)).status_code)


async def _list(http: httpx.AsyncClient, dice: random.Random) -> str:
    return str((await http.get("/models")).status_code)


_REQUESTS = (_whole, _stream, _stream, _completion, _response, _refused, _list)


if __name__ == "__main__":
    main()
