"""python -m bench.peers.vllm_server PROGRAM FOLDER PORT ROWS: vLLM; prints its port when it answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from urllib.error import URLError
from urllib.request import urlopen

import click


def main() -> None:
    program, folder, port, rows = sys.argv[1:5]
    # As ours: a core is left for HTTP, and weights as they are stored.
    settings = {"VLLM_CPU_KVCACHE_SPACE": "2", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": _threads()}
    words = ["serve", folder, "--port", port, "--served-model-name", "model", "--max-num-seqs", rows]
    words += ["--max-model-len", "512", "--dtype", "float32"]
    process = subprocess.Popen([program, *words], stdout=subprocess.DEVNULL, env=_environment() | settings)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    while process.poll() is None and not _answers(port):
        time.sleep(1)
    click.echo(port)
    sys.exit(process.wait())


def _threads() -> str:
    return str(max(1, (os.cpu_count() or 2) - 1))


def _environment() -> dict[str, str]:
    """Without our own path: vLLM lives in an environment of its own."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def _answers(port: str) -> bool:
    with suppress(URLError, OSError):
        return bool(urlopen(f"http://127.0.0.1:{port}/health", timeout=2).status == 200)
    return False


if __name__ == "__main__":
    main()
