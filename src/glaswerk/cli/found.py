"""What documents say to a question, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glaswerk.cli.echo import echo

if TYPE_CHECKING:
    from glaswerk.retrieve import Answer, Grounds, Hit


def print_found(found: Grounds) -> None:
    """Quotes, a count, or the nearest passages."""
    if found.filters.to_json():
        echo("only " + ", ".join(f"{name} {value}" for name, value in found.filters.to_json().items()), "")
    if found.count is not None:
        echo(f"{found.count.documents:,} documents say: {found.count.about or 'anything'}")
        echo(f"counted with: {found.count.sql}", "")
    elif found.verdict == "closest":
        echo("the closest passages; they may not answer this:", "")
    elif found.verdict == "declined" and found.near:
        echo("nothing in your content answers this; the nearest passages:", "")
    elif not found.near:
        echo("nothing in your content has these words")
    for quote in found.quotes:
        _show(quote.hit, quote)
    for hit in () if found.quotes else found.near:
        _show(hit)


def _show(hit: Hit, answer: Answer | None = None) -> None:
    copies = f"{hit.copies:,} passages say the same" if hit.copies else ""
    parts = (hit.document, hit.author, hit.created_at[:10], hit.source, hit.url, copies)
    echo("  ".join(part for part in parts if part))
    if answer is not None:
        echo(f"  » {' '.join(answer.text.split())}")
    echo(f"    {' '.join(hit.text.split())}", "")
