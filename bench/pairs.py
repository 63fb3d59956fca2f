"""Whether tuning on pairs made from documents helps a model to answer with the words of a passage.

    glaswerk add pairs && glaswerk curate && glaswerk pack && glaswerk tune --name paired
    python -m bench.pairs --lab LAB chat paired

Asks each model the pairs of held-out documents, which no model was trained on: the question with its passage,
as below quotes. Shares with 95 % intervals: answers of which the first sentence is the passage's own or is
borne out by it; answers that are exactly the sentence that the question was made from.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import click

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, from_rows
from glaswerk.core.statistics import wilson
from glaswerk.data.store.parquet import read_rows
from glaswerk.infer import Engine
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve.pairs import pairs_of
from glaswerk.retrieve.prompt import TOKENS
from glaswerk.retrieve.support import claims


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--lab", type=Path, default=Path("demo-lab"))
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("models", nargs="*", default=["chat"])
    wishes = parser.parse_args()
    if not (wishes.lab / "lab.toml").exists():
        click.echo("skipped: no demo-lab here; make demo makes it")
        return
    lab = Lab.open(wishes.lab)
    pairs = list(islice(_held_out(lab.need("corpus", "main", hint="glaswerk curate")), wishes.questions))
    for name in wishes.models:
        model = lab.latest("model", name)
        if model is None:
            click.echo(f"{name}: no such model")
            continue
        _report(name, Engine.load(model.path), pairs)
    lab.ledger.close()


def _held_out(corpus: Artifact) -> Iterator[Document]:
    rows = (row for row in read_rows(corpus.path / DOCUMENTS) if row["split"] == "validation")
    for document in from_rows(rows):
        if document.text.strip() and not document.messages:
            yield from islice(pairs_of(document, "held-out"), 1)


def _report(name: str, engine: Engine, pairs: list[Document]) -> None:
    said = engine.answer_many([pair.messages[:1] for pair in pairs], max_tokens=TOKENS)
    borne, exact = 0, 0
    for pair, answer in zip(pairs, said, strict=True):
        asked, sentence = (turn["content"] for turn in pair.messages)
        passage, _, question = asked.partition("\n[1] ")[2].rpartition("\n\nQuestion: ")
        found = claims(answer, question, [passage])
        borne += bool(found) and found[0].passage is not None
        exact += answer.strip() == sentence
    click.echo(f"{name}: {len(pairs)} questions; first sentence borne out {_share(borne, len(pairs))}; "
               f"the sentence itself {_share(exact, len(pairs))}")  # fmt: skip


def _share(count: int, of: int) -> str:
    found = wilson(count, of)
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f}–{100 * found.high:.1f})"


if __name__ == "__main__":
    main()
