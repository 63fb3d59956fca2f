"""Faults of sourcing in answers that quote, on the kinds of question of "News Integrity in AI Assistants".

    python -m bench.sourcing
    python -m bench.sourcing --show 12 --kind context

Makes the made-up town and asks `sourcing_questions.txt`, 30 questions of each kind that the EBU and the BBC
judged in 2025: accuracy, sourcing, opinion apart from fact, editorialisation, context. Each answer is what
`POST /v1/responses` gives without a model's words. Counted as faults, by program: a citation that leads to no
document, a quote that its document does not have at its place, an author, date or address that is not the
document's, a source in the text that is no quote's, an answer without any source, and where the question
names authors, a quote of somebody else. Whether a quote answers its question is for a reader: `--show`.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.statistics import wilson
from glaswerk.data.curate.curate import curate
from glaswerk.data.source import add_docs, add_posts
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve import Grounds, build
from glaswerk.serve.grounded import Content, GroundSettings
from glaswerk.serve.grounded.answers import GroundedAnswer
from glaswerk.serve.grounded.checked import Checked
from glaswerk.serve.responses.objects import annotation
from glaswerk.town import write_town

_QUESTIONS = Path(__file__).with_name("sourcing_questions.txt")
_RIGHTS: dict[str, str] = {"licence": "CC0-1.0", "acquired": "synthetic"}
# "What did NAME say …?"
_SAID = re.compile(r"^What (?:did|does|has) .*\b(?:say|said|write|post|tell)\b")
_SOURCE = re.compile(r"^— (.+)$", re.M)


@dataclass(frozen=True)
class Told:
    """An answer: its ground, its text and its annotations."""

    grounds: Grounds
    text: str
    cited: list[dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--show", type=int, default=0, help="Print so many answers of each kind, to read.")
    parser.add_argument("--kind", default="", help="Only this kind.")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab.init(Path(folder) / "lab", "bench")
        corpus = _town(lab, Path(folder) / "town")
        documents = {row["id"]: row for row in pq.read_table(corpus.path / DOCUMENTS).to_pylist()}
        authors = {row["author"] for row in documents.values()} - {""}
        content = Content(lab, GroundSettings())
        verdicts, faults = Counter[tuple[str, str]](), Counter[str]()
        asked = 0
        for kind, question in _questions():
            if wishes.kind not in ("", kind):
                continue
            asked += 1
            told = _told(content.ground(question))
            named = _named(question, authors)
            verdicts[kind, told.grounds.verdict] += 1
            found = list(_faults(told, documents))
            if named and any(quote.hit.author not in named for quote in told.grounds.quotes):
                found.append("a quote of somebody who was not asked for")
            for one in found:
                click.echo(f"FAULT {kind}: {question}: {one}")
            faults.update(found[:1])
            if sum(verdicts[kind, v] for v in _VERDICTS) <= wishes.show:
                click.echo(f"\n## {kind}: {question} [{told.grounds.verdict}]\n{told.text}")
        _report(verdicts, asked, faults)
        lab.ledger.close()


_VERDICTS = ("answered", "closest", "counted", "declined")


def _town(lab: Lab, folder: Path) -> Artifact:
    write_town(folder, seed=7, size="demo")
    add_posts(lab, sorted((folder / "archives").glob("*.zip")), name="posts", **_RIGHTS)
    add_docs(lab, [folder / "docs"], name="gazette", author="gazette", **_RIGHTS)
    corpus = curate(lab)
    build(lab, corpus)
    return corpus


def _questions() -> Iterator[tuple[str, str]]:
    kind = ""
    for line in _QUESTIONS.read_text().splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
        elif line and not line.startswith("#"):
            yield kind, line


def _named(question: str, authors: set[str]) -> set[str]:
    """Whose words a question asks for."""
    if not _SAID.match(question):
        return set()
    # Not of whom or to whom they spoke.
    spoke = re.split(r"\b(?:about|tell|told)\b", question.casefold())[0]
    patterns = {name: re.escape(name.casefold()).replace("_", "[_ ]") for name in authors}
    found = [{name for name, p in patterns.items() if re.search(rf"(?<!\w){p}(?!\w)", part)}
             for part in (spoke, question.casefold())]  # fmt: skip
    return found[0] or found[1]


def _told(grounds: Grounds) -> Told:
    answer = GroundedAnswer(Checked(grounds, strict=True), apart=False)

    async def read() -> str:
        return "".join([text async for step in answer.steps() for _, text in step.pieces])

    text = asyncio.run(read())
    return Told(grounds, text, [annotation(one) for part in answer.parts for one in part.cited])


def _faults(told: Told, documents: dict[str, dict[str, Any]]) -> Iterator[str]:
    grounds = told.grounds
    for quote in grounds.quotes:
        yield from _of_quote(quote.to_json(), documents.get(quote.hit.document))
    for hit in grounds.near:
        yield from _of_hit(hit.to_json(), documents.get(hit.document))
    if len(told.cited) != len(grounds.quotes):
        yield "as many citations as quotes are not there"
    for cited, quote in zip(told.cited, grounds.quotes, strict=False):
        if cited.get("url", cited.get("file_id")) not in (quote.hit.url, quote.hit.document):
            yield "a citation of another document"
    shown = [quote.hit for quote in grounds.quotes] or list(grounds.near)
    lines = _SOURCE.findall(told.text)
    if grounds.count is None and len(lines) != len(shown):
        yield "a source in the text that is no quote's"
    if any(not line.endswith(hit.document) for line, hit in zip(lines, shown, strict=False)):
        yield "a source in the text under another quote"
    if grounds.verdict in ("answered", "closest") and not shown:
        yield "an answer without a source"
    if grounds.count is not None and not grounds.count.sql:
        yield "a count without its query"


def _of_quote(quote: dict[str, Any], document: dict[str, Any] | None) -> Iterator[str]:
    if document and document["text"][quote["quote_start"] : quote["quote_end"]] != quote["quote"]:
        yield "a quote that its document does not have there"
    yield from _of_hit(quote, document)


def _of_hit(hit: dict[str, Any], document: dict[str, Any] | None) -> Iterator[str]:
    if document is None:
        yield "a source that leads to no document"
        return
    if document["text"][hit["start"] : hit["end"]] != hit["text"]:
        yield "a passage that its document does not have there"
    date = document["created_at"].isoformat() if document["created_at"] else None
    facts = {"author": document["author"], "url": document["url"], "licence": document["licence"]}
    for name, value in {**facts, "created_at": date, "source": document["source"]}.items():
        if (hit[name] or "") != (value or ""):
            yield f"another {name} than the document's"


def _report(verdicts: Counter[tuple[str, str]], asked: int, faults: Counter[str]) -> None:
    for kind in dict.fromkeys(kind for kind, _ in verdicts):
        told = ", ".join(f"{verdicts[kind, v]} {v}" for v in _VERDICTS if verdicts[kind, v])
        click.echo(f"{kind}: {told}")
    bad = sum(faults.values())
    high = wilson(bad, asked).high
    click.echo(f"{asked} questions: {bad} answers with a fault of sourcing (at most {100 * high:.1f} %)")


if __name__ == "__main__":
    main()
