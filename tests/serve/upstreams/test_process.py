"""A server of our own is started with a key, watched, started again when it dies, and drained at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.errors import ApiError
from glaswerk.serve.upstreams.process import ModelProcess, ProcessTimes
from glaswerk.serve.upstreams.vllm import vllm_command
from tests.serve.clients import key_of, openai_client
from tests.serve.conftest import Running, run_app, wait_until

PROGRAM = Path(__file__).with_name("program.py")
SAYS = "The old bridge stands."
TIMES = ProcessTimes(look=0.2, misses=2, backoff=0.1, most=0.4, stable=60, wait=60)


def words(port: int) -> Sequence[str]:
    return [sys.executable, str(PROGRAM), "--port", str(port)]


def run(log: Path, work: Callable[[ModelProcess], Awaitable[None]], **times: float) -> None:
    async def all_of_it() -> None:
        process = ModelProcess("bridge", words, log, replace(TIMES, **times))
        try:
            await work(process)
        finally:
            await process.close()

    asyncio.run(all_of_it())


async def ask(process: ModelProcess, what: str) -> str:
    client = await process.client()
    messages = [{"role": "user", "content": what}]
    found = await client.post("/chat/completions", {"model": "bridge", "messages": messages})
    return str(found["choices"][0]["message"]["content"])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


def test_it_starts_at_the_first_request_and_one_run_serves_all(tmp_path: Path) -> None:
    async def work(process: ModelProcess) -> None:
        assert process.starts == 0
        assert await asyncio.gather(*(ask(process, "hello") for _ in range(8))) == [SAYS] * 8
        assert (process.starts, process.healthy) == (1, True)

    run(tmp_path / "log", work)
    assert "serving --port" in (tmp_path / "log").read_text()


def test_a_program_that_dies_is_started_again_with_the_next_port(tmp_path: Path) -> None:
    async def work(process: ModelProcess) -> None:
        assert await ask(process, "hello") == SAYS
        first = await process.client()
        for starts in (2, 3):
            with pytest.raises(ApiError) as found:
                await ask(process, "crash")
            assert found.value.status == 502
            await until(lambda starts=starts: process.starts == starts and process.healthy)  # type: ignore[misc]
            assert await ask(process, "hello") == SAYS
        # Whoever still has the client of the first run learns it in words; its connections are closed.
        with pytest.raises(ApiError, match="was ended") as found:
            await first.post("/chat/completions", {})
        assert found.value.status == 502

    run(tmp_path / "log", work)
    assert (tmp_path / "log").read_text().count("crashing as asked") == 2


def test_a_program_whose_health_ends_is_started_again(tmp_path: Path) -> None:
    async def work(process: ModelProcess) -> None:
        assert await ask(process, "hang") == SAYS
        await until(lambda: process.starts == 2 and process.healthy)
        assert await ask(process, "hello") == SAYS

    run(tmp_path / "log", work)


def test_a_request_hears_503_while_a_program_keeps_failing(tmp_path: Path) -> None:
    async def work(process: ModelProcess) -> None:
        with pytest.raises(ApiError) as found:
            await process.client()
        assert (found.value.status, found.value.headers) == (503, {"retry-after": "5"})
        assert "ended with code" in found.value.message
        await until(lambda: process.starts >= 3)

    async def broken() -> None:
        process = ModelProcess("bridge", lambda _: [sys.executable, "-c", "1/0"], tmp_path / "log", TIMES)
        try:
            await work(process)
        finally:
            await process.close()

    asyncio.run(broken())
    assert "ZeroDivisionError" in (tmp_path / "log").read_text()


def test_it_may_finish_its_answer_before_it_ends(tmp_path: Path) -> None:
    async def work(process: ModelProcess) -> None:
        client = await process.client()
        messages = [{"role": "user", "content": "slowly"}]
        body = {"model": "bridge", "messages": messages, "stream": True}
        text, closing = "", None
        async with client.events("/chat/completions", body) as events:
            async for event in events:
                if event["choices"]:
                    text += event["choices"][0]["delta"]["content"]
                closing = closing or asyncio.create_task(process.close())
        assert text == SAYS
        assert closing is not None
        await closing
        with pytest.raises(ApiError):
            await process.client()

    run(tmp_path / "log", work)
    assert (tmp_path / "log").read_text().endswith("drained\n")


_GATEWAY = """
import asyncio, sys
from pathlib import Path
from glaswerk.serve.upstreams.process import ModelProcess
async def main():
    def words(port):
        return [sys.executable, sys.argv[1], "--port", str(port)]
    process = ModelProcess("bridge", words, Path(sys.argv[2]))
    client = await process.client()
    print(client.upstream.url, flush=True)
    await asyncio.sleep(600)
