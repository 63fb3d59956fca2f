"""Labs without a model, their keys, and gateways over them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from glaswerk.lab import Lab
from glaswerk.serve.accounts.database import Database, open_database
from glaswerk.serve.accounts.key_store import issue_key
from glaswerk.serve.accounts.keys import Key
from glaswerk.serve.accounts.ledger import Total, totals
from glaswerk.serve.accounts.limits import parse_limits
from glaswerk.serve.accounts.settings import AccountSettings
from tests.serve.conftest import Running, run_app, wait_until

from . import gateway
from .gateway import make_gateway


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Lab]:
    """A lab without anything in it."""
    lab = Lab.init(tmp_path / "lab", "test")
    yield lab
    lab.ledger.close()


@contextmanager
def accounts_of(lab: Lab) -> Iterator[Database]:
    """The database of a lab's accounts."""
    db = open_database(lab.root, AccountSettings.of(lab).accounts, create=True)
    yield db
    db.close()


def make_key(lab: Lab, *limits: str, **fields: Any) -> tuple[Key, str]:
    """A key of the lab, and its text."""
    with accounts_of(lab) as db:
        return issue_key(db, **{"project": "town", "name": "laptop", "limits": parse_limits(limits)} | fields)


def usage_of(lab: Lab, by: Any = "project") -> dict[str, Total]:
    """The sums of the lab's ledger."""
    with accounts_of(lab) as db:
        return {total.name: total for total in totals(db, by)}


def bearer(text: str) -> dict[str, str]:
    """The header that OpenAI's clients send."""
    return {"authorization": f"Bearer {text}"}


def ask(http: httpx.Client, text: str = "", headers: Mapping[str, str] = {}, **body: Any) -> httpx.Response:
    """An answer of the endpoint without a model."""
    sent = {**(bearer(text) if text else {}), **headers}
    return http.post("/v1/chat/completions", json=body, headers=sent)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_ready(http: httpx.Client, text: str) -> None:
    """Returns once a key that was made while the server runs is known."""
    wait_until(lambda: http.get("/v1/who", headers=bearer(text)).status_code == 200)


@contextmanager
def processes(lab: Lab, count: int) -> Iterator[list[str]]:
    """Addresses of that many gateways over one lab, each a process."""
    ports = [free_port() for _ in range(count)]
    command = [sys.executable, "-m", gateway.__name__, str(lab.root)]
    started = [subprocess.Popen([*command, str(port)]) for port in ports]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for url in urls:
            wait_until(lambda url=url: _answers(url))  # type: ignore[misc]
        yield urls
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def ask_two_processes(lab: Lab, text: str) -> tuple[Counter[int], float]:
    """Statuses of sixty requests to two gateways, and how many more a limit of five a minute let in."""
    statuses: list[int] = []

    def ask_many(url: str) -> None:
        with httpx.Client(base_url=url, timeout=60) as http:
            statuses.extend(ask(http, text).status_code for _ in range(10))

    with processes(lab, 2) as urls:
        started = time.monotonic()
        with ThreadPoolExecutor(6) as executor:
            list(executor.map(ask_many, urls * 3))
        return Counter(statuses), (time.monotonic() - started) / 12


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def gate() -> Iterator[Callable[..., Running]]:
    """Starts a gateway: gate(lab, loopback=False)."""
    with ExitStack() as stack:

        def run(lab: Lab, *, loopback: bool = True) -> Running:
            return stack.enter_context(run_app(make_gateway(lab, loopback=loopback)))

        yield run
