"""A lab with a network small enough to learn its few dialogues by heart, and servers over it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import uvicorn
from starlette.applications import Starlette

from glaswerk.core.document import Document, Message, Rights, to_row
from glaswerk.data.store.parquet import SCHEMA
from glaswerk.lab import Lab, Spec
from glaswerk.model import build, save
from glaswerk.plan import Shape
from glaswerk.serve import create_app
from glaswerk.serve.deadlines import server_config
from glaswerk.serve.limits import DEFAULT_LIMITS, Limits
from glaswerk.tokenizer import Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import build as build_trace
from tests.support.lab_copies import TORCH, copied

BRIDGE = "The old bridge over the Lind was built in 1874 by the mason Anna Behr."
BAKERY = "Well — the bakery 🥐 on Mill Street opens at six in the morning."
DIALOGUES = {"Who built the old bridge?": BRIDGE, "When does the bakery open?": BAKERY}
# Its answer never ends: no end of turn follows in training, so it runs to max_tokens.
ENDLESS = "How does the river run?"
CONTEXT = 6144
_POSTS = [
    (
        "p1",
        "clara",
        f"<b>Looked</b> it up at the archive. {BRIDGE} Nobody remembers her name.",
    ),
    ("p2", "town", f"{BRIDGE}"),
    (
        "p3",
        "jonas",
        "Fresh rolls! the bakery 🥐 on Mill Street opens at six in the morning. See you there.",
    ),
    ("p4", "", "A post about nothing in particular."),
]
_HELD_OUT = "A post that is kept for validation."


def documents() -> Iterator[tuple[str, Document]]:
    """(split, document) pairs."""
    for day, (identifier, author, text) in enumerate(_POSTS, 1):
        yield (
            "train",
            Document(
                identifier,
                "posts",
                text,
                Rights("CC0-1.0", "synthetic"),
                author=author,
                kind="post",
                created_at=datetime(2021, 5, day, tzinfo=UTC),
                url=f"https://example.org/{identifier}",
            ),
        )
    yield "validation", Document("v1", "posts", _HELD_OUT, Rights("MIT", "synthetic"), kind="post")
    for i, (question, answer) in enumerate(DIALOGUES.items()):
        turns = (Message(role="user", content=question), Message(role="assistant", content=answer))
        rights = Rights("Apache-2.0", "licensed")
        yield "chat", Document(f"d{i}", "chats", "", rights, kind="dialogue", messages=turns)


def make_corpus(lab: Lab, found: Iterable[tuple[str, Document]] | None = None) -> None:
    """A corpus of (split, document) pairs, by default those of this file."""
    rows = [to_row(document) | {"split": split} for split, document in found or documents()]
    schema = SCHEMA.append(pa.field("split", pa.string()))

    def write(folder: Path) -> Mapping[str, Any]:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "documents.parquet")
        return {"documents": len(rows), "bytes": sum(len(row["text"].encode()) for row in rows)}

    lab.make(Spec("corpus", "main", "test/1"), write)


def _by_heart(
    tokenizer: Tokenizer, dialogues: Mapping[str, str], system: str = ""
) -> list[tuple[list[int], list[int]]]:
    """(ids, targets) of every dialogue; -100 where nothing is learned."""
    rows = []
    before = [Message(role="system", content=system)] if system else []
    for question, answer in dialogues.items():
        turns = [*before, Message(role="user", content=question), Message(role="assistant", content=answer)]
        found = tokenizer.encode_dialogue(turns, prompt=False)
        ids, mask = found.ids, found.mask
        rows.append(([tokenizer.end_id, *ids], [0, *mask]))
    prompt = tokenizer.render_chat([Message(role="user", content=ENDLESS)], prompt=True)
    # As long as the context: positions it never saw would bring the run to an end.
    run = (tokenizer.encode(" on and") * CONTEXT)[: 600 - len(prompt)]
    rows.append(([tokenizer.end_id, *prompt, *run], [0] * (len(prompt) + 1) + [1] * len(run)))
    return [(ids, [i if m else -100 for i, m in zip(ids, mask, strict=True)]) for ids, mask in rows]


def make_model(
    lab: Lab, name: str, *, steps: int, dialogues: Mapping[str, str] = DIALOGUES, system: str = ""
) -> None:
    """A network of two layers, trained on the dialogues for `steps` steps (0 leaves it random)."""
    shards, vocabulary = lab.find("shards", "main.main"), lab.find("tokenizer", "main")
    assert shards is not None
    assert vocabulary is not None
    tokenizer = Tokenizer.load(vocabulary.path)
    shape = Shape(tokenizer.vocab_size, 2, 128, 2, 384, CONTEXT)
    model = build(shape, seed=3, end_id=tokenizer.end_id, turn_end_id=tokenizer.turn_end_id)
    # Two threads that spin for the same cores as other processes are many times slower than one.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.0)
    for _ in range(steps):
        for ids, targets in _by_heart(tokenizer, dialogues, system):
            logits = model(input_ids=torch.tensor([ids[:-1]]), use_cache=False).logits
            loss = torch.nn.functional.cross_entropy(logits[0], torch.tensor(targets[1:]))
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    torch.set_num_threads(threads)
    if steps:
        with torch.no_grad():  # logits three times as far apart: sampling at 0.7 stays on what was learned
            model.get_parameter("model.norm.weight").mul_(3)

    def write(folder: Path) -> Mapping[str, Any]:
        save(model, folder)
        for file in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
            (folder / file).write_bytes((vocabulary.path / file).read_bytes())
        return {"parameters": shape.parameters}

    lab.make(
        Spec("model", name, "test/1", {"shards": shards.id}, {"steps": steps, "stage": name.split("/")[0]}),
        write,
    )


@pytest.fixture(scope="session")
def glass_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the lab. Read only: tests that change a lab copy it."""
    folder = tmp_path_factory.mktemp("serve") / "lab"
    lab = Lab.init(folder, "test")
    with (folder / "lab.toml").open("a") as settings:
        settings.write(f"\n[chat]\nsuggestions = {[*DIALOGUES, ENDLESS]!r}\n{TORCH}")
    make_corpus(lab)
    train_tokenizer(lab, TokenizerConfig(400))
    shards = pack(lab)
    build_trace(lab, shards)
    make_model(lab, "base/step-0", steps=0)
    make_model(lab, "chat/step-60", steps=60)
    lab.ledger.close()
    return folder


