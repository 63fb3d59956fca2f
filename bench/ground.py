"""Grounded answers without a model, on questions that others wrote: files of SQuAD's form, such as XQuAD's.

    python -m bench.ground dev-v2.0.json --lang en
    python -m bench.ground xquad.de.json --lang de --questions 1190

One article in five is left out of the lab: its questions are about what is not there ("foreign"). Those that
the file marks as impossible are near misses. A question is "in the text's words" if its answering sentence
and the two beside it have half of the weight of its words, else a paraphrase. Shares with 95 % intervals.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from glaswerk.core.statistics import wilson
from glaswerk.data.curate.curate import curate
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.lab import Lab
from glaswerk.retrieve import Grounds, Retriever, build, build_vectors, ground
from glaswerk.retrieve.asked import Asked
from glaswerk.retrieve.sentences import sentences


@dataclass(frozen=True)
class Posed:
    """A question; `answers`: (text, first character) in its document; none if it cannot be answered there."""

    text: str
    document: str
    context: str
    answers: tuple[tuple[str, int], ...]
    kind: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--lang", default="en")
    parser.add_argument("--questions", type=int, default=2000)
    parser.add_argument("--vectors", action="store_true", help="Search by meaning, too.")
    parser.add_argument("--show", type=int, default=0, help="Print so many answers of each kind, to read.")
    wishes = parser.parse_args()
    articles = json.loads(wishes.file.read_text())["data"]
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.init(Path(folder) / "lab", "bench")
        _fill(lab, Path(folder), articles, wishes.lang)
        passages = build(lab, curate(lab))
        if wishes.vectors:
            build_vectors(lab, passages)
        retriever = Retriever.open(lab, passages)
        every = list(_asked(articles))
        random.Random(1).shuffle(every)
        found, times = Counter[tuple[str, str]](), []
        shown = Counter[str]()
        for asked in every[: wishes.questions]:
            start = time.process_time()
            grounds = ground(retriever, asked.text)
            times.append(1e3 * (time.process_time() - start))
            kind, what = _kind(retriever, asked, wishes.lang), _judged(asked, grounds)
            found.update((kind, each) for each in what)
            if shown[kind] < wishes.show:
                shown[kind] += 1
                _print(kind, asked, grounds, what)
        _report(found)
        times.sort()
        click.echo(
            f"{retriever.passages:,} passages, threshold {retriever.threshold:.2f}; "
            f"{statistics.median(times):.1f} ms of CPU time a question, "
            f"p99 {times[int(0.99 * len(times))]:.1f}"
        )
        retriever.close()
        lab.ledger.close()


def _fill(lab: Lab, folder: Path, articles: Sequence[dict[str, Any]], lang: str) -> None:
    rows = [
        {"id": f"{article['title']}-{i}", "text": part["context"], "lang": lang}
        for article in articles
        if not _is_foreign(article["title"])
        for i, part in enumerate(article["paragraphs"])
    ]
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    add_docs(lab, [file], licence="CC-BY-SA-4.0", acquired="licensed", name="articles")


def _is_foreign(title: str) -> bool:
    return int(hashlib.sha256(title.encode()).hexdigest(), 16) % 5 == 0


def _asked(articles: Sequence[dict[str, Any]]) -> Iterator[Posed]:
    for article in articles:
        foreign = _is_foreign(article["title"])
        for i, part in enumerate(article["paragraphs"]):
            for one in part["qas"]:
                answers = tuple((a["text"], a["answer_start"]) for a in one["answers"])
                kind = "foreign" if foreign else "near miss" if one.get("is_impossible") else ""
                if kind == "foreign" and one.get("is_impossible"):
                    continue
                yield Posed(one["question"], f"{article['title']}-{i}", part["context"], answers, kind)


def _kind(retriever: Retriever, asked: Posed, lang: str) -> str:
    if asked.kind:
        return asked.kind
    spans = sentences(asked.context)
    at = next((i for i, (_, end) in enumerate(spans) if asked.answers[0][1] < end), len(spans) - 1)
    around = asked.context[spans[max(0, at - 1)][0] : spans[min(len(spans) - 1, at + 1)][1]]
    covered = Asked(retriever, asked.text).covered(around, lang)
    return "own words" if covered >= 0.5 else "paraphrase"


def _judged(asked: Posed, grounds: Grounds) -> list[str]:
    found = ["all", grounds.verdict]
    if any(_has(hit.document, hit.start, hit.end, asked) for hit in grounds.near):
        found.append("recall@3")
    whole = [_has(q.hit.document, q.start, q.end, asked) for q in grounds.quotes]
    passage = [_has(q.hit.document, q.hit.start, q.hit.end, asked) for q in grounds.quotes]
    if any(whole):
        found.append("sentence shown")
    if whole and whole[0]:
        found.append("first sentence")
    if any(passage):
        found.append("passage shown")
    if grounds.verdict == "answered" and not any(passage):
        found.append("wrong and unlabelled")
    return found


def _has(document: str, start: int, end: int, asked: Posed) -> bool:
    """Whether a span has one of the answers: at its place, or at another place of the same document."""
    if document.split("#")[0].split(":")[-1] != asked.document:
        return False
    span = asked.context[start:end]
    return any(text in span for text, _ in asked.answers)


_ROWS = (
    *("answered", "closest", "declined", "counted", "recall@3", "passage shown", "sentence shown"),
    *("first sentence", "wrong and unlabelled"),
)


def _report(found: Counter[tuple[str, str]]) -> None:
    for kind in ("own words", "paraphrase", "near miss", "foreign"):
        total = found[(kind, "all")]
        if not total:
            continue
        click.echo(f"{kind}: {total} questions")
        for row in _ROWS:
            if count := found[(kind, row)]:
                share = wilson(count, total)
                click.echo(f"  {row:22} {share.value:6.1%}  ({share.low:.1%} to {share.high:.1%})")


def _print(kind: str, asked: Posed, grounds: Grounds, what: Sequence[str]) -> None:
    click.echo(f"[{kind}] {asked.text}  -> {grounds.verdict}; {', '.join(what[2:])}")
    click.echo(f"    wanted: {[text for text, _ in asked.answers][:2]}")
    for quote in grounds.quotes:
        click.echo(f"    {quote.covered:.2f} {' '.join(quote.text.split())[:160]}")


if __name__ == "__main__":
    main()
