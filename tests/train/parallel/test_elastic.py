"""A lost host ends no run, and hosts need only a network between them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from launch import column, start, torchrun
from rank import Job, train

pytestmark = pytest.mark.cluster

STEPS, EVERY, DEATH = 12, 2, 7


@contextmanager
def _agents(*commands: list[str]) -> Iterator[list[subprocess.Popen[str]]]:
    started = [start(command) for command in commands]
    try:
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
def test_when_a_host_is_lost_the_survivor_goes_on_from_the_last_checkpoint(tmp_path: Path) -> None:
    """Killed -9: one agent of two with its rank. The other agent starts its rank anew, as a world of one."""
    train(tmp_path / "alone", Job(steps=STEPS))
    folder = tmp_path / "elastic"
    folder.mkdir()
    endpoint, job = f"127.0.0.1:{_free_port()}", {"steps": STEPS, "every": EVERY, "die_at": DEATH}

    def agent(is_host: int) -> list[str]:
        # Seconds that the hosts which are there wait for more of them.
        conf = f"--rdzv-conf=is_host={is_host},last_call_timeout=8"
        options = ("--nnodes=1:2", "--nproc-per-node=1", "--max-restarts=3", "--rdzv-backend=c10d")
        return torchrun(
            *options, f"--rdzv-endpoint={endpoint}", "--rdzv-id=elastic", conf, folder=folder, job=job
        )

    with _agents(agent(1), agent(0)) as (survivor, victim):
        output, _ = survivor.communicate(timeout=280)
        assert survivor.returncode == 0, output
        assert victim.wait(10) == -signal.SIGKILL, victim.communicate()
    seen = [tuple(map(int, line.split())) for line in (folder / "seen").read_text().splitlines()]
    assert [step for ranks, step in seen if ranks == 2] == list(range(DEATH + 1))
    alone = [step for ranks, step in seen if ranks == 1]
    # The checkpoint after six steps may have been on its way to the disk still.
    assert alone in (list(range(4, STEPS)), list(range(6, STEPS)))
    np.testing.assert_allclose(column(folder, "loss"), column(tmp_path / "alone", "loss"), rtol=5e-6)
    assert column(folder, "step") == list(range(STEPS))


@pytest.fixture
def hosts() -> Iterator[list[tuple[str, str, str]]]:
    """(namespace, address, network card) of two hosts with a cable between them and no other network."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root and the program ip")
    names = [f"glaswerk-{os.getpid()}-{i}" for i in range(2)]
    cards = [f"gw{os.getpid()}-{i}" for i in range(2)]
    made = subprocess.run(["ip", "netns", "add", names[0]], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"this machine allows no network namespaces: {made.stderr.strip()}")
    try:
        _ip("netns", "add", names[1])
        _ip("link", "add", cards[0], "type", "veth", "peer", "name", cards[1])
        for i, (name, card) in enumerate(zip(names, cards, strict=True)):
            _ip("link", "set", card, "netns", name)
            _ip("-n", name, "address", "add", f"10.77.0.{i + 1}/24", "dev", card)
            _ip("-n", name, "link", "set", card, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield [
            (name, f"10.77.0.{i + 1}", card) for i, (name, card) in enumerate(zip(names, cards, strict=True))
        ]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.mark.slow
def test_two_hosts_that_meet_at_an_address_train_as_one(
    hosts: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    train(tmp_path / "alone", Job())
    folder = tmp_path / "two"

    def agent(number: int) -> list[str]:
        name, address, card = hosts[number]
        # is_host is told: torchrun would wait for ever for a host name that resolves to the address.
        meeting = ("--rdzv-backend=c10d", f"--rdzv-endpoint={hosts[0][1]}:29400", "--rdzv-id=two")
        conf = (f"--rdzv-conf=is_host={int(number == 0)}", f"--local-addr={address}")
        return torchrun(
            "--nnodes=2",
            "--nproc-per-node=1",
            *meeting,
            *conf,
            folder=folder,
            job={"parallel": "replicate=2"},
            before=("ip", "netns", "exec", name, "env", f"GLOO_SOCKET_IFNAME={card}"),
        )

    with _agents(agent(0), agent(1)) as agents:
        for process in agents:
            output, _ = process.communicate(timeout=240)
            assert process.returncode == 0, output
    np.testing.assert_allclose(column(folder, "loss"), column(tmp_path / "alone", "loss"), rtol=5e-6)
