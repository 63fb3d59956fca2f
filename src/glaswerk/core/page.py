"""One self-contained HTML page for every report: same type, light and dark, no script, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

# Series colours stand out from the page by at least 3:1 and from their neighbours by hue and lightness.
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5d6778;--line:#d9dee7;--paper:#fff;--card:#f6f8fb;
--glass:#0b7a75;--warm:#c2571a;--mark:#fbe3d2;--s0:#0b7a75;--s1:#e07b39;--s2:#5b54b8;--s3:#a88408;
--s4:#2f86cf;--s5:#b8326f;--s6:#6b8f1f;--s7:#808a99}
@media (prefers-color-scheme:dark){:root{--ink:#e8ecf3;--soft:#9aa5b8;--line:#323a48;--paper:#12161d;
--card:#1a202a;--glass:#4cc9c0;--warm:#f0995c;--mark:#553620;--s0:#3fb8b0;--s1:#f0995c;--s2:#9d92f5;
--s3:#dcbb45;--s4:#5fa8ee;--s5:#ee7fb0;--s6:#a3cc62;--s7:#8b96a8}}
*{box-sizing:border-box}
body{font:16px/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:56rem;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.7rem;line-height:1.25;letter-spacing:-.01em;margin:.2rem 0}
h2{font-size:1.25rem;letter-spacing:-.005em;margin:3rem 0 .5rem;scroll-margin-top:1rem}
h3{font-size:1rem;margin:1.6rem 0 .4rem}p{margin:.5rem 0}a{color:var(--glass)}
.soft{color:var(--soft)}.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.93rem}th,td{padding:.35rem .6rem;text-align:left;
border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:.86em ui-monospace,monospace;overflow-wrap:anywhere}svg{max-width:100%;height:auto}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
"""
# What the plots (see `glaswerk.core.plots`), key figures and samples need beside that.
_PLOTS = """
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}
.s5{fill:var(--s5)}.s6{fill:var(--s6)}.s7{fill:var(--s7)}
figure{margin:1rem 0 1.4rem}figcaption{font-size:.9rem;color:var(--soft);margin-bottom:.6rem}
svg.rows,svg.plot,.legend svg{height:revert-layer;display:block}svg.plot{overflow:visible;margin:14px 0 6px 2.8rem;
width:calc(100% - 2.8rem);max-width:none}
svg.rows text{font-size:13px}svg text.end{text-anchor:end}svg text.mid{text-anchor:middle}
svg text,svg tspan{font-variant-numeric:tabular-nums}svg .soft{fill:var(--soft)}
.track{fill:var(--card)}.grid{stroke:var(--line)}.hit{fill:transparent}
svg g:hover .hit{fill:color-mix(in srgb,var(--ink) 8%,transparent)}
svg.rows [class^=s]{stroke:var(--paper);stroke-width:1}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;list-style:none;margin:.4rem 0 .7rem;padding:0;font-size:.87rem}
.legend li{display:flex;align-items:center;gap:.4rem}.legend svg{flex:none}
details{margin:.5rem 0;font-size:.9rem}summary{cursor:pointer;color:var(--soft);width:fit-content}
summary:hover{color:var(--ink)}:focus-visible{outline:2px solid var(--glass);outline-offset:2px;border-radius:3px}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:1.2rem 0 0;padding:.6rem 0;font-size:.92rem;
border-block:1px solid var(--line)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.7rem;margin:1.2rem 0;padding:0}
.cards div{background:var(--card);border-radius:10px;padding:.7rem .9rem}
.cards dt{font-size:.82rem;color:var(--soft)}
.cards dd{margin:0;font-size:1.35rem;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums}
.cards dd small{display:block;font-size:.8rem;font-weight:400;color:var(--soft)}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 2.5rem}.grid2>*{min-width:0}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(18rem,100%),1fr));gap:.6rem;margin:.6rem 0}
.pair>div{background:var(--card);border-radius:10px;padding:.65rem .85rem;border-left:3px solid var(--s7);min-width:0}
.pair>div.kept{border-color:var(--s0)}.pair p{margin:.3rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;
font-size:.94rem}.pair small{color:var(--soft);overflow-wrap:anywhere}mark{background:var(--mark);color:inherit;
border-radius:3px;padding:0 .1em}
@media print{nav,details summary{display:none}.pair,figure{break-inside:avoid}}
"""


