"""Trace an answer to its sources, against two peers that find the same spans in the same texts.

    python -m bench.trace              # the demo town's corpus, in a temporary lab
    python -m bench.trace --lab LAB    # an existing lab with shards "main.main"

Peers: a plain scan in Python (`str.find` over all texts; same word boundaries and counts, no documents), and
`tokengrams` if it is installed (a suffix array in Rust; pip install tokengrams): the longest match from every
token and its count, without word boundaries and documents, on the train split.
"""

from __future__ import annotations

import argparse
import importlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.trace import Tracer, build
from glaswerk.trace.word_tokens import occurrences, tokenize_words

MIN_WORDS = 4
ANSWER_TOKENS = 200
Figures = list[tuple[str, int]]


def demo_lab(folder: Path) -> Lab:
    """A lab with the demo town, packed."""
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.source import add_chats, add_docs, add_posts
    from glaswerk.tokenizer import pack, train_tokenizer
    from glaswerk.town import write_town

    town, lab = folder / "town", Lab.init(folder / "lab", "bench")
    write_town(town, size="demo")
    add_posts(lab, sorted((town / "archives").glob("*.zip")), licence="CC0-1.0", name="posts")
    add_docs(lab, [town / "docs"], licence="CC0-1.0", name="gazette")
    add_chats(lab, [town / "chats.jsonl"], licence="CC0-1.0", name="chats")
    curate(lab)
    train_tokenizer(lab)
    pack(lab)
    return lab


def answers(texts: Sequence[str], tokenizer: Tokenizer, number: int) -> list[str]:
    """Texts of 200 tokens: pieces of training texts, every third one with its words shuffled."""
    dice = random.Random(11)
    made = []
    for _ in range(number):
        ids: list[int] = []
        while len(ids) < ANSWER_TOKENS:
            words = dice.choice(texts).split()
            if dice.random() < 1 / 3:
                dice.shuffle(words)
            ids += tokenizer.encode(" ".join(words[: dice.randrange(6, 40)]) + " ")
        made.append(tokenizer.decode(ids[:ANSWER_TOKENS]))
    return made


def scan(joined: str, answer: str) -> Figures:
    """The same spans and counts as the tracer's, by searching the joined texts from every word."""
    words, found, limit = tokenize_words(answer, lambda _: [0]).words, [], 0
    for first in range(len(words)):
        end = max(limit + 1, first + MIN_WORDS)
        best = None
        while end <= len(words):
            span = answer[words[first][0] : words[end - 1][1]]
            if next(occurrences(joined, span), None) is None:
                break
            best, limit, end = span, end, end + 1
        if best:
            found.append((best, sum(1 for _ in occurrences(joined, best))))
    return found


def tokengrams_search(tokens: Path, folder: Path, tokenizer: Tokenizer) -> Callable[[str], Any] | None:
    """The same search with tokengrams, or None if it is not installed."""
    try:
        library = importlib.import_module("tokengrams")
    except ImportError:
        return None
    index = library.MemmapIndex.build(str(tokens), str(folder / "tokengrams.idx"), tokenizer.vocab_size)

    def search(answer: str) -> list[int]:
        ids, counts, end = tokenizer.encode(answer), [], 0
        for start in range(len(ids)):
            end = max(end, start + 1)
            # What matches from one token on matches from the next but for that token: never search back.
            while end <= len(ids) and index.contains(ids[start:end]):
                end += 1
            counts.append(index.count(ids[start : end - 1]) if end - 1 > start else 0)
        return counts

    return search


def timed(work: Callable[[str], Any], texts: Sequence[str], rounds: int) -> tuple[float, float]:
    """(median, 95th percentile) in ms."""
    taken = []
    for _ in range(rounds):
        for text in texts:
            clock = time.perf_counter()
            work(text)
            taken.append((time.perf_counter() - clock) * 1e3)
    return statistics.median(taken), float(np.quantile(taken, 0.95))


def stretches(corpus: Artifact) -> Iterator[str]:
    for split in ("train", "chat"):
        for document in read_documents(corpus.path, split):
            yield from [m["content"] for m in document.messages] or [document.text]


def bench(lab: Lab, folder: Path, number: int) -> None:
    shards = lab.need("shards", "main.main", hint="glaswerk pack")
    corpus = lab.need("corpus", "main", hint="glaswerk curate")
    tokenizer = Tokenizer.load(lab.need("tokenizer", "main", hint="glaswerk tokenizer").path)
    clock = time.perf_counter()
    trace = build(lab, shards)
    click.echo(
        f"index of {sum(trace.stats['tokens'].values()):,} tokens: {time.perf_counter() - clock:.2f} s"
    )
    tracer, texts = Tracer.open(lab, trace), list(stretches(corpus))
    asked = answers(texts, tokenizer, number)
    cold, _ = timed(tracer.trace, asked, 1)
    ours, tail = timed(tracer.trace, asked, 3)
    click.echo(f"answers: {number} of {ANSWER_TOKENS} tokens; cold median {cold:.1f} ms")

    joined = "\0".join(texts)
    for answer in asked[:10]:
        same = [(span.text, span.count) for span in tracer.trace(answer).spans]
        assert same == scan(joined, answer), "the tracer and the scan must find the same spans"
    rows = [("glaswerk trace (spans, counts, documents)", ours, tail)]
    rows.append(("str.find scan (spans, counts)", *timed(lambda text: scan(joined, text), asked, 1)))
    peer = tokengrams_search(Shards.open(shards.path).folder / "train.bin", folder, tokenizer)
    if peer:
        rows.append(("tokengrams (token matches, counts)", *timed(peer, asked, 3)))
    click.echo(f"{'':44}{'median':>10}{'p95':>10}{'ratio':>8}")
    for name, median, high in rows:
        click.echo(f"{name:44}{median:7.1f} ms{high:7.1f} ms{median / ours:7.1f}×")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lab", type=Path, help="an existing lab (default: the demo town, made anew)")
    parser.add_argument("--answers", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lab = Lab.open(options.lab) if options.lab else demo_lab(Path(name))
        bench(lab, Path(name), options.answers)


if __name__ == "__main__":
    sys.exit(main())
