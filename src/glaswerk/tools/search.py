"""The tool `search`: passages of one's own content, as text with their sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from anyio import to_thread

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.terminal import one_line
from glaswerk.retrieve import Answer, Grounds, Hit
from glaswerk.tools.output import failure, outcome
from glaswerk.tools.tool import Outcome, Tool

LONGEST = 500
_PASSAGES, _CHARACTERS = 3, 600
Ground = Callable[[str], Grounds]


def search(ground: Ground) -> Tool:
    """The tool. ground: what may be quoted now to a question; raises GlaswerkError where nothing can."""
    text = {"type": "string", "maxLength": LONGEST, "description": "What to look for, in a few words"}
    schema = {
        "type": "object",
        "properties": {"query": text},
        "required": ["query"],
        "additionalProperties": False,
    }

    async def run(arguments: Mapping[str, Any]) -> Outcome:
        query = str(arguments["query"]).strip()
        if not query:
            return failure("expected words to look for, found none")
        try:
            return outcome(as_text(await to_thread.run_sync(ground, query)))
        except GlaswerkError as error:
            return failure(error.message)

    return Tool("search", "Search the user's own content. Gives passages with their sources.", schema, run)


def as_text(grounds: Grounds) -> str:
    """What was found, the best first: numbered passages, each with its source on the line below."""
    if grounds.count is not None:
        return f"{grounds.count.documents:,} documents say this: {grounds.count.about}"
    if grounds.quotes:
        head = "" if grounds.verdict == "answered" else "Nothing answers this for certain. The closest:\n"
        return head + "\n".join(_quote(i, quote) for i, quote in enumerate(grounds.quotes[:_PASSAGES], 1))
    if grounds.near:
        found = "\n".join(_near(i, hit) for i, hit in enumerate(grounds.near[:_PASSAGES], 1))
        return f"Nothing answers this. The nearest passages:\n{found}"
    return "Nothing in the content has these words."


def _quote(number: int, quote: Answer) -> str:
    return _passage(number, quote.text, quote.hit)


def _near(number: int, hit: Hit) -> str:
    return _passage(number, hit.text, hit)


def _passage(number: int, text: str, hit: Hit) -> str:
    shown = " ".join(text.split())[:_CHARACTERS]
    source = ", ".join(filter(None, (hit.author or hit.source, hit.created_at[:10], hit.document)))
    return f"[{number}] {shown}\n    source: {one_line(source)[:200]}"