asyncio.run(main())
"""


def test_a_gateway_that_is_killed_leaves_no_program_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _GATEWAY, str(PROGRAM), str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as gateway:
        assert gateway.stdout is not None
        url = gateway.stdout.readline().strip().removesuffix("/v1")
        program = httpx.get(f"{url}/health").json()["pid"]
        os.kill(gateway.pid, signal.SIGKILL)
    wait_until(lambda: not runs(program))


def runs(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/stat").read_text().partition(") ")[2].startswith("Z")
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program as an executable, which `GLASWERK_VLLM` names."""
    file = tmp_path / "vllm"
    file.write_text(f"#!{sys.executable}\n{PROGRAM.read_text()}")
    file.chmod(0o755)
    monkeypatch.setenv("GLASWERK_VLLM", str(file))
    return file


@pytest.fixture
def gateway(copy: Lab, program: Path) -> Iterator[Running]:
    with (copy.root / "lab.toml").open("a") as file:
        file.write(
            '\n[serve.models.base]\nengine = "vllm"\nvllm = { max-model-len = 99, enforce-eager = true }\n'
        )
        file.write('[serve.aliases]\n"gpt-4o" = "base"\n')
    with run_app(create_app(Lab.open(copy.root))) as running:
        yield running


def test_a_model_of_vllm_answers_through_the_gateway_beside_ours(gateway: Running, copy: Lab) -> None:
    messages: Any = [{"role": "user", "content": "hello"}]
    with openai_client(gateway) as client:
        assert [model.id for model in client.models.list()] == ["chat", "base", "gpt-4o"]
        for name in ("base", "gpt-4o", "base/step-0"):
            reply = client.chat.completions.create(model=name, messages=messages)
            assert (reply.choices[0].message.content, reply.model) == (SAYS, name)
        stream = client.chat.completions.create(model="base", messages=messages, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == SAYS
        assert client.chat.completions.create(model="chat", messages=messages, max_tokens=2).model == "chat"
        with pytest.raises(openai.BadRequestError, match="is not passed on"):
            client.embeddings.create(model="base", input="a bridge")
    process = gateway.app.state.own_servers.processes["base"]
    assert process.starts == 1
    folder = copy.find("model", "base/step-0")
    assert folder is not None
    log = (copy.root / "logs" / "vllm-base.log").read_text()
    assert f"serve {folder.path} --served-model-name base --host 127.0.0.1" in log
    assert "--max-model-len 99 --enforce-eager" in log
    assert "sk-" not in log


def test_keys_hold_for_a_model_of_vllm(copy: Lab, program: Path) -> None:
    key = key_of(copy, "few", models=("chat",))
    with (copy.root / "lab.toml").open("a") as file:
        file.write('\n[serve.models.base]\nengine = "vllm"\n')
    with run_app(create_app(Lab.open(copy.root))) as running, openai_client(running, key) as client:
        assert [model.id for model in client.models.list()] == ["chat"]
        with pytest.raises(openai.PermissionDeniedError):
            client.chat.completions.create(model="base", messages=[{"role": "user", "content": "hello"}])


def test_without_vllm_the_server_says_what_to_install(copy: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GLASWERK_VLLM", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with (copy.root / "lab.toml").open("a") as file:
        file.write('\n[serve.models.base]\nengine = "vllm"\n')
    with pytest.raises(GlaswerkError, match="vllm") as found:
        create_app(Lab.open(copy.root))
    assert found.value.hint == "pip install vllm"


def test_options_become_words_of_the_command(program: Path) -> None:
    options = {"max-model-len": 4096, "enforce-eager": True, "enable-prefix-caching": False, "dtype": "half"}
    found = vllm_command(Path("/models/chat"), "chat", options, 1234)
    assert found[:3] == [str(program), "serve", "/models/chat"]
    assert list(found[9:]) == [
        *("--max-model-len", "4096", "--enforce-eager", "--no-enable-prefix-caching", "--dtype", "half")
    ]
