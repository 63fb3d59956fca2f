"""Lineage: what a thing was made from and went into, also where parts of it are gone."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.answer_records import AnswerRecord
from glaswerk.lineage.graph import GONE, Direction, Edge, Graph, Node, other_end, resolve, tree, whole_graph
from glaswerk.lineage.openlineage import events
from glaswerk.lineage.svg import lineage_svg

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def path(empty_lab: Lab, make: Callable[..., Artifact]) -> dict[str, Artifact]:
    """Source, corpus, tokenizer, shards, base and chat model; the corpus then rebuilt."""
    made: dict[str, Artifact] = {}
    made["source"] = make("source", "posts")
    made["corpus"] = make("corpus", "main", {"source:posts": made["source"].id})
    made["tokenizer"] = make("tokenizer", "main", {"corpus": made["corpus"].id})
    both = {"corpus": made["corpus"].id, "tokenizer": made["tokenizer"].id}
    made["shards"] = make("shards", "main.main", both)
    made["base"] = make("model", "base/step-2", {"shards": made["shards"].id})
    on = {"base": made["base"].id, "shards": made["shards"].id}
    made["chat"] = make("model", "chat/step-4", on)
    made["anew"] = make("corpus", "main", {"source:posts": made["source"].id}, languages=["en"])
    return made


def names(graph: Graph) -> list[str]:
    return [f"{node.kind} {node.name}" for node in graph.nodes.values()]


def test_upstream_of_a_model_is_all_it_was_made_from_first_made_first(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    graph = whole_graph(empty_lab)
    upstream = [node.id for node in graph.upstream(path["chat"].id)]
    assert upstream == [path[k].id for k in ("source", "corpus", "tokenizer", "shards", "base", "chat")]


def test_downstream_of_a_source_reaches_both_corpora_and_the_models(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    part = whole_graph(empty_lab).around(path["source"].id, ("down",))
    assert set(part.nodes) == {artifact.id for artifact in path.values()}
    assert names(whole_graph(empty_lab).around(path["source"].id, ("down",), 1)) == [
        "source posts",
        "corpus main",
        "corpus main",
    ]


def test_what_was_made_anew_stays_in_the_graph_as_gone_and_what_hangs_on_it_is_stale(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    nodes = whole_graph(empty_lab).nodes
    assert nodes[path["corpus"].id].state == GONE
    assert nodes[path["anew"].id].state == "ok"
    assert nodes[path["chat"].id].state == "stale: base is stale"
    assert nodes[path["corpus"].id].recipe == "corpus/1"


def test_a_removed_artifact_stays_in_the_graph(empty_lab: Lab, path: dict[str, Artifact]) -> None:
    empty_lab.remove(path["chat"])
    node = whole_graph(empty_lab).nodes[path["chat"].id]
    assert (node.state, node.name) == (GONE, "chat/step-4")


@pytest.mark.parametrize(
    ("thing", "meant"),
    [
        ("posts", "source"),
        ("corpus:main", "anew"),
        ("tokenizer:main", "tokenizer"),
        ("base", "base"),
        ("chat/step-4", "chat"),
        ("model:chat", "chat"),
    ],
)
def test_names_mean_what_is_there_and_the_last_below_them(
    empty_lab: Lab, path: dict[str, Artifact], thing: str, meant: str
) -> None:
    assert resolve(whole_graph(empty_lab), thing).id == path[meant].id


def test_ids_beginnings_of_ids_and_runs_mean_their_artifact(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    graph, gone = whole_graph(empty_lab), path["corpus"]
    digits = gone.id.removeprefix("b2:")
    for thing in (gone.id, digits, digits[:12], f"b2:{digits[:8]}", f"runs/{digits[:16]}"):
        assert resolve(graph, thing).id == gone.id


def test_a_name_of_two_kinds_is_refused_with_both(empty_lab: Lab, path: dict[str, Artifact]) -> None:
    with pytest.raises(GlaswerkError, match="corpus:main, tokenizer:main"):
        resolve(whole_graph(empty_lab), "main")


def test_an_unknown_name_is_refused_with_the_nearest(empty_lab: Lab, path: dict[str, Artifact]) -> None:
    with pytest.raises(GlaswerkError, match=r"nearest: model:chat/step-4, "):
        resolve(whole_graph(empty_lab), "chatt/step")
    with pytest.raises(GlaswerkError, match="no artifact"):
        resolve(whole_graph(empty_lab), "abc")


def test_the_tree_unfolds_each_artifact_once_and_says_where_it_was_cut(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    lines = list(tree(whole_graph(empty_lab), path["chat"].id, "up"))
    assert lines[0].startswith("model chat/step-4  ")
    assert lines[1].startswith("├─ base: model base/step-2  ")
    assert lines[-1].startswith("└─ shards: shards main.main  ")
    assert lines[-1].endswith("(see above)")
    assert sum("source posts" in line for line in lines) == 1
    cut = list(tree(whole_graph(empty_lab), path["chat"].id, "up", 1))
    assert any(line.endswith("… 1 more: raise --depth") for line in cut)


def test_the_picture_holds_a_box_a_node_left_to_right_and_passes_boxes_by(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    graph = whole_graph(empty_lab)
    svg = ET.fromstring(lineage_svg(graph, path["chat"].id))
    boxes = svg.findall(f"{SPACE}g")
    assert len(boxes) == len(graph.nodes)
    assert len(svg.findall(f"{SPACE}path")) == len(graph.edges)
    places = {}
    for box in boxes:
        x, y = box.attrib["transform"].removeprefix("translate(").rstrip(")").split()
        title = box.find(f"{SPACE}title")
        assert title is not None
        assert title.text
        places[title.text.splitlines()[1]] = (int(x), int(y))
    assert all(places[edge.parent][0] < places[edge.child][0] for edge in graph.edges)
    assert len(set(places.values())) == len(places)


def test_an_answer_comes_from_its_model_its_index_and_the_documents_shown(
    empty_lab: Lab, path: dict[str, Artifact], make: Callable[..., Artifact]
) -> None:
    trace = make("trace", "main.main", {"shards": path["shards"].id})
    answer = AnswerRecord(
        "chatcmpl-" + "0" * 24, "2026-11-23T12:00:00+00:00", path["chat"].id, trace.id, ("x:1", "x:2")
    )
    graph = whole_graph(empty_lab).with_answer(answer, {"x:1": [path["source"].id], "x:2": []})
    part = graph.around(answer.id, ("up",))
    assert set(part.nodes) == {
        *(path[k].id for k in ("source", "corpus", "tokenizer", "shards", "base", "chat")),
        trace.id,
        "x:1",
        "x:2",
        answer.id,
    }
    assert [edge.role for edge in part.near(answer.id, "up")] == ["model", "index", "shown", "shown"]
    lines = list(tree(part, answer.id, "up"))
    assert lines[0] == f"answer {answer.id}  2026-11-23 12:00"
    assert lines[-1] == "└─ shown: document x:2  gone"
    assert len(ET.fromstring(lineage_svg(part, answer.id)).findall(f"{SPACE}g")) == 10
    assert len(list(events(empty_lab, part))) == 14


def test_an_answer_whose_model_the_ledger_does_not_know_says_that_it_is_gone(empty_lab: Lab) -> None:
    answer = AnswerRecord("chatcmpl-" + "0" * 24, "2026-11-23T12:00:00+00:00", "b2:1", "b2:2", ())
    lines = list(tree(whole_graph(empty_lab).with_answer(answer, {}), answer.id, "up"))
    assert lines[1:] == ["├─ model: model b2:1  gone", "└─ index: trace b2:2  gone"]


def test_names_that_are_markup_stay_text_in_the_picture(
    empty_lab: Lab, make: Callable[..., Artifact]
) -> None:
    made = make("source", "posts")
    graph = whole_graph(empty_lab)
    (node,) = graph.nodes.values()
    named = Graph({node.id: type(node)(node.id, "source", "<script>&")}, ())
    assert "<script>" not in lineage_svg(named, made.id)


@pytest.mark.parametrize(("direction", "end"), [("up", "parent"), ("down", "child")])
def test_the_other_end_of_an_edge_is_where_the_walk_goes(direction: Direction, end: str) -> None:
    assert other_end(Edge("child", "role", "parent"), direction) == end


def test_the_graph_of_a_document_has_its_sources_its_holders_and_what_grew_from_the_models(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    holders = [path[k].id for k in ("shards", "base")]
    graph = whole_graph(empty_lab).of_document("posts:1", [path["source"].id], holders)
    kept = {path[k].id for k in ("source", "shards", "base", "chat")}
    assert set(graph.nodes) == kept | {"posts:1"}
    roles = {(edge.child, edge.role, edge.parent) for edge in graph.edges}
    assert ("posts:1", "source", path["source"].id) in roles
    assert (path["shards"].id, "document", "posts:1") in roles
    assert (path["base"].id, "document", "posts:1") not in roles  # it comes through the shards
    assert (path["chat"].id, "base", path["base"].id) in roles


def test_a_document_that_nothing_holds_has_its_sources_alone(
    empty_lab: Lab, path: dict[str, Artifact]
) -> None:
    graph = whole_graph(empty_lab).of_document("posts:1", [path["source"].id], [])
    assert set(graph.nodes) == {"posts:1", path["source"].id}
    assert [tuple((e.child, e.role, e.parent)) for e in graph.edges] == [
        ("posts:1", "source", path["source"].id)
    ]


def test_an_artifact_with_two_names_is_one_node_with_both(
    empty_lab: Lab, make: Callable[..., Artifact]
) -> None:
    one, other = make("corpus", "one", n=1), make("corpus", "other", n=1)
    assert one.id == other.id
    (node,) = whole_graph(empty_lab).nodes.values()
    assert node.name == "one, other"
    assert resolve(whole_graph(empty_lab), "other").id == one.id


@pytest.mark.parametrize("thing", ["", "   ", ":", "corpus:", "b2:", "zz", "model:main"])
def test_what_names_nothing_is_refused_and_never_taken_for_something(
    empty_lab: Lab, path: dict[str, Artifact], thing: str
) -> None:
    with pytest.raises(GlaswerkError, match=r"the lab knows no artifact"):
        resolve(whole_graph(empty_lab), thing)


def test_an_id_whose_beginning_is_shared_is_refused_with_the_candidates() -> None:
    nodes = {f"b2:abcd{i}": Node(f"b2:abcd{i}", "corpus", f"c{i}") for i in range(7)}
    with pytest.raises(GlaswerkError, match="the ids of 7 artifacts begin with 'abcd'") as error:
        resolve(Graph(nodes, ()), "abcd")
    assert error.value.hint == "give more digits"
    assert resolve(Graph(nodes, ()), "abcd3").name == "c3"


def test_an_edge_to_what_the_ledger_does_not_know_is_left_out(
    empty_lab: Lab, make: Callable[..., Artifact]
) -> None:
    make("model", "base/step-1", {"shards": "b2:gone"})
    graph = whole_graph(empty_lab)
    assert (len(graph.nodes), graph.edges) == (1, ())


def test_a_circle_in_a_damaged_ledger_ends_the_walk_and_the_tree() -> None:
    nodes = {name: Node(name, "model", name, "digest") for name in ("a", "b")}
    graph = Graph(nodes, (Edge("a", "base", "b"), Edge("b", "base", "a")))
    assert len(graph.upstream("a")) == 2
    assert len(list(tree(graph, "a", "up"))) == 3


def test_the_command_that_made_an_artifact_is_the_one_that_was_running(empty_lab: Lab, make: Any) -> None:
    run = empty_lab.ledger.start_run("glaswerk curate")
    make("corpus", "main")
    empty_lab.ledger.finish_run(run, "done", 0, 0)
    make("tokenizer", "main")
    commands = [node.command for node in whole_graph(empty_lab).nodes.values()]
    assert commands == ["glaswerk curate", ""]
