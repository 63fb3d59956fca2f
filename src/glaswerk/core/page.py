"""One self-contained HTML page for every report: same type, light and dark, no script, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources

_STYLE = resources.files("glaswerk.core").joinpath("page.css").read_text(encoding="utf-8")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, body: Iterable[str], *, language: str = "en") -> str:
    """A whole HTML document; `body` is ready HTML (escape what comes from data)."""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        # Nothing is fetched and nothing runs, whatever the content holds.
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
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