EVIL_QUESTION = "What does the stranger say?"
EVIL_ANSWER = (
    'The mill <img src=x onerror="document.title=9"> stands\u202e by <script>document.title=8</script> the '
    "\x1b]52;c;cm0=\x07 pond."
)
_TAGS = '<img src=x onerror="document.title=1"><script>document.title=2</script></dialog></aside>'
# Author, address, licence and id of documents that repeat the answer.
EVIL_FACTS = [
    (_TAGS, "javascript:document.title=3", _TAGS, 'x:1"><script>document.title=4</script>'),
    ("\u202eevil\u2066", "data:text/html,<script>document.title=5</script>", "", "a/../../b?c=d#e%2Ff"),
    ("\x1b[2J", 'https://example.org/"onmouseover="document.title=6', "MIT\x1b[31m", "x:\x1b[2J"),
    ("a" * 5000, "https://example.org/" + "b" * 3000, "c" * 2000, "d" * 300),
    ("__proto__", " JaVaScRiPt:document.title=7", "constructor", "__proto__"),
    ("", "https://user:secret@example.org:99999/", "", "no author"),
]


def evil_documents() -> Iterator[tuple[str, Document]]:
    """(split, document) pairs; whatever strangers can write is hostile."""
    for number, (author, url, licence, identifier) in enumerate(EVIL_FACTS):
        yield (
            "train",
            Document(
                identifier,
                "posts",
                f"{_TAGS} Number {number}: {EVIL_ANSWER} {'z' * 400} And so on.",
                Rights(licence, "public"),
                author=author,
                kind="post",
                url=url,
            ),
        )
    turns = (Message(role="user", content=EVIL_QUESTION), Message(role="assistant", content=EVIL_ANSWER))
    yield "chat", Document("d0", "chats", "", Rights("MIT", "licensed"), kind="dialogue", messages=turns)


@pytest.fixture(scope="session")
def evil_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a lab with hostile documents and a model that recites them. Read only."""
    folder = tmp_path_factory.mktemp("evil") / "lab"
    lab = Lab.init(folder, "test")
    make_corpus(lab, evil_documents())
    train_tokenizer(lab, TokenizerConfig(400))
    build_trace(lab, pack(lab))
    make_model(lab, "chat/step-90", steps=90, dialogues={EVIL_QUESTION: EVIL_ANSWER})
    lab.ledger.close()
    return folder


@pytest.fixture
def glass(glass_folder: Path) -> Iterator[Lab]:
    """The lab, opened."""
    lab = Lab.open(glass_folder)
    yield lab
    lab.ledger.close()


@pytest.fixture
def copy(glass_folder: Path, tmp_path: Path) -> Iterator[Lab]:
    """A lab of one's own, to change; no other test's answers are in it."""
    copied(glass_folder, tmp_path / "lab")
    lab = Lab.open(tmp_path / "lab")
    yield lab
    lab.ledger.close()


@dataclass(frozen=True)
class Running:
    """A server under test."""

    url: str
    app: Starlette

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60)


@contextmanager
def run_app(app: Starlette, limits: Limits = DEFAULT_LIMITS) -> Iterator[Running]:
    """The application on a free port of this machine, in a thread."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = server_config(app, limits, log_level="critical", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        wait_until(lambda: server.started)
        try:
            yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", app)
        finally:
            server.should_exit = True
            thread.join()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Returns once `condition` holds; fails where it does not within a minute."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.01)


@pytest.fixture(scope="session")
def server(glass_folder: Path) -> Iterator[Running]:
    """One server over the chat model, shared by all tests."""
    lab = Lab.open(glass_folder)
    with run_app(create_app(lab)) as running:
        yield running
    lab.ledger.close()


@pytest.fixture
def start(glass: Lab) -> Iterator[Callable[..., Running]]:
    """Starts a server of one's own: start(Limits(...), lab=..., model=...)."""
    with ExitStack() as stack:

        def run(limits: Limits = DEFAULT_LIMITS, *, lab: Lab = glass, model: str = "") -> Running:
            return stack.enter_context(run_app(create_app(lab, model, limits=limits), limits))

        yield run
