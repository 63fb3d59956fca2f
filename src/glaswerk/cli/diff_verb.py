"""`glaswerk diff`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.core.artifact_files import LAB_SETTINGS
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import one_line
from glaswerk.lab import Artifact
from glaswerk.lab.artifact import read

# Rows of a table in the terminal; --json has them all.
_ROWS = 12


@click.command("diff")
@click.argument("first", metavar="CORPUS")
@click.argument("second", metavar="CORPUS")
@click.option(
    "--samples",
    default=2,
    show_default=True,
    type=click.IntRange(0, 100),
    help="Documents shown for each kind of change.",
)
@lab_option
@json_option
def command(first: str, second: str, samples: int, lab_path: Path, as_json: bool) -> None:
    """What differs between two corpora: documents, decisions, texts, splits, settings, sources.

    \b
    glaswerk diff main strict
    glaswerk diff main ../other-lab/corpora/main --json

    CORPUS is the name of a corpus in this lab (`glaswerk curate --name NAME` makes one), or the folder of one
    in any lab.
    """
    from glaswerk.data.report.diff import compare

    found = compare(_corpus(first, lab_path), _corpus(second, lab_path), samples=samples)
    if as_json:
        print_json(found)
        return
    for line in _lines(found):
        echo(line)


def _corpus(reference: str, lab_path: Path) -> Artifact:
    there: dict[str, Artifact] = {}
    if (lab_path / LAB_SETTINGS).exists():
        there = {corpus.name: corpus for corpus in open_lab(lab_path).all("corpus")}
    if reference in there:
        return there[reference]
    found = read(Path(reference)) if Path(reference).is_dir() else None
    if found is None or found.kind != "corpus":
        raise GlaswerkError(
            f"expected a corpus of this lab ({', '.join(sorted(there)) or 'it has none'}) or the folder of "
            f"one, found {reference!r}",
            hint="glaswerk corpus ls lists them; glaswerk curate --name NAME makes one",
        )
    return found


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    for side in ("a", "b"):
        one = found[side]
        yield (
            f"{side}  {one['name']}  documents {one['documents']:,}  kept {one['kept']:,}  "
            f"bytes {one['bytes']:,}  {one['path']}"
        )
    yield from _made_from(found)
    documents = found["documents"]
    yield ""
    yield (
        f"documents: {documents['both']:,} in both, {documents['only_a']:,} only in a, "
        f"{documents['only_b']:,} only in b; of those in both, {documents['other_decision']:,} with "
        f"different decisions, {documents['other_source']:,} from different sources"
    )
    yield from _changes("decisions", [c for c in found["decisions"] if c["a"] != c["b"]], "a", "b")
    yield from _changes("texts", [c for c in found["content"] if c["text"]], "split_a", "split_b")
    splits = [c for c in found["content"] if c["split_a"] != c["split_b"] and not c["text"]]
    yield from _changes("splits, with the same text", splits, "split_a", "split_b")
    yield from _sources(found["sources"])
    yield from _languages(found["languages"])


def _made_from(found: Mapping[str, Any]) -> Iterator[str]:
    """Settings, rules and inputs that differ."""
    for row in found["settings"]:
        yield f"setting {row['setting']}: {_value(row['a'])} → {_value(row['b'])}"
    for row in found["rules"]:
        yield f"rule {row['rule']}: version {row['a']} → {row['b']}; its decisions cannot be compared"
    for row in found["inputs"]:
        words = "only in a" if row["b"] is None else "only in b" if row["a"] is None else "different content"
        yield f"{row['input'].replace(':', ' ')}: {words}"


def _value(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False)


def _changes(title: str, changes: Sequence[Mapping[str, Any]], before: str, after: str) -> Iterator[str]:
    if not changes:
        return
    yield from ("", title)
    for change in changes:
        one, other = change[before] or "not there", change[after] or "not there"
        words = one if one == other else f"{one} → {other}"
        yield f"  {words}  {change['documents']:,}"
        for sample in change["samples"]:
            yield f"      {_plain(sample['document'])}"
            texts = {"a": sample.get("text_a"), "b": sample.get("text_b")}
            if texts["a"] == texts["b"] and texts["a"] is not None:
                texts = {" ": texts["a"]}
            yield from (f"        {side} {_plain(text)}" for side, text in texts.items() if text is not None)


def _plain(text: str) -> str:
    """The text's words on one line."""
    return one_line(" ".join(text.split()))


def _sources(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    head = ("source", "documents a", "documents b", "kept a", "kept b", "change")
    yield from _table(
        head,
        [
            (
                row["source"],
                row["a"]["documents"],
                row["b"]["documents"],
                row["a"]["kept"],
                row["b"]["kept"],
                row["b"]["kept"] - row["a"]["kept"],
            )
            for row in rows
        ],
    )


def _languages(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    lines = [(row["language"], row["a"], row["b"], row["b"] - row["a"]) for row in rows]
    yield from _table(("language", "kept a", "kept b", "change"), lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The largest changes first; the last column is the change."""
    chosen = sorted(rows, key=lambda row: -abs(row[-1]))[:_ROWS]
    lines = [head, *([_plain(row[0]), *(f"{n:,}" for n in row[1:-1]), f"{row[-1]:+,}"] for row in chosen)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    yield ""
    for line in lines:
        cells = [c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))]
        yield "  ".join(cells)
    if len(rows) > len(chosen):
        yield f"and {len(rows) - len(chosen):,} more: --json"
