"""The graph as a picture: a layered drawing as one SVG file, without a library or a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import pairwise

from glaswerk.core.ids import short
from glaswerk.core.pages.marks import Mark, mark
from glaswerk.lineage.graph import GONE, Edge, Graph, Node

_WIDTH, _HEIGHT = 240, 58
# The height that a long edge takes where it passes a column.
_PASSAGE = 12
_COLUMN_GAP, _ROW_GAP, _MARGIN = 90, 18, 24
# Latin letters that fit into a box, at the size of the name and of the lines around it; the box clips wider
# ones.
_CHARACTERS, _SMALL = 26, 36
# Passes over the layers that move every node towards its neighbours (Sugiyama, Tagawa and Toda, 1981).
_PASSES = 6
_STYLE = """
svg{background:#fff;font:12px system-ui,sans-serif}
.box{fill:#f4f6f8;stroke:#64748b;stroke-width:1}
.gone .box{fill:#fff;stroke-dasharray:4 3}.gone text{fill:#64748b}
.stale .box{fill:#fff7e0;stroke:#b45309}
.root .box{stroke:#1d4ed8;stroke-width:2.5}
.kind{fill:#64748b;font-size:11px}.name{font-weight:600}
.node text{clip-path:url(#box)}
.edge{fill:none;stroke:#94a3b8;stroke-width:1.3;marker-end:url(#tip)}
"""
_TIP = mark(
    "defs",
    children=[
        mark(
            "marker",
            id="tip",
            viewBox="0 0 8 8",
            refX="7",
            refY="4",
            markerWidth="7",
            markerHeight="7",
            orient="auto",
            children=[mark("path", d="M0 0 8 4 0 8z", fill="#94a3b8")],
        ),
        mark("clipPath", id="box", children=[mark("rect", width=_WIDTH - 4, height=_HEIGHT)]),
    ],
)
# A place of a column: a node's id and its own column, or one right of it that a long edge from it passes.
Slot = tuple[str, int]
Places = Mapping[Slot, tuple[int, int]]


def lineage_svg(graph: Graph, root: str) -> str:
    """The graph as SVG: what was made first on the left, `root` with a bold frame, what is gone dashed."""
    column = _columns(graph)
    routes = {edge: _route(edge, column) for edge in graph.edges}
    layers = _layers(graph, column, routes)
    places, height = _places(layers)
    width = 2 * _MARGIN + len(layers) * (_WIDTH + _COLUMN_GAP) - _COLUMN_GAP
    node = graph.nodes[root]
    boxes = [_box(one, places[one.id, column[one.id]], one.id == root) for one in graph.nodes.values()]
    arrows = [_arrow(edge, [places[slot] for slot in route]) for edge, route in routes.items()]
    picture = mark(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=width,
        height=height,
        viewBox=f"0 0 {width} {height}",
        role="img",
        title=f"Lineage of {node.kind} {node.name}",
        children=[mark("style", text=_STYLE), _TIP, *arrows, *boxes],
    )
    return f"{picture.render()}\n"


def _columns(graph: Graph) -> dict[str, int]:
    """The column of each node, by id: one right of the last of its parents."""
    column: dict[str, int] = {}
    for identifier in _parents_first(graph):
        above = [column[edge.parent] + 1 for edge in graph.near(identifier, "up")]
        column[identifier] = max(above, default=0)
    return column


def _parents_first(graph: Graph) -> Iterable[str]:
    above = {i: {edge.parent for edge in graph.near(i, "up")} for i in graph.nodes}
    return TopologicalSorter(above).static_order()


def _route(edge: Edge, column: Mapping[str, int]) -> list[Slot]:
    """The places that an edge runs through; long edges from one node share those on their way."""
    passed = range(column[edge.parent], column[edge.child])
    return [*((edge.parent, number) for number in passed), (edge.child, column[edge.child])]


def _layers(
    graph: Graph, column: Mapping[str, int], routes: Mapping[Edge, Sequence[Slot]]
) -> list[list[Slot]]:
    """Places by column, those that are joined near to one another."""
    slots = dict.fromkeys((identifier, column[identifier]) for identifier in graph.nodes)
    joined: dict[Slot, set[Slot]] = {}
    for route in routes.values():
        slots |= dict.fromkeys(route)
        for one, other in pairwise(route):
            joined.setdefault(one, set()).add(other)
            joined.setdefault(other, set()).add(one)
    layers: list[list[Slot]] = [[] for _ in range(1 + max(column.values()))]
    for slot in slots:
        layers[slot[1]].append(slot)
    for number in range(_PASSES):
        _untangle(layers if number % 2 == 0 else layers[::-1], joined)
    return layers


def _untangle(layers: Sequence[list[Slot]], joined: Mapping[Slot, set[Slot]]) -> None:
    """Order every layer by the mean rank of what its places are joined to, in place."""
    rank = {slot: row / len(layer) for layer in layers for row, slot in enumerate(layer)}
    for layer in layers:
        mean = {slot: _mean([rank[other] for other in joined.get(slot, {slot})]) for slot in layer}
        layer.sort(key=mean.__getitem__)
        rank.update({slot: row / len(layer) for row, slot in enumerate(layer)})


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _places(layers: Sequence[Sequence[Slot]]) -> tuple[Places, int]:
    """Left and upper edge of every place in pixels, layers centred, and the height of the picture."""
    ids = {slot for layer in layers for slot in layer}
    # The first place of a node is its box; the others are points that its long edges pass.
    boxes = {slot for slot in ids if (slot[0], slot[1] - 1) not in ids}
    size = {slot: _HEIGHT if slot in boxes else _PASSAGE for slot in ids}
    heights = [sum(size[slot] + _ROW_GAP for slot in layer) - _ROW_GAP for layer in layers]
    places: dict[Slot, tuple[int, int]] = {}
    for number, layer in enumerate(layers):
        y = _MARGIN + (max(heights) - heights[number]) // 2
        for slot in layer:
            places[slot] = (_MARGIN + number * (_WIDTH + _COLUMN_GAP), y + (size[slot] - _HEIGHT) // 2)
            y += size[slot] + _ROW_GAP
    return places, 2 * _MARGIN + max(heights)


def _arrow(edge: Edge, places: Sequence[tuple[int, int]]) -> Mark:
    """A curve from box to box; it passes a column in between on a straight line."""
    (x, y), *rest = [(x, y + _HEIGHT // 2) for x, y in places]
    path = f"M{x + _WIDTH} {y}"
    for place, (next_x, next_y) in enumerate(rest):
        middle = next_x - _COLUMN_GAP // 2
        path += f"C{middle} {y} {middle} {next_y} {next_x} {next_y}"
        path += f"H{next_x + _WIDTH}" if place < len(rest) - 1 else ""
        y = next_y
    return mark("path", class_="edge", d=path, title=edge.role)


def _box(node: Node, place: tuple[int, int], is_root: bool) -> Mark:
    x, y = place
    names = ["node", "root" if is_root else "", _class(node)]
    about = " · ".join(filter(None, (_digits(node), node.finished_at[:10], node.recipe)))
    return mark(
        "g",
        class_=" ".join(filter(None, names)),
        transform=f"translate({x} {y})",
        title=f"{node.kind} {node.name}\n{node.id}\n{node.command}\n{node.state}",
        children=[
            mark("rect", class_="box", width=_WIDTH, height=_HEIGHT, rx="6"),
            mark("text", class_="kind", x="10", y="16", text=_cut(_kind(node), _SMALL)),
            mark("text", class_="name", x="10", y="33", text=_cut(node.name, _CHARACTERS)),
            mark("text", class_="kind", x="10", y="49", text=_cut(about, _SMALL)),
        ],
    )


def _digits(node: Node) -> str:
    """The beginning of an artifact's id; the id of a document or an answer is its name."""
    return short(node.id, 8) if node.digest else ""


def _kind(node: Node) -> str:
    return node.kind if node.state == "ok" else f"{node.kind} · {node.state}"


def _class(node: Node) -> str:
    return GONE if node.state == GONE else "" if node.state == "ok" else "stale"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
