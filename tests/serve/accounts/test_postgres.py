"""The same accounts in a real Postgres, which the tests start; also when it goes and comes back."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.accounts.database import open_database
from glaswerk.serve.accounts.key_store import revoke_keys
from tests.serve.conftest import Running, wait_until
from tests.support.lab_copies import add_settings

from . import gateway
from .conftest import (
    accounts_of,
    ask,
    ask_two_processes,
    bearer,
    free_port,
    make_key,
    until_ready,
    usage_of,
)

pytestmark = pytest.mark.slow
Gate = Callable[..., Running]


def binary(name: str) -> str | None:
    """A program of Postgres: Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


# Postgres refuses to run as root.
USER = "postgres" if getpass.getuser() == "root" else None


class Cluster:
    """A Postgres server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"postgresql://glaswerk@127.0.0.1:{self.port}/postgres"
        made = ["-D", str(folder / "data"), "-A", "trust", "-U", "glaswerk", "--no-sync"]
        subprocess.run([str(binary("initdb")), *made], user=USER, check=True, capture_output=True, cwd=folder)

    @contextmanager
    def running(self) -> Iterator[None]:
        """The server runs inside the block."""
        words = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-p", str(self.port), "-F"]
        with (self.folder / "log").open("ab") as log:
            command = [str(binary("postgres")), *words, "-h", "127.0.0.1"]
            with subprocess.Popen(command, user=USER, stdout=log, stderr=log, cwd=self.folder) as process:
                try:
                    wait_until(self._answers)
                    yield
                finally:
                    process.terminate()  # smart shutdown waits for clients,
                    process.send_signal(2)  # fast shutdown does not

    def _answers(self) -> bool:
        try:
            open_database(Path(), self.url, create=True).close()
        except GlaswerkError:
            return False
        return True


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    pytest.importorskip("psycopg", reason='no psycopg: pip install "glaswerk[postgres]"')
    if not (binary("initdb") and binary("postgres")):
        pytest.skip("no Postgres: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="glaswerk-postgres-"))
    if USER:
        shutil.chown(folder, USER)
    yield Cluster(folder)
    shutil.rmtree(folder)


@pytest.fixture
def far(bare: Lab, cluster: Cluster) -> Iterator[Lab]:
    """A lab whose accounts are in Postgres."""
    settings = f'[serve]\naccounts = "{cluster.url}"\nprices = {{ chat = {{ completion = 10 }} }}'
    add_settings(bare.root, settings)
    lab = Lab.open(bare.root)
    with cluster.running():
        yield lab
    lab.ledger.close()


def test_keys_limits_and_usage_are_in_postgres_and_not_in_the_lab(far: Lab, gate: Gate) -> None:
    key, text = make_key(far, "requests=3", "tokens=1000", "chat:spend=1000", "concurrent=2", project="one")
    with gate(far).client() as http:
        answers = [ask(http, text, prompt=10, max_tokens=20, completion=15) for _ in range(4)]
        assert [found.status_code for found in answers] == [200, 200, 200, 429]
        assert answers[2].headers["x-ratelimit-remaining-tokens"].startswith("9")
        response = answers[0].headers["x-response"]
        assert http.get(f"/v1/owns/{response}", headers=bearer(text)).json()["owns"]
        with accounts_of(far) as db:
            revoke_keys(db, [key], int(time.time()))
        wait_until(lambda: ask(http, text).status_code == 401)
    total = usage_of(far, "key")[key.id]
    assert (total.requests, total.prompt, total.completion, total.spend) == (3, 30, 45, 450)
    assert list(usage_of(far, "day"))[-1] == time.strftime("%Y-%m-%d", time.gmtime())
    assert not (far.root / "accounts.db").exists()


def test_retries_count_once_and_rows_stay_as_they_are(far: Lab, gate: Gate) -> None:
    key, text = make_key(far, project="retries")
    with gate(far).client() as http:
        once = {"idempotency-key": "order"}
        assert [ask(http, text, once, prompt=5).status_code for _ in range(4)] == [200, 200, 200, 409]
    total = usage_of(far, "key")[key.id]
    assert (total.requests, total.repeats) == (1, 2)
    for sql in ("UPDATE usage SET prompt = 0", "DELETE FROM usage", "TRUNCATE usage"):
        with accounts_of(far) as db, pytest.raises(db.errors, match="only grows"):
            db.execute(sql)


def test_two_processes_share_a_limit_in_postgres(far: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(gateway.__file__).parents[3])
    key, text = make_key(far, "requests=5", project="two")
    counts, flowed = ask_two_processes(far, text)
    assert set(counts) == {200, 429}
    assert 5 <= counts[200] <= 5 + flowed + 1
    assert counts[200] == usage_of(far, "key")[key.id].requests


def test_a_database_that_goes_and_comes_back_loses_no_record(
    bare: Lab, cluster: Cluster, gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    add_settings(bare.root, f'[serve]\naccounts = "{cluster.url}"')
    lab = Lab.open(bare.root)
    with cluster.running():
        key, text = make_key(lab, project="gone")
        running = gate(lab)
        with running.client() as http:
            until_ready(http, text)
            assert ask(http, text, prompt=1).status_code == 200
    # Known keys work on; an answer that cannot be recorded is cut before its last byte.
    with running.client() as http, pytest.raises(httpx.RemoteProtocolError):
        ask(http, text, prompt=2)
    with cluster.running(), running.client() as http:
        wait_until(lambda: usage_of(lab, "key")[key.id].prompt == 3)
        wait_until(lambda: running.app.state.accounts.key_of(text) is not None)
        assert ask(http, text, prompt=4).status_code == 200
        assert usage_of(lab, "key")[key.id].prompt == 7
    assert "cannot be reached" in capsys.readouterr().err
    lab.ledger.close()


def test_a_database_that_cannot_be_reached_is_named_without_its_password(bare: Lab) -> None:
    url = f"postgresql://glaswerk:hunter2@127.0.0.1:{free_port()}/postgres"
    with pytest.raises(GlaswerkError, match="cannot reach the database") as caught:
        open_database(bare.root, url, create=True)
    assert "hunter2" not in str(caught.value)
