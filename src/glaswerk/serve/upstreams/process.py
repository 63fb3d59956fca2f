"""A server of our own behind the gateway, such as vLLM: started, watched, started again, drained."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import note
from glaswerk.serve.errors import ApiError
from glaswerk.serve.upstreams.client import UpstreamClient
from glaswerk.serve.upstreams.settings import Upstream

_GUARD = Path(__file__).with_name("guard.py")
_LOG_BYTES = 16 << 20
# Seconds between two looks at whether it runs.
_STEP = 0.1


@dataclass(frozen=True, slots=True)
class ProcessTimes:
    """Seconds: until it must be healthy, between looks at its health, how many looks may fail in a row.

    backoff: before the first restart, doubled up to `most`; a run of `stable` seconds begins anew. wait: how
    long a request waits for it. grace: for its answers at the end.
    """

    start: float = 600
    look: float = 5
    misses: int = 3
    backoff: float = 1
    most: float = 60
    stable: float = 60
    wait: float = 120
    grace: float = 35


class ModelProcess:
    """One program that serves one model with OpenAI's API on a free port of this machine.

    command: its words for a port; the key is in the environment, where no list of processes shows it.
    `starts` counts how often it was started, `pid` is that of its guard.
    """

    def __init__(
        self, name: str, command: Callable[[int], Sequence[str]], log: Path, times: ProcessTimes | None = None
    ) -> None:
        self.name, self.log = name, log
        self._command, self._times = command, times or ProcessTimes()
        self._key = f"sk-{secrets.token_hex(24)}"
        self._client: UpstreamClient | None = None
        self._task: asyncio.Task[None] | None = None
        self._change = asyncio.Event()
        self._healthy = self._closed = False
        self._failed = ""
        self.starts, self.pid = 0, 0

    @property
    def healthy(self) -> bool:
        """Whether it answers now."""
        return self._healthy

    async def client(self) -> UpstreamClient:
        """A client of the running program, which is started if it is not.

        Raises ApiError 503 if it is not there in time, or fails and waits to be started again.
        """
        if self._closed:
            raise self._absent("is being stopped")
        self._task = self._task or asyncio.create_task(self._keep())
        ends = time.monotonic() + self._times.wait
        while not (self._healthy and self._client):
            if self._failed:
                raise self._absent(f"{self._failed}; it is started again")
            if time.monotonic() > ends:
                raise self._absent("is still loading")
            self._change.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._change.wait(), ends - time.monotonic())
        return self._client

    def _absent(self, why: str) -> ApiError:
        message = f"the model {self.name} {why}; try again shortly"
        return ApiError(503, message, param="model", code="model_loading", headers={"retry-after": "5"})

    async def close(self) -> None:
        """Let it finish its answers, then end it."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def _keep(self) -> None:
        """Start it again and again, until `close`."""
        wait = self._times.backoff
        while True:
            began = time.monotonic()
            try:
                self._failed = await self._run()
            # A program that is not there, a disk that is full: tried again like one that ends.
            except (OSError, GlaswerkError) as error:
                self._failed = f"cannot be started: {error}".splitlines()[0]
            self._set_healthy(False)
            if time.monotonic() - began > self._times.stable:
                wait = self._times.backoff
            note(f"{self.name} {self._failed}; its log: {self.log}; started again in {wait:,.0f} seconds")
            await asyncio.sleep(wait)
            wait, self._failed = min(2 * wait, self._times.most), ""

    async def _run(self) -> str:
        """One run of the program; why it is over."""
        port = _free_port()
        self._client = self._client_of(port)
        self.starts += 1
        # Not in a thread: a cancellation in between would lose the process.
        process = self._spawn(port)
        try:
            return await self._watched(process, port)
        finally:
            self._set_healthy(False)
            await asyncio.shield(self._ended(process))
            # The next run has another port; a connection to this one would stay open.
            await self._client.close()

    def _client_of(self, port: int) -> UpstreamClient:
        upstream = Upstream(self.name, f"http://127.0.0.1:{port}/v1", models=(self.name,), secret=self._key)
        return UpstreamClient(upstream)

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        words = [sys.executable, "-I", str(_GUARD), *self._command(port)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, "VLLM_API_KEY": self._key},
                start_new_session=True,
            )
        self.pid = process.pid
        return process

    async def _watched(self, process: subprocess.Popen[bytes], port: int) -> str:
        began, looked, missed = time.monotonic(), 0.0, 0
        async with httpx.AsyncClient(trust_env=False, timeout=self._times.look) as http:
            while process.poll() is None:
                if not self._healthy or time.monotonic() - looked > self._times.look:
                    well, looked = await _answers(http, port), time.monotonic()
                    late = self._healthy or looked - began > self._times.start
                    missed = 0 if well else missed + late
                    if missed >= self._times.misses:
                        return "does not answer"
                    self._set_healthy(well or self._healthy)
                await asyncio.sleep(_STEP)
        return f"ended with code {process.returncode}"

    async def _ended(self, process: subprocess.Popen[bytes]) -> None:
        """End the guard; it lets the program finish its answers first."""
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.to_thread(process.wait, self._times.grace)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def _set_healthy(self, healthy: bool) -> None:
        if healthy and not self._healthy:
            note(f"{self.name} answers; its log: {self.log}")
        self._healthy = healthy
        self._change.set()


async def _answers(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
