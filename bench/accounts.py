"""What accounts add to a request: key, limits, ledger, beside the same application without them.

    python -m bench.accounts
    python -m bench.accounts --postgres postgresql://user@host/name

ASGI calls in one process, without HTTP: CPU time of the whole process a request, and how long it took. The
peer is the same application without the middleware.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from glaswerk.lab import Lab
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.accounts.database import open_database
from glaswerk.serve.accounts.key_store import issue_key
from glaswerk.serve.accounts.limits import parse_limits
from glaswerk.serve.accounts.middleware import AccountsMiddleware

REQUESTS, CLIENTS = 4000, 16
BUCKETS = ["requests=100000000", "tokens=10000000000"]
KEYS: dict[str, Sequence[str] | None] = {
    "no key": None,
    "key": [],
    "key, requests and tokens": BUCKETS,
    "key, all four limits": [*BUCKETS, "concurrent=1000", "spend=1000000000"],
}


async def send(message: Message) -> None:
    """Takes the answer, which must be one."""
    assert message.get("status", 200) == 200, message


async def receive() -> Message:
    """A body that is empty."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def say(send: Send) -> None:
    """An empty answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """The application without accounts."""
    await say(send)


def counting(accounts: Accounts) -> ASGIApp:
    """The application that admits and records."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        usage = await accounts.begin(
            scope["state"]["account"], model="chat", endpoint="chat", prompt_tokens=10, max_tokens=10
        )
        await usage.finish(10, 0, 5, "stop")
        await say(send)

    return app


async def measure(name: str, app: ASGIApp, headers: list[tuple[bytes, bytes]]) -> None:
    """Print a line of figures for one client and for sixteen."""
    for clients in (1, CLIENTS):
        times: list[float] = []

        async def client(count: int, times: list[float] = times) -> None:
            for _ in range(count):
                start = time.perf_counter()
                scope = {"type": "http", "method": "POST", "path": "/v1/chat", "headers": headers}
                await app(scope, receive, send)
                times.append(time.perf_counter() - start)

        start = time.process_time()
        await asyncio.gather(*(client(REQUESTS // clients) for _ in range(clients)))
        cpu = (time.process_time() - start) / len(times)
        times.sort()
        middle, last = times[len(times) // 2], times[len(times) * 99 // 100]
        sys.stdout.write(
            f"{name:36} {clients:2} clients  {cpu * 1e6:5.0f} us CPU  "
            f"p50 {middle * 1e6:6.0f} us  p99 {last * 1e6:6.0f} us\n"
        )


async def run(name: str, limits: Sequence[str] | None, url: str) -> None:
    """Measure one kind of key over a lab of its own."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.init(Path(folder) / "lab", "bench")
        settings: dict[str, Any] = {**lab.settings, "serve": {"accounts": url}}
        lab.settings = settings
        headers: list[tuple[bytes, bytes]] = []
        if limits is not None:
            db = open_database(lab.root, url, create=True)
            _, text = issue_key(db, project="bench", name="bench", limits=parse_limits(limits))
            db.close()
            headers = [(b"authorization", f"Bearer {text}".encode())]
        accounts = Accounts.open(lab, loopback=True)
        accounts.start()
        await asyncio.sleep(0.6)
        await measure(name, AccountsMiddleware(counting(accounts), accounts=accounts), headers)
        accounts.close()
        lab.ledger.close()


async def main() -> None:
    """Every kind of key over SQLite, and over Postgres if it is there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--postgres", default="")
    given = parser.parse_args()
    await measure("without accounts", bare, [])
    for name, limits in KEYS.items():
        await run(f"SQLite, {name}", limits, "")
    for name, limits in KEYS.items():
        if given.postgres and limits is not None:
            await run(f"Postgres, {name}", limits, given.postgres)


if __name__ == "__main__":
    asyncio.run(main())
