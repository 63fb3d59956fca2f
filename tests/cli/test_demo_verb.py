"""The demo ends in a server that did not train itself."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = [sys.executable, "-m", "glaswerk", "demo", "--size", "tiny", "--parameters", "200K"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_demo_serves_in_a_process_that_never_trained(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    made = [*DEMO, "--lab", str(folder)]
    subprocess.run([*made, "--no-serve"], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [*made, "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while not re.search(r"http://\S+  \(Ctrl-C", line := process.stderr.readline()):
            assert line, "the demo ended before it served"
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")
        process.send_signal(signal.SIGINT)
        process.stderr.read()
        assert process.wait() == 0
    assert command[2:4] == [b"glaswerk", b"serve"]
