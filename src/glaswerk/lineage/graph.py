"""The ledger as a graph: the inputs of every artifact, and what was made from it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal, get_args

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import PREFIX, short
from glaswerk.lab.answer_records import AnswerRecord
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.lab.folder import Lab
from glaswerk.lab.status import Entry, entries
from glaswerk.lineage.walk import reachable

Direction = Literal["up", "down"]
GONE = "gone"
_ID = re.compile(rf"(?:{PREFIX})?([0-9a-f]{{4,40}})")
_RUN = "runs/"
# Characters of a command to show.
_COMMAND = 48
KINDS = get_args(ArtifactKind)


@dataclass(frozen=True, slots=True)
class Node:
    """One artifact, document or traced answer of the graph.

    `state` is "ok", "gone" (it is in the ledger only: replaced or removed since) or "stale: …" with the
    reason. `recipe`, `code` and `command` say what made it; each is empty if it was not recorded. Times are
    ISO 8601; `digest` covers the output files. A document has only an id and a name, an answer also has the
    time of its trace.
    """

    id: str
    kind: str
    name: str
    digest: str = ""
    started_at: str = ""
    finished_at: str = ""
    recipe: str = ""
    code: str = ""
    command: str = ""
    state: str = "ok"
    path: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """`child` was made from `parent` (ids); `role` says as which input."""

    child: str
    role: str
    parent: str


@dataclass(frozen=True)
class Graph:
    """Nodes by id, oldest first, and the edges between them."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    _near: dict[Direction, dict[str, list[Edge]]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._near["up"], self._near["down"] = {}, {}
        for edge in self.edges:
            self._near["up"].setdefault(edge.child, []).append(edge)
            self._near["down"].setdefault(edge.parent, []).append(edge)

    def near(self, identifier: str, direction: Direction) -> list[Edge]:
        """The edges one step up or down from a node."""
        return self._near[direction].get(identifier, [])

    def around(self, root: str, directions: Iterable[Direction], depth: int | None = None) -> Graph:
        """The part of the graph within `depth` steps (None: any number) up or down from `root`."""
        kept = set(chain.from_iterable(self._reached(root, way, depth) for way in directions)) | {root}
        nodes = {identifier: node for identifier, node in self.nodes.items() if identifier in kept}
        return Graph(nodes, tuple(e for e in self.edges if e.child in kept and e.parent in kept))

    def upstream(self, root: str) -> list[Node]:
        """`root` and everything it was made from, oldest first."""
        return list(self.around(root, ("up",)).nodes.values())

    def _reached(self, root: str, direction: Direction, depth: int | None) -> set[str]:
        def next_to(identifier: str) -> list[str]:
            return [other_end(edge, direction) for edge in self.near(identifier, direction)]

        return reachable(root, next_to, depth)

    def of_document(self, document: str, sources: Iterable[str], holders: Collection[str]) -> Graph:
        """The graph of one document; `sources` and `holders` are ids of artifacts.

        It shows the sources of the document, the corpora, shards and models that contain it (`holders`), and
        everything that was made from those models.
        """
        models = [i for i in holders if self.nodes[i].kind == "model"]
        kept = set(holders).union(*(self._reached(model, "down", None) for model in models))
        above = [Edge(document, "source", source) for source in sources]
        first = [i for i in kept if not any(edge.parent in kept for edge in self.near(i, "up"))]
        below = [Edge(i, "document", document) for i in self.nodes if i in first]
        among = [edge for edge in self.edges if edge.child in kept and edge.parent in kept]
        kept.update(edge.parent for edge in above)
        nodes = {i: node for i, node in self.nodes.items() if i in kept}
        return Graph({**nodes, document: Node(document, "document", document)}, (*above, *below, *among))

    def with_answer(self, answer: AnswerRecord, sources: Mapping[str, Collection[str]]) -> Graph:
        """This graph with a traced answer: its model, its index, and the documents shown for it.

        `sources` maps each document to the ids of its sources. A document without a source is gone, and so
        are a model or an index that the ledger does not know.
        """
        made = {answer.model: ("model", "model"), answer.trace: ("index", "trace")}
        added = {
            identifier: Node(identifier, kind, identifier, state=GONE)
            for identifier, (_, kind) in made.items()
            if identifier not in self.nodes
        }
        for document in answer.documents:
            state = "ok" if sources[document] else GONE
            added[document] = Node(document, "document", document, state=state)
        added[answer.id] = Node(answer.id, "answer", answer.id, finished_at=answer.at)
        above = [Edge(answer.id, role, identifier) for identifier, (role, _) in made.items()]
        above += [Edge(answer.id, "shown", document) for document in dict.fromkeys(answer.documents)]
        above += [Edge(document, "source", one) for document, found in sources.items() for one in found]
        return Graph({**self.nodes, **added}, (*self.edges, *above))


def other_end(edge: Edge, direction: Direction) -> str:
    """The id at the end of an edge in that direction: its parent going up, its child going down."""
    return edge.parent if direction == "up" else edge.child


def whole_graph(lab: Lab) -> Graph:
    """Every artifact that the ledger knows, including those that are gone.

    Rows missing from the ledger are restored from the manifests (see `lab.status.entries`).
    """
    there: dict[str, Entry] = {}
    names: dict[str, list[str]] = {}
    for entry in entries(lab):
        there[entry.artifact.id] = entry
        names.setdefault(entry.artifact.id, []).append(entry.artifact.name)
    runs = lab.ledger.rows("SELECT command, started_at, finished_at FROM run WHERE finished_at IS NOT NULL")
    nodes = {}
    for row in lab.ledger.rows(_ARTIFACTS):
        # Artifacts of the same kind, recipe, inputs and config are one node, whatever their names.
        nodes[row["id"]] = Node(
            row["id"],
            row["kind"],
            ", ".join(names.get(row["id"], [row["name"]])),
            row["digest"],
            _started(row),
            row["finished_at"],
            row["recipe"] or "",
            row["code"] or "",
            _command(runs, row["finished_at"]),
            _state(there.get(row["id"])),
            row["path"],
            row["bytes"],
        )
    rows = lab.ledger.rows("SELECT child, role, parent FROM edge ORDER BY child, role")
    edges = tuple(Edge(*row) for row in rows if row["child"] in nodes and row["parent"] in nodes)
    return Graph(nodes, edges)


