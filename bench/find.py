"""Passages: building their index and asking it, beside SQLite's FTS5 with its stemmer over the same ones.

    python -m bench.find --lab demo-lab
    python -m bench.find --lab LAB --documents 2000 --questions 300

Questions are six words of a random sentence. Passages per CPU-second; milliseconds of CPU time a question,
median and 99th percentile; how often the sentence's passage is among the first three.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS, PASSAGES
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve import Retriever, build
from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.terms import is_common

_WORD = re.compile(r"\w{3,}")
# (document, start) of passages, the best first.
Ask = Callable[[str], list[tuple[str, int]]]
Passage = tuple[str, int, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lab", type=Path, default=Path("demo-lab"))
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--questions", type=int, default=300)
    wishes = parser.parse_args()
    if not (wishes.lab / "lab.toml").exists():
        click.echo("skipped: no demo-lab here; make demo makes it")
        return
    corpus = Lab.open(wishes.lab).need("corpus", "main", hint="glaswerk curate")
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.init(Path(folder) / "lab", "bench")
        part = _part(lab, corpus, wishes.documents)
        start = time.process_time()
        made = build(lab, part)
        ours = made.stats["passages"] / (time.process_time() - start)
        retriever = Retriever.open(lab, made)
        passages = _passages(made)
        peer, theirs = _peer(passages)
        click.echo(f"{made.stats['passages']:,} passages of {made.stats['documents']:,} documents")
        click.echo(f"build: {ours:,.0f} passages/CPU-s, FTS5 porter {theirs:,.0f} ({ours / theirs:.2f} x)")
        asked = _questions(passages, wishes.questions)
        _answered("ours", lambda text: [(hit.document, hit.start) for hit in retriever.find(text, 3)], asked)
        _answered("FTS5 porter, all words", peer, asked)
        retriever.close()
        lab.ledger.close()


def _part(lab: Lab, corpus: Artifact, count: int) -> Artifact:
    """A corpus of documents of another one, chosen at random."""
    from glaswerk.lab import Spec

    table = pq.read_table(corpus.path / DOCUMENTS)
    rows = sorted(random.Random(1).sample(range(len(table)), min(count, len(table))))

    def write(folder: Path) -> dict[str, int]:
        pq.write_table(table.take(rows), folder / DOCUMENTS)
        return {"documents": len(rows)}

    return lab.make(Spec("corpus", "main", "bench/1", {}, {}), write)


def _passages(made: Artifact) -> list[Passage]:
    sql = "SELECT document.id, start, text FROM passage JOIN document ON document.number = document"
    with closing(sqlite3.connect(made.path / PASSAGES)) as db:
        return db.execute(sql).fetchall()


def _peer(passages: Sequence[Passage]) -> tuple[Ask, float]:
    start = time.process_time()
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (words, content = '', tokenize = 'porter unicode61')")
    rows = ((i, text) for i, (_, _, text) in enumerate(passages))
    db.executemany("INSERT INTO t (rowid, words) VALUES (?, ?)", rows)
    db.execute("INSERT INTO t (t) VALUES ('optimize')")
    rate = len(passages) / (time.process_time() - start)

    def ask(text: str) -> list[tuple[str, int]]:
        query = " OR ".join(f'"{word}"' for word in _WORD.findall(text))
        found = db.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t) LIMIT 3", (query,))
        return [passages[i][:2] for (i,) in found]

    return ask, rate


def _questions(passages: Sequence[Passage], count: int) -> list[tuple[str, tuple[str, int]]]:
    dice, found = random.Random(2), []
    for name, start, text in dice.sample(passages, min(2 * count, len(passages))):
        words = [
            word for span in dice.sample(sentences(text), 1) for word in _WORD.findall(text[slice(*span)])
        ]
        telling = [word for word in words if not is_common(word.casefold())]
        if len(telling) >= 6 and len(found) < count:
            found.append((" ".join(dice.sample(telling, 6)), (name, start)))
    return found


def _answered(name: str, ask: Ask, asked: Sequence[tuple[str, tuple[str, int]]]) -> None:
    times, right = [], 0
    for question, wanted in asked:
        start = time.process_time()
        found = ask(question)
        times.append(1e3 * (time.process_time() - start))
        right += wanted in found
    times.sort()
    click.echo(
        f"{name}: {statistics.median(times):.2f} ms, p99 {times[int(0.99 * (len(times) - 1))]:.2f}; the "
        f"passage is among the first three for {right} of {len(asked)}"
    )


if __name__ == "__main__":
    main()
