"""Build and search the trace index, against the infini-gram engine on the same tokens and queries.

    python -m bench.index --tokens 10000000
    python -m bench.index --tokens 100000000 --folder /tmp/index-bench    # keeps its files

Tokens are generated: words by Zipf's law (exponent 1.05, 32,000 words), documents of 100 to 600 words, and a
quotation of 6 to 60 words per 2,000 tokens. An answer has 200 tokens: passages of 6 to 40 words, every third
one shuffled. Each word is one token, so that both engines find the same spans. Times are for spans and exact
counts, warm, without documents, as generated tokens have no corpus (see `bench.trace` for that). The peer
(pip install infini-gram) is skipped if it is not installed. Its index is written here from the same suffix
sort in its own layout: little-endian tokens behind a separator for each document, one shard for each of our
segments, which it searches in threads.
"""

from __future__ import annotations

import argparse
import importlib
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from pydivsufsort import divsufsort

from glaswerk.trace.search import SearchedSegment, maximal_spans
from glaswerk.trace.segments import (
    SEGMENT_TOKENS,
    Part,
    cuts,
    digest_tokens,
    has_arrays,
    open_segment,
    write_arrays,
)
from glaswerk.trace.suffix_array import Tokens
from glaswerk.trace.word_boundaries import WordBoundaries
from glaswerk.trace.word_tokens import tokenize_words

VOCABULARY, END = 32_000, 32_000
MIN_WORDS, ANSWER, ROUNDS = 4, 200, 3
_BLOCK = 1 << 22
Spans = list[tuple[int, int, int]]


