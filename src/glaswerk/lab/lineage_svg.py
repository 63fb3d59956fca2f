"""The graph as a picture: a layered drawing as one SVG file, without a library or a script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from glaswerk.core.ids import short
from glaswerk.lab.lineage import GONE, Edge, Graph, Node

_WIDTH, _HEIGHT = 220, 58
_COLUMN_GAP, _ROW_GAP, _MARGIN = 90, 18, 24
_CHARACTERS = 29
# Passes over the layers that move every node towards its neighbours (Sugiyama, Tagawa and Toda, 1981).
_PASSES = 6
_STYLE = """
svg{background:#fff;font:12px system-ui,sans-serif}
.box{fill:#f4f6f8;stroke:#64748b;stroke-width:1}
.gone .box{fill:#fff;stroke-dasharray:4 3}.gone text{fill:#64748b}
.stale .box{fill:#fff7e0;stroke:#b45309}
.root .box{stroke:#1d4ed8;stroke-width:2.5}
.kind{fill:#64748b;font-size:11px}.name{font-weight:600}.role{fill:#64748b;font-size:10px;text-anchor:middle}
.edge{fill:none;stroke:#94a3b8;stroke-width:1.3;marker-end:url(#tip)}
"""
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="#94a3b8"/></marker></defs>'
)
Places = Mapping[str, tuple[int, int]]


def lineage_svg(graph: Graph, root: str) -> str:
    """The graph as SVG: what was made first on the left, `root` with a bold frame, what is gone dashed."""
    layers = _layers(graph)
    tallest = max(len(layer) for layer in layers)
    places = {
        identifier: (
            _MARGIN + column * (_WIDTH + _COLUMN_GAP),
            _MARGIN + row * (_HEIGHT + _ROW_GAP) + (tallest - len(layer)) * (_HEIGHT + _ROW_GAP) // 2,
        )
        for column, layer in enumerate(layers)
        for row, identifier in enumerate(layer)
    }
    width = 2 * _MARGIN + len(layers) * (_WIDTH + _COLUMN_GAP) - _COLUMN_GAP
    height = 2 * _MARGIN + tallest * (_HEIGHT + _ROW_GAP) - _ROW_GAP
    node = graph.nodes[root]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">',
            f"<title>{escape(f'Lineage of {node.kind} {node.name}')}</title><style>{_STYLE}</style>{_TIP}",
            *(_arrow(edge, places) for edge in graph.edges),
            *(_box(one, places[one.id], one.id == root) for one in graph.nodes.values()),
            "</svg>\n",
        ]
    )


def _layers(graph: Graph) -> list[list[str]]:
    """Ids by column: a node stands one column right of the last of its parents."""
    column: dict[str, int] = {}

    def place(identifier: str) -> int:
        if identifier not in column:
            above = [place(edge.parent) + 1 for edge in graph.near(identifier, "up")]
            column[identifier] = max(above, default=0)
        return column[identifier]

    layers: list[list[str]] = [[] for _ in range(1 + max(map(place, graph.nodes)))]
    for identifier in graph.nodes:
        layers[column[identifier]].append(identifier)
    for number in range(_PASSES):
        _untangle(graph, layers if number % 2 == 0 else layers[::-1])
    return layers


def _untangle(graph: Graph, layers: Sequence[list[str]]) -> None:
    """Order every layer by the mean place of the neighbours of its nodes, in place."""
    rank = {i: row / len(layer) for layer in layers for row, i in enumerate(layer)}
    for layer in layers:
        mean = {i: _mean([rank[other] for other in _neighbours(graph, i)], rank[i]) for i in layer}
        layer.sort(key=mean.__getitem__)
        rank.update({i: row / len(layer) for row, i in enumerate(layer)})


def _neighbours(graph: Graph, identifier: str) -> Iterator[str]:
    yield from (edge.parent for edge in graph.near(identifier, "up"))
    yield from (edge.child for edge in graph.near(identifier, "down"))


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _arrow(edge: Edge, places: Places) -> str:
    (x0, y0), (x1, y1) = places[edge.parent], places[edge.child]
    x0, y0, y1 = x0 + _WIDTH, y0 + _HEIGHT // 2, y1 + _HEIGHT // 2
    middle = x0 + _COLUMN_GAP // 2
    # A long edge bends in the gap before its child, so that it passes between rows and not over names.
    bend = x1 - _COLUMN_GAP // 2
    return (
        f'<path class="edge" d="M{x0} {y0}C{middle} {y0} {bend} {y1} {x1} {y1}">'
        f"<title>{escape(edge.role)}</title></path>"
    )


def _box(node: Node, place: tuple[int, int], is_root: bool) -> str:
    x, y = place
    names = ["node", "root" if is_root else "", _class(node)]
    about = " · ".join(filter(None, (short(node.digest, 8), node.finished_at[:10], node.recipe)))
    told = f"{node.kind} {node.name}\n{node.id}\n{node.command}\n{node.state}"
    return (
        f'<g class="{" ".join(filter(None, names))}" transform="translate({x} {y})">'
        f"<title>{escape(told)}</title>"
        f'<rect class="box" width="{_WIDTH}" height="{_HEIGHT}" rx="6"/>'
        f'<text class="kind" x="10" y="16">{escape(_cut(_kind(node)))}</text>'
        f'<text class="name" x="10" y="33">{escape(_cut(node.name))}</text>'
        f'<text class="kind" x="10" y="49">{escape(about)}</text></g>'
    )


def _kind(node: Node) -> str:
    return node.kind if node.state == "ok" else f"{node.kind} · {node.state}"


def _class(node: Node) -> str:
    return GONE if node.state == GONE else "" if node.state == "ok" else "stale"


def _cut(text: str) -> str:
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"
