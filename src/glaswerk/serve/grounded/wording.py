"""A grounded answer as plain text, for clients that show nothing but the text: in English or German."""

from __future__ import annotations

import re

from glaswerk.core.terminal import one_line
from glaswerk.retrieve import Answer, Grounds, Hit
from glaswerk.retrieve.terms import is_german

# What a client's Markdown would fetch, run or make clickable without showing where to.
_ACTIVE = re.compile(r"!\[|\](?=[(\[:])|<(?=[A-Za-z/!])")
_ENGLISH = {
    "declined": "Nothing in your content answers this.",
    "nearest": "The nearest passages:",
    "closest": "Closest passage; it may not answer this:",
    "none": "Nothing in your content has these words.",
    "counted": "{count} of your documents say this: {about}",
    "all": "You have {count} documents.",
    "query": "Counted with: {sql}",
    "model": "The model, borne out by quote {number}: ",
    "doubt": "The model, NOT borne out by your content ({reason}): ",
    "date": "no date",
}
_GERMAN = {
    "declined": "Nichts in Ihren Inhalten beantwortet das.",
    "nearest": "Die nächsten Stellen:",
    "closest": "Nächste Stelle; sie beantwortet die Frage vielleicht nicht:",
    "none": "Nichts in Ihren Inhalten hat diese Wörter.",
    "counted": "{count} Ihrer Dokumente sagen dies: {about}",
    "all": "Sie haben {count} Dokumente.",
    "query": "Gezählt mit: {sql}",
    "model": "Das Modell, belegt durch Zitat {number}: ",
    "doubt": "Das Modell, NICHT durch Ihre Inhalte belegt ({reason}): ",
    "date": "ohne Datum",
}


class Wording:
    """The phrases in the language of a question."""

    def __init__(self, question: str) -> None:
        self._words = _GERMAN if is_german(question) else _ENGLISH

    def found(self, grounds: Grounds) -> str:
        """What stands above the model's words: quotes, a count, or that nothing answers."""
        return "".join(text for text, _ in self.pieces(grounds))

    def pieces(self, grounds: Grounds) -> list[tuple[str, Answer | None]]:
        """The same in pieces: a quote with its source, and the line breaks before it, is one by itself."""
        if grounds.count is not None or not grounds.quotes:
            return [(self._without_quotes(grounds), None)]
        head = self._words["closest"] if grounds.verdict == "closest" else ""
        found: list[tuple[str, Answer | None]] = [(head, None)] if head else []
        for quote in grounds.quotes:
            found.append((("\n\n" if found else "") + self._quote(quote), quote))
        return found

    def _without_quotes(self, grounds: Grounds) -> str:
        if (count := grounds.count) is not None:
            words = self._words["counted" if count.about else "all"]
            said = words.format(count=f"{count.documents:,}", about=count.about)
            return f"{said}\n{self._words['query'].format(sql=count.sql)}"
        if grounds.near and grounds.verdict == "closest":
            return "\n\n".join(map(self._near, grounds.near))
        if not grounds.near:
            return self._words["none"]
        near = "\n".join(f"— {self._source(hit)}" for hit in grounds.near)
        return f"{self._words['declined']}\n\n{self._words['nearest']}\n{near}"

    def said(self, text: str, number: int | None, reason: str) -> str:
        """A sentence of the model, on one line, with what bears it out or why nothing does."""
        text = one_line(" ".join(text.split()))
        if number is not None:
            return self._words["model"].format(number=number + 1) + harmless(text)
        return self._words["doubt"].format(reason=reason) + harmless(text)

    def _quote(self, quote: Answer) -> str:
        return _block(quote.text, self._source(quote.hit))

    def _near(self, hit: Hit) -> str:
        return _block(hit.text, self._source(hit))

    def title(self, hit: Hit) -> str:
        """Author and day of a document, on one line."""
        author = f"@{hit.author}" if hit.url.startswith("https://x.com/") else hit.author
        return one_line(f"{author or hit.source}, {hit.created_at[:10] or self._words['date']}")

    def _source(self, hit: Hit) -> str:
        parts = (self.title(hit), hit.url, hit.document)
        return harmless(one_line(", ".join(part for part in parts if part)))


def _block(text: str, source: str) -> str:
    """A quote, each of its lines marked, so that none of them can pass for a source; its source below."""
    lines = f"“{harmless(text)}”".splitlines()
    return "\n".join(f"> {line}" for line in lines) + f"\n— {source}"


def harmless(text: str) -> str:
    """Text whose images, links and tags no Markdown acts on; where it has none, the text itself."""
    return _ACTIVE.sub(lambda match: "".join(f"\\{c}" for c in match[0]), text)