_ARTIFACTS = """
    SELECT artifact.*, manifest.recipe, manifest.code FROM artifact
    LEFT JOIN manifest ON manifest.id = artifact.id AND manifest.path = artifact.path
    ORDER BY finished_at, name
"""


def _state(entry: Entry | None) -> str:
    if entry is None:
        return GONE
    return f"stale: {entry.stale}" if entry.stale else "ok"


def _started(row: Any) -> str:
    """`seconds` before the artifact was finished; wrong only for a staging folder that a kill left."""
    return (datetime.fromisoformat(row["finished_at"]) - timedelta(seconds=row["seconds"])).isoformat()


def _command(runs: Iterable[Any], finished_at: str) -> str:
    """The command that was running when an artifact was finished: only one at a time writes to a lab."""
    found = (run["command"] for run in runs if run["started_at"] <= finished_at <= run["finished_at"])
    return next(found, "")


def resolve(graph: Graph, thing: str, kinds: str = "artifact") -> Node:
    """The artifact that a user names by a name, kind:name, id, prefix of an id (four digits) or runs/<id>.

    A name takes precedence over an id, an existing artifact over one that is gone; "base" means the newest
    of "base/…". Raises GlaswerkError for a name that several kinds have, an ambiguous prefix of an id, and
    an unknown name, with the nearest names; `kinds` says in the message what was searched.
    """
    found = _named(graph, thing.strip())
    meant = sorted({node.kind for node in found})
    if len(meant) > 1:
        listed = ", ".join(f"{kind}:{thing}" for kind in meant)
        raise GlaswerkError(f"{thing!r} is ambiguous: {listed}", hint="put the kind before the name")
    if found:
        return max(found, key=lambda node: (node.state != GONE, node.finished_at))
    found = _with_id(graph, thing.strip())
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{short(node.id, 20)} ({node.kind} {node.name})" for node in found[:5])
        raise GlaswerkError(
            f"the ids of {len(found)} artifacts begin with {thing!r:.50}: {listed}", hint="give more digits"
        )
    raise _unknown(graph, thing, kinds)


def _unknown(graph: Graph, thing: str, kinds: str) -> GlaswerkError:
    """The error for an unknown name, with the nearest known names."""
    names = list(dict.fromkeys(f"{node.kind}:{node.name}" for node in graph.nodes.values()))
    plain = thing.strip().casefold()
    scored = {name: max(_likeness(plain, name), _likeness(plain, name.split(":", 1)[1])) for name in names}
    near = sorted(names, key=lambda name: -scored[name])[:8]
    listed = ", ".join(near) if near else "none"
    return GlaswerkError(
        f"the lab knows no {kinds} {thing[:80]!r} (nearest: {listed})",
        hint="`glaswerk status` lists the artifacts; documents and answers are named by their ids",
    )


def _likeness(given: str, name: str) -> float:
    return difflib.SequenceMatcher(None, given, name.casefold()).ratio()


def _named(graph: Graph, thing: str) -> list[Node]:
    kind, _, name = thing.partition(":")
    kinds, name = ((kind,), name) if name and kind in KINDS else (KINDS, thing)
    nodes = [node for node in graph.nodes.values() if node.kind in kinds]
    exact = [node for node in nodes if name in node.name.split(", ")]
    return exact or [node for node in nodes if name and node.name.startswith(f"{name}/")]


def _with_id(graph: Graph, thing: str) -> list[Node]:
    given = _ID.fullmatch(thing.removeprefix(_RUN))
    return [n for n in graph.nodes.values() if n.id.startswith(PREFIX + given[1])] if given else []


def tree(graph: Graph, root: str, direction: Direction, depth: int | None = None) -> Iterator[str]:
    """Lines of a tree with `root` at the top; a node that appears again is not expanded again."""
    yield _words(graph.nodes[root])
    yield from _branches(graph, root, direction, depth, "", {root})


def _branches(
    graph: Graph, parent: str, direction: Direction, depth: int | None, indent: str, shown: set[str]
) -> Iterator[str]:
    edges = graph.near(parent, direction)
    if depth == 0 and edges:
        yield f"{indent}└─ … {len(edges)} more: raise --depth"
        return
    for edge in edges:
        last = edge is edges[-1]
        node = graph.nodes[other_end(edge, direction)]
        again = node.id in shown and bool(graph.near(node.id, direction))
        words = _words(node) + ("  (see above)" if again else "")
        yield f"{indent}{'└─' if last else '├─'} {edge.role}: {words}"
        if not again:
            shown.add(node.id)
            further = None if depth is None else depth - 1
            yield from _branches(
                graph, node.id, direction, further, indent + ("   " if last else "│  "), shown
            )


def _words(node: Node) -> str:
    date = node.finished_at[:16].replace("T", " ")
    if not node.digest:
        state = "" if node.state == "ok" else node.state
        return "  ".join(filter(None, (f"{node.kind} {node.name}", date, state)))
    # Ledgers of older labs hold no recipe; there the command says what made the artifact.
    made = node.recipe or node.command[:_COMMAND] or "recipe not recorded"
    return f"{node.kind} {node.name}  {short(node.id)}  {date}  {made}  {node.state}"
