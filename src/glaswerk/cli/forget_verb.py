"""`glaswerk forget`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.data.removal.reach import Reach
    from glaswerk.lab.tombstones import Tombstone

Function = TypeVar("Function", bound=Callable[..., Any])

_SELECTORS = (
    click.option("--author", "authors", multiple=True, help="Everything by this author (repeatable)."),
    click.option("--id", "ids", multiple=True, help="This document, or a post's address (repeatable)."),
    click.option("--source", "sources", multiple=True, help="A whole source (repeatable)."),
    click.option(
        "--from-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Ids, addresses of posts or profiles, @handles, or X's delete events, one a line.",
    ),
    click.option("--copies", is_flag=True, help="Also the same words where others wrote them."),
)


def selectors(function: Function) -> Function:
    """The options that name content: of `forget`, and of `what-if`, which says what forgetting would take."""
    for option in reversed(_SELECTORS):
        function = option(function)
    return function


@click.command("forget")
@selectors
@click.option("--why", default="", help="A note on who asked for it.")
@click.option("--dry-run", is_flag=True, help="Say what it reaches and stop.")
@lab_option
@json_option
def command(
    authors: tuple[str, ...],
    ids: tuple[str, ...],
    sources: tuple[str, ...],
    from_file: Path | None,
    copies: bool,
    why: str,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Mark content to be forgotten, also where it comes later, and say everything that it reaches.

    `glaswerk rebuild` then takes it out of corpora, shards and index, `glaswerk rebuild --purge` also out
    of the sources.

    \b
    glaswerk forget --author hazel_hogben --dry-run
    glaswerk forget --id https://x.com/hazel_hogben/status/1850000000000000123 --why "her letter of 3 May"
    """
    from glaswerk.lab.tombstones import Forgotten
    from glaswerk.rerun.exposure import count_exposures

    lab = Lab.open(lab_path)
    stones, touched = reached(lab, authors, ids, sources, from_file, copies=copies, why=why)
    if not dry_run:
        with writing(lab_path) as held:
            Forgotten.read(held.root).with_more(stones).write(held.root)
            count_exposures(held)
    found = _found(lab, stones, touched)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False) if as_json else _words(found))
    if not as_json:
        click.echo("next: " + _next(found, dry_run), err=True)


def reached(
    lab: Lab,
    authors: Sequence[str],
    ids: Sequence[str],
    sources: Sequence[str],
    from_file: Path | None,
    *,
    copies: bool,
    why: str = "",
) -> tuple[list[Tombstone], Reach]:
    """The marks for what the selectors name, and all that these reach. Raises GlaswerkError for no name."""
    from glaswerk.data.references import document_id
    from glaswerk.data.removal.marks import handle_of, read_marks
    from glaswerk.data.removal.reach import reach
    from glaswerk.lab.tombstones import Forgotten, Tombstone

    named = [document_id(reference) for reference in ids if reference.strip()]
    stones = [Tombstone("id", value, why=why) for value in named]
    stones += read_marks(from_file, why) if from_file else ()
    stones += [Tombstone("author", handle_of(value), why=why) for value in authors]
    stones += [Tombstone("source", value.strip(), why=why) for value in sources]
    _check(stones)
    if not stones:
        raise GlaswerkError("expected what to forget, found nothing", hint="glaswerk forget --author HANDLE")
    touched = reach(lab, Forgotten(tuple(stones)))
    if copies:
        stones += [Tombstone("id", value, why=why or "a copy") for value in touched.copies]
        touched = reach(lab, Forgotten(tuple(stones)))
    return stones, touched


def _check(stones: list[Tombstone]) -> None:
    for stone in stones:
        if not stone.value.removeprefix("@"):
            raise GlaswerkError(f"expected a name after --{stone.kind}, found none")
        if any("\ud800" <= letter <= "\udfff" for letter in stone.value + stone.why):
            raise GlaswerkError(
                f"expected --{stone.kind} in UTF-8, found {stone.value!r}", hint="set LANG=C.UTF-8"
            )


def _found(lab: Lab, stones: list[Tombstone], touched: Reach) -> dict[str, Any]:
    """What is reached, as JSON: documents, what others made of them, tokens, models, and the cost."""
    from glaswerk.tokenizer import Shards

    ids = touched.going
    shards: list[dict[str, Any]] = [
        {"name": packed.name, "id": packed.id, "split": split, "documents": documents, "tokens": tokens}
        for packed in lab.all("shards")
        for split, documents, tokens in Shards.open(packed.path).count(ids)
    ]
    return {
        "marks": [asdict(stone) for stone in stones],
        "documents": dict(sorted(Counter(row["source"] for row in touched.documents).items())),
        "ids": sorted(row["id"] for row in touched.documents),
        "copies": touched.copies,
        "derived": touched.derived,
        "related": dict(sorted(Counter(relation for _, relation in touched.related).items())),
        "shards": shards,
        "models": list(_models(lab, ids)),
        "rebuild_seconds": round(
            sum(made.seconds for kind in ("corpus", "shards", "trace") for made in lab.all(kind)), 1
        ),
    }


def _models(lab: Lab, ids: set[str]) -> Iterator[dict[str, Any]]:
    """Models trained on these documents; those whose spans the lab no longer holds may have been, too."""
    from glaswerk.rerun.exposure import learnt

    for model in lab.all("model"):
        found = learnt(lab, model, ids)
        if found.documents or not found.certain:
            seconds = model.stats.get("train_seconds", model.seconds)
            row = {"name": model.name, "epochs": model.stats.get("epochs"), "steps": model.stats.get("steps")}
            counts = {"documents": found.documents, "tokens": found.tokens, "tokens_seen": found.seen}
            yield {**row, **counts, "train_seconds": seconds, "certain": found.certain}


def _words(found: dict[str, Any]) -> str:
    total = sum(found["documents"].values())
    by = ", ".join(f"{name} {count:,}" for name, count in found["documents"].items())
    lines = [f"documents  {total:,}" + (f"  ({by})" if by else "")]
    copies = found["copies"]
    shown = ", ".join(copies[:5]) + (" …" if len(copies) > 5 else "")
    lines.append(
        f"copies     {len(copies):,} with the same words by others" + (f": {shown}" if shown else "")
    )
    related = ", ".join(f"{count:,} {relation}" for relation, count in found["related"].items())
    lines.append(f"related    {related or 'nothing'} by others (retweets go with it, the rest is theirs)")
    derived = found["derived"]
    shown = ", ".join(derived[:5]) + (" …" if len(derived) > 5 else "")
    lines.append(
        f"derived    {len(derived):,} made from it, which go with it" + (f": {shown}" if shown else "")
    )
    lines += [
        f"shards     {row['name']}, {row['split']}: {row['documents']:,} documents, {row['tokens']:,} tokens"
        for row in found["shards"]
    ]
    lines += [
        f"model      {row['name']} {'was' if row['certain'] else 'may have been'} trained on it "
        f"({row['documents']:,} documents, {row['tokens']:,} tokens, {row['epochs']} epochs); "
        f"to train it took {row['train_seconds']:,.0f} s"
        for row in found["models"]
    ]
    lines.append(f"rebuild    corpora, shards and index took {found['rebuild_seconds']:,} s")
    return "\n".join(lines)


def _next(found: dict[str, Any], dry_run: bool) -> str:
    if dry_run:
        return "the same without --dry-run" + (", perhaps with --copies" if found["copies"] else "")
    return "glaswerk rebuild" + (", then train and tune anew" if found["models"] else "")