def page(title: str, body: Iterable[str], *, language: str = "en") -> str:
    """A whole HTML document; `body` is ready HTML (escape what comes from data)."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        # Nothing is fetched and nothing runs, whatever the content holds.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">'
        f"<title>{escape(title)}</title><style>{_STYLE}{_PLOTS}</style></head><body><h1>{escape(title)}</h1>"
        f"<main>{''.join(body)}</main></body></html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: Sequence[int] = ()) -> str:
    """An HTML table of escaped cells; columns in `numeric` are set flush right."""

    def cells(tag: str, values: Sequence[object]) -> str:
        return "".join(
            f"<{tag}{' class=n' if i in numeric else ''}>{escape(str(value))}</{tag}>"
            for i, value in enumerate(values)
        )

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    top = f"<thead><tr>{cells('th', head)}</tr></thead>"
    return f"<div class=scroll><table>{top}<tbody>{body}</tbody></table></div>"


def interval_chart(rows: Sequence[tuple[str, float, float, float, float | None]]) -> str:
    """SVG dot-and-whisker chart on 0..1; a row is (label, value, low, high, chance or None)."""
    left, width, height = 250, 400, 26
    parts = [f'<svg viewBox="0 0 {left + width + 80} {height * len(rows) + 30}" role="img">']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + tick * width
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="4" y2="{height * len(rows) + 6}" stroke="var(--line)"/>'
            f'<text x="{x}" y="{height * len(rows) + 22}" text-anchor="middle">{tick:.0%}</text>'
        )
    for i, (label, value, low, high, chance) in enumerate(rows):
        y = i * height + 16
        parts.append(f'<text x="{left - 10}" y="{y + 4}" text-anchor="end">{escape(label)}</text>')
        if chance is not None:
            x = left + chance * width
            parts.append(
                f'<line x1="{x}" x2="{x}" y1="{y - 8}" y2="{y + 8}" stroke="var(--warm)" stroke-width="2"/>'
            )
        parts.append(
            f'<line x1="{left + low * width}" x2="{left + high * width}" y1="{y}" y2="{y}" '
            'stroke="var(--glass)" stroke-width="3"/>'
            f'<circle cx="{left + value * width}" cy="{y}" r="5" fill="var(--glass)"/>'
            f'<text x="{left + width + 12}" y="{y + 4}">{value:.1%}</text>'
        )
    return "".join(parts) + "</svg>"


def line_chart(points: Sequence[tuple[float, float]], *, x_label: str, y_label: str) -> str:
    """SVG line through (x, y) points with its end values written on the axes."""
    if len(points) < 2:
        return ""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    scale_x, scale_y = 560 / ((x1 - x0) or 1), 180 / ((y1 - y0) or 1)
    path = " ".join(f"{60 + (x - x0) * scale_x:.1f},{200 - (y - y0) * scale_y:.1f}" for x, y in points)
    return (
        '<svg viewBox="0 0 640 250" role="img">'
        '<path d="M60 20V200H620" fill="none" stroke="var(--line)"/>'
        f'<polyline points="{path}" fill="none" stroke="var(--glass)" stroke-width="2"/>'
        f'<text x="54" y="26" text-anchor="end">{y1:.3g}</text>'
        f'<text x="54" y="204" text-anchor="end">{y0:.3g}</text>'
        f'<text x="60" y="220">{x0:,.0f}</text><text x="620" y="220" text-anchor="end">{x1:,.0f}</text>'
        f'<text x="340" y="240" text-anchor="middle">{escape(x_label)}</text>'
        f'<text x="64" y="14">{escape(y_label)}</text></svg>'
    )
