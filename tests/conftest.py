"""One small lab, made once by the real stages from the made-up town, for all tests that read it."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from glaswerk.lab import Artifact, Lab, Spec

# A busy machine is no fault of the code: tests never time anything. CI tries more examples than a person
# waits for.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("thorough", deadline=None)
settings.load_profile("thorough" if os.environ.get("CI") else "quick")


def pytest_collection_finish() -> None:
    """What thousands of collected tests are made of stays to the end: no collection of garbage walks it."""
    gc.collect()
    gc.freeze()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Test workers are processes of their own: the first builds, the others wait and find it built."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _shared(factory: pytest.TempPathFactory, worker: str) -> Path:
    base = factory.getbasetemp()
    return base if worker == "master" else base.parent


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of a tiny town."""
    from glaswerk.town import write_town

    shared = _shared(tmp_path_factory, worker_id)
    folder = shared / "town"
    with _locked(shared / "town.lock"):
        if not (folder / "answer_key.json").exists():
            write_town(folder, size="tiny")
    return folder


@pytest.fixture(scope="session")
def lab_folder(town: Path, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of a lab with everything in it, from sources to a chat model and its index. Read only."""
    shared = _shared(tmp_path_factory, worker_id)
    folder = shared / "lab"
    with _locked(shared / "lab.lock"):
        if not (folder / "whole").exists():
            made = Lab.init(folder, "test")
            fill(made, town)
            made.ledger.close()  # what stands beside the database would be missing in copies
            (folder / "whole").touch()
    return folder


@pytest.fixture
def own_lab(lab_folder: Path, tmp_path: Path) -> Path:
    """A copy of the shared lab that a test may change."""
    # Other tests have the shared lab open: SQLite's side files come and go.
    return shutil.copytree(lab_folder, tmp_path / "own", ignore=shutil.ignore_patterns("*-shm", "*-wal"))


@pytest.fixture
def lab(lab_folder: Path) -> Iterator[Lab]:
    """The shared lab, opened."""
    opened = Lab.open(lab_folder)
    before = opened.all("model")
    yield opened
    assert opened.all("model") == before, "the shared lab is read only: take own_lab"
    opened.ledger.close()


@pytest.fixture
def empty_lab(tmp_path: Path) -> Iterator[Lab]:
    """A fresh lab for tests that add content."""
    lab = Lab.init(tmp_path / "lab")
    yield lab
    lab.ledger.close()


@pytest.fixture
def chat_model(lab: Lab) -> Artifact:
    found = lab.latest("model", "chat")
    assert found is not None
    return found


def fill(lab: Lab, town: Path) -> None:
    """Every stage on a tiny town, with a network small enough for seconds."""
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.source import add_chats, add_docs, add_posts
    from glaswerk.tokenizer import pack, train_tokenizer
    from glaswerk.tokenizer.training import TokenizerConfig
    from glaswerk.trace import Tracer, build
    from glaswerk.trace.novelty import Baseline
    from glaswerk.train import TrainConfig, TuneConfig, train, tune

    add_posts(lab, sorted((town / "archives").glob("*.zip")), licence="CC0-1.0", name="posts")
    add_docs(lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    add_chats(lab, [town / "chats.jsonl"], licence="CC0-1.0", name="chats")
    curate(lab, validation_share=0.05)
    train_tokenizer(lab, TokenizerConfig(1024))
    shards = pack(lab)
    train(lab, TrainConfig(size="100K", epochs=1.0, context=256))
    tune(lab, TuneConfig(epochs=1.0))
    trace = build(lab, shards)
    # Whoever traces in this lab would otherwise write the baseline while another test lists its files.
    Baseline.of(lab, trace, Tracer.open(lab, trace))


@pytest.fixture
def make(empty_lab: Lab) -> Callable[..., Artifact]:
    """`make(kind, name, inputs, **config)`: an artifact of two files, one of them in a folder."""

    def made(kind: Any, name: str, inputs: dict[str, str] | None = None, **config: Any) -> Artifact:
        def write(folder: Path) -> dict[str, Any]:
            (folder / "part").mkdir()
            (folder / "part" / "0.bin").write_bytes(b"\0" * 100)
            (folder / "words.txt").write_text(f"{kind} {config}")
            return {"tokens": 3, "loss": 0.125}

        return empty_lab.make(Spec(kind, name, f"{kind}/1", inputs or {}, config), write)

    return made


@pytest.fixture
def model(make: Callable[..., Artifact]) -> Artifact:
    """A model over shards over a corpus."""
    corpus = make("corpus", "main")
    shards = make("shards", "main.main", {"corpus": corpus.id})
    return make("model", "base/step-1", {"shards": shards.id}, rate=0.1)


@pytest.fixture
def ctrl_c_interrupts() -> Iterator[None]:
    """SIGINT as on a terminal, also for children: a shell's background jobs are started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
