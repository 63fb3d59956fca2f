"""A load on an OpenAI-compatible server: many streams at once, and what they cost its whole process tree."""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_TRIES = 100
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Stream:
    """What one client saw: seconds to the first text, gaps between pieces, and the tokens it was told of."""

    first: float = float("nan")
    gaps: list[float] = field(default_factory=list)
    tokens: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Load:
    """Figures of one round; `whole`: streams that came to their end."""

    clients: int
    tokens: int
    wall: float
    cpu: float
    first_median: float
    first_slowest: float
    gap_median: float
    gap_p99: float
    memory: int
    whole: int

    @property
    def per_cpu_second(self) -> float:
        """Tokens per second of CPU time of the server's process tree."""
        return self.tokens / self.cpu


async def _stream(port: int, body: dict[str, object]) -> Stream:
    """One streamed completion over a bare socket: a client library would cost more than some servers."""
    reader, writer = await _connected(port)
    payload = json.dumps(body | {"stream": True, "stream_options": {"include_usage": True}}).encode()
    head = (
        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(payload)}\r\nconnection: close\r\n\r\n"
    )
    seen, start, last = Stream(), time.perf_counter(), 0.0
    writer.write(head.encode() + payload)
    async for line in reader:
        found = line.strip()
        if not found.startswith(b"data: {"):
            if found == b"data: [DONE]":
                seen.whole = True
                break
            continue
        chunk = json.loads(found[6:])
        usage = chunk.get("usage") or {}
        seen.tokens = usage.get("completion_tokens") or seen.tokens
        choices = chunk.get("choices") or []
        if choices and choices[0].get("delta", {}).get("content"):
            now = time.perf_counter()
            if last:
                seen.gaps.append(now - last)
            else:
                seen.first = now - start
            last = now
    writer.close()
    return seen


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Tries again: some servers take only a few connections at the same moment."""
    for _ in range(_TRIES):
        with suppress(ConnectionRefusedError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.05)
    return await asyncio.open_connection("127.0.0.1", port)


async def _streams(port: int, bodies: Sequence[dict[str, object]]) -> list[Stream]:
    return await asyncio.gather(*(_stream(port, body) for body in bodies))


def load(port: int, pid: int, bodies: Sequence[dict[str, object]]) -> Load:
    """All requests at once; CPU time and memory of the process `pid` and its descendants."""
    before, start = cpu_seconds(pid), time.perf_counter()
    found = asyncio.run(_streams(port, bodies))
    wall, cpu = time.perf_counter() - start, cpu_seconds(pid) - before
    gaps = sorted(gap for stream in found for gap in stream.gaps) or [float("nan")]
    firsts = [stream.first for stream in found]
    return Load(
        len(bodies),
        sum(stream.tokens for stream in found),
        wall,
        cpu,
        statistics.median(firsts),
        max(firsts),
        statistics.median(gaps),
        gaps[min(len(gaps) - 1, int(0.99 * len(gaps)))],
        memory(pid),
        sum(stream.whole for stream in found),
    )


def tree(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time that the tree has used, in seconds."""
    total = 0
    for one in tree(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def memory(pid: int) -> int:
    """Resident bytes of the tree."""
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in tree(pid))
    return pages * os.sysconf("SC_PAGE_SIZE")