def generate(count: int, file: Path) -> None:
    """Write `count` uint16 tokens, each document closed by END."""
    dice = np.random.default_rng(7)
    shares = 1 / np.arange(1, VOCABULARY + 1) ** 1.05
    ladder = np.cumsum(shares / shares.sum())
    tokens = np.empty(count, np.uint16)
    for start in range(0, count, _BLOCK):
        block = tokens[start : start + _BLOCK]
        drawn = np.searchsorted(ladder, dice.random(len(block), np.float32))
        block[:] = np.minimum(drawn, VOCABULARY - 1)
    quotes = count // 2000
    table = (dice.integers(6, 60, quotes), *dice.integers(0, count - 100, (2, quotes)))
    for length, source, target in zip(*(column.tolist() for column in table), strict=True):
        tokens[target : target + length] = tokens[source : source + length]
    ends = np.cumsum(dice.integers(100, 600, count // 200))
    tokens[ends[ends < count]] = END
    tokens[-1] = END
    tokens.tofile(file)


def build(folder: Path, tokens: Tokens, limit: int) -> list[Part]:
    """The segments of `tokens` in `folder`; existing ones are reused."""
    ends = np.flatnonzero(tokens == END) + 1
    ids = [str(end) for end in ends.tolist()]
    parts = []
    for start, end in cuts(ids, ends, limit):
        part = Part("train", start, end, digest_tokens(tokens[start:end], VOCABULARY + 1))
        if not has_arrays(folder, part):
            write_arrays(folder, part, tokens[start:end], VOCABULARY + 1)
        parts.append(part)
    return parts


def word(token: int) -> str:
    """One word for every token."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(token))


def answers(tokens: Tokens, count: int) -> list[list[int]]:
    dice = np.random.default_rng(3)
    made = []
    for _ in range(count):
        answer: list[int] = []
        while len(answer) < ANSWER:
            start = int(dice.integers(0, len(tokens) - 100))
            passage = tokens[start : start + int(dice.integers(6, 40))]
            passage = passage[passage != END]
            answer += (dice.permutation(passage) if dice.random() < 1 / 3 else passage).tolist()
        made.append(answer[:ANSWER])
    return made


def ours(folder: Path, tokens: Tokens, parts: Sequence[Part]) -> Callable[[list[int]], Spans]:
    """A search that returns (first, end, count) of every maximal span."""
    segments = [SearchedSegment(open_segment(folder, part, tokens[part.start : part.end])) for part in parts]
    borders = WordBoundaries([*(f" {word(i)}".encode() for i in range(VOCABULARY)), None], END)
    numbers = {word(i): i for i in range(VOCABULARY)}

    def encode(text: str) -> list[int]:
        return [numbers[found] for found in re.findall(r"[a-z]+", text)]

    def search(answer: list[int]) -> Spans:
        words = tokenize_words("".join(f" {word(token)}" for token in answer), encode)
        found = maximal_spans(words, segments, borders, MIN_WORDS)
        return [(span.first, span.end, span.count) for span in found]

    return search


def peer(folder: Path, tokens: Tokens, parts: Sequence[Part]) -> Callable[[list[int]], Spans] | None:
    """The same search with the infini-gram engine, or None if it is not installed."""
    try:
        library = importlib.import_module("infini_gram.engine")
    except ImportError:
        return None
    folder.mkdir(exist_ok=True)
    for shard, part in enumerate(parts):
        if not (folder / f"offset.{shard}").exists():
            _write_peer(folder, shard, tokens[part.start : part.end])
    engine = library.InfiniGramEngine(
        index_dir=str(folder), eos_token_id=END, vocab_size=VOCABULARY + 1, version=4, token_dtype="u16"
    )

    def search(answer: list[int]) -> Spans:
        found = engine.attribute(
            input_ids=answer, delim_ids=[], min_len=MIN_WORDS, max_cnt=1 << 30, enforce_bow=False
        )
        return [(span["l"], span["r"], span["count"]) for span in found["spans"]]

    return search


def _write_peer(folder: Path, shard: int, tokens: Tokens) -> None:
    """A shard's files, as `infini_gram/indexing.py` of release 2.6 writes them for uint16 tokens."""
    separated = np.concatenate([[END], tokens[:-1]]).astype("<u2")
    separated[separated == END] = 0xFFFF
    separated.tofile(folder / f"tokenized.{shard}")
    order = divsufsort(separated.view(np.uint8))
    width = int(np.ceil(np.log2(separated.nbytes) / 8))
    with (folder / f"table.{shard}").open("wb") as file:
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            pointers = block[block % 2 == 0].astype("<u8").view(np.uint8).reshape(-1, 8)
            file.write(np.ascontiguousarray(pointers[:, :width]).tobytes())
    (np.flatnonzero(separated == 0xFFFF) * 2).astype("<u8").tofile(folder / f"offset.{shard}")


def timed(search: Callable[[list[int]], Spans], asked: Sequence[list[int]]) -> tuple[float, float, float]:
    """(median, 99th percentile, maximum) in ms, after one warm-up round."""
    taken: list[float] = []
    for round_ in range(ROUNDS + 1):
        for answer in asked:
            clock = time.perf_counter()
            search(answer)
            if round_:
                taken.append((time.perf_counter() - clock) * 1e3)
    return float(np.median(taken)), float(np.quantile(taken, 0.99)), max(taken)


def bench(folder: Path, count: int, number: int, limit: int) -> None:
    file = folder / f"tokens-{count}.bin"
    if not file.exists():
        generate(count, file)
    tokens: Any = np.memmap(file, np.uint16, "r")
    # The mapped tokens are in memory from here on, so that the peak is that of building alone.
    digest_tokens(np.asarray(tokens), VOCABULARY + 1)
    before, cpu, clock = _peak(), time.process_time(), time.perf_counter()
    parts = build(folder, np.asarray(tokens), limit)
    seconds, wall = time.process_time() - cpu, time.perf_counter() - clock
    size = sum(
        (folder / f"{part.name}.{kind}.npy").stat().st_size for part in parts for kind in ("order", "bounds")
    )
    largest = max(part.end - part.start for part in parts)
    click.echo(
        f"{count:,} tokens, {len(parts)} segments: built in {seconds:.1f} CPU s ({wall:.1f} s), "
        f"{count / seconds / 1e6:.2f} M tokens/CPU s, {size / count:.2f} bytes a token, "
        f"peak {(_peak() - before) / largest:.1f} bytes a token of the largest segment"
    )
    asked = answers(tokens, number)
    search = ours(folder, np.asarray(tokens), parts)
    rows = [("glaswerk (spans, counts)", *timed(search, asked))]
    other = peer(folder / f"peer-{count}", np.asarray(tokens), parts)
    if other:
        differ = sum(search(answer) != other(answer) for answer in asked)
        click.echo(f"answers whose spans or counts differ from infini-gram's: {differ} of {number}")
        rows.append(("infini-gram 2.6 attribute", *timed(other, asked)))
    _table(rows)


def _table(rows: Sequence[tuple[str, float, float, float]]) -> None:
    click.echo(f"{'':28}{'median':>10}{'p99':>10}{'largest':>10}{'ratio':>8}")
    for name, median, high, most in rows:
        ratio = median / rows[0][1]
        click.echo(f"{name:28}{median:7.1f} ms{high:7.1f} ms{most:7.1f} ms{ratio:7.1f}×")


def _peak() -> int:
    """Peak memory so far, in bytes (Linux reports KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--segment", type=int, default=SEGMENT_TOKENS, help="tokens of a segment at most")
    parser.add_argument("--folder", type=Path, help="where to keep tokens and index (default: nowhere)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        bench(folder, options.tokens, options.answers, options.segment)


if __name__ == "__main__":
    sys.exit(main())
