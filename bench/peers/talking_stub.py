"""An OpenAI-compatible server that only talks: a piece of text for every open stream each half second.

python -m bench.peers.talking_stub PORT SECONDS
"""

from __future__ import annotations

import asyncio
import json
import sys

_EVERY = 0.5
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "talk", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: int) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
    await reader.readexactly(int(length or b"0"))
    writer.write(_HEAD + _chunk({"role": "assistant", "content": ""}))
    for i in range(pieces):
        await asyncio.sleep(_EVERY)
        writer.write(_chunk({"content": f"word{i} "}))
        await writer.drain()
    writer.write(_chunk({}, "stop") + b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()


async def _main(port: int, seconds: float) -> None:
    pieces = int(seconds / _EVERY)
    server = await asyncio.start_server(lambda r, w: _talk(r, w, pieces), "127.0.0.1", port, backlog=4096)
    print(port, flush=True)  # noqa: T201 (its reader is a program)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2])))
