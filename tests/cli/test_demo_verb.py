"""The demo ends in a server that did not train itself."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from glaswerk.cli.demo_verb import DemoConfig, make_town
from glaswerk.lab import Lab

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


def test_the_questions_that_it_suggests_are_of_different_kinds(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path / "lab", "test")
    make_town(lab, DemoConfig(size="tiny"))
    suggested = tomllib.loads((lab.root / "lab.toml").read_text())["chat"]["suggestions"]
    facts = json.loads(next(lab.root.glob("town-*/answer_key.json")).read_text())["facts"]
    kinds = {question: fact["relation"] for fact in facts for question in fact["questions"]}
    assert len(suggested) == 4
    assert len({kinds[question] for question in suggested}) == 4
