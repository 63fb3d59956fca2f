"""`glaswerk lineage`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.lineage.graph import Direction, Graph


@click.command("lineage")
@click.argument("thing")
@click.option("--up", is_flag=True, help="Only what it was made from.")
@click.option("--down", is_flag=True, help="Only what was made from it.")
@click.option("--depth", type=click.IntRange(1), help="Steps to follow.  [default: all]")
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), help="Also write a drawing to this file."
)
@click.option(
    "--openlineage",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write OpenLineage events to this file, one per line.",
)
@lab_option
@json_option
def command(
    thing: str,
    up: bool,
    down: bool,
    depth: int | None,
    svg: Path | None,
    openlineage: Path | None,
    lab_path: Path,
    as_json: bool,
) -> None:
    """What THING was made from, and what was made from it, including what has been removed since.

    \b
    glaswerk lineage chat
    glaswerk lineage corpus:main --down --depth 2
    glaswerk lineage x:1850000000000000123 --svg lineage.svg
    glaswerk lineage model:chat/step-470 --up --openlineage events.jsonl
    glaswerk lineage chatcmpl-0123456789abcdef01234567 --up

    THING is the name of an artifact (as kind:name if several kinds have it), its id or at least four digits
    of it, runs/ID, the id or address of a document, or the id of an answer that a server traced.
    """
    from glaswerk.lineage.graph import tree
    from glaswerk.lineage.openlineage import events
    from glaswerk.lineage.svg import lineage_svg

    lab = open_lab(lab_path)
    graph, root = _found(lab, thing)
    directions: list[Direction] = ["up", "down"] if up == down else ["up"] if up else ["down"]
    part = graph.around(root, directions, depth)
    if svg:
        write_atomic(svg, lineage_svg(part, root))
    if openlineage:
        write_atomic(openlineage, "".join(json.dumps(event) + "\n" for event in events(lab, part)))
    if as_json:
        print_json(_as_json(part, root))
        return
    for direction in directions:
        echo("made from" if direction == "up" else "went into")
        for line in tree(graph, root, direction, depth):
            echo(f"  {line}")


def _found(lab: Lab, thing: str) -> tuple[Graph, str]:
    """The graph with the thing in it, and the thing's id."""
    from glaswerk.data.references import document_id
    from glaswerk.lab.answer_records import read_answer
    from glaswerk.lineage.graph import resolve, whole_graph

    graph = whole_graph(lab)
    answer = read_answer(lab, thing.strip())
    if answer is not None:
        sources = {document: _sources(lab, document) for document in answer.documents}
        return graph.with_answer(answer, sources), answer.id
    try:
        return graph, resolve(graph, thing, "artifact, document or traced answer").id
    except GlaswerkError:
        identifier = document_id(thing)
        found = _of_document(lab, graph, identifier)
        if found is None:
            raise
        return found, identifier


def _of_document(lab: Lab, graph: Graph, identifier: str) -> Graph | None:
    """The graph of a document and of the documents it became part of, or None if it is unknown.

    It is looked up in corpora and shards that exist, in the spans kept of shards that are gone, and in what
    models were trained on.
    """
    from glaswerk.data.removal.history import in_corpora, merged_into
    from glaswerk.rerun.exposure import learnt
    from glaswerk.tokenizer import Shards
    from glaswerk.tokenizer.retained_spans import spans_folder

    names = [identifier, *merged_into(lab, identifier)]
    sources = _sources(lab, identifier)
    decided = [event for name in names for event in in_corpora(lab, name)]
    if not sources and not decided:
        return None
    corpora = {event.name for event in decided if "split" in event.figures}
    holders = [made.id for made in lab.all("corpus") if made.name in corpora]
    for shards in (node.id for node in graph.nodes.values() if node.kind == "shards"):
        folder = spans_folder(lab, shards)
        if folder and any(count for _, count, _ in Shards.open(folder).count(names)):
            holders.append(shards)
    for model in lab.all("model"):
        found = learnt(lab, model, names)
        if found.documents:
            holders.append(model.id)
        elif not found.certain:
            echo(f"model {model.name} may contain it: the spans of its shards are lost", err=True)
    return graph.of_document(identifier, sources, holders)


def _sources(lab: Lab, document: str) -> list[str]:
    """Ids of the sources that contain a document."""
    from glaswerk.data.removal.history import in_sources

    names = {event.name for event in in_sources(lab, document)[1]}
    return [source.id for source in lab.all("source") if source.name in names]


def _as_json(graph: Graph, root: str) -> dict[str, Any]:
    nodes = [asdict(node) for node in graph.nodes.values()]
    return {"root": root, "nodes": nodes, "edges": [asdict(edge) for edge in graph.edges]}
