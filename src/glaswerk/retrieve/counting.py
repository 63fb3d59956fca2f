"""How many documents say something: counted by a query that is shown, never by a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from glaswerk.retrieve.retriever import Retriever
from glaswerk.retrieve.scope import Scope

_DOCUMENTS = (
    r"posts?|tweets?|documents?|articles?|messages?|e-?mails?|letters?|texts?|entries|speeches|"
    r"beiträge|dokumente|artikel|nachrichten|briefe|texte|einträge|reden"
)
_ASKED = re.compile(
    rf"^\s*(?:how many|wie\s?viele)\s+(?:of\s+(?:the|my|our)\s+)?(?:{_DOCUMENTS})\b(?P<rest>.*)$", re.I | re.S
)
_LINK = re.compile(
    r"\b(are there|there are|were there|exist|about|mention(?:s|ed|ing)?|contain(?:s|ing)?|do we have|"
    r"do i have|talks? about|refer(?:s|red)? to|is|are|was|were|"
    r"gibt es|handeln|erwähnen|enthalten|über|zum thema|haben wir|geht es)\b",
    re.I,
)
# What a count of words cannot say.
_BEYOND = re.compile(
    r"\b(not|no|never|without|or|either|than|does|did|has|nicht|kein\w*|nie|ohne|oder|als|hat)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Count:
    """Documents that have all words of `about` in one passage; `sql` is the query that found them.

    Forgotten and reserved documents are not counted, and of several authors the sum is.
    """

    about: str
    documents: int
    sql: str

    def to_json(self) -> dict[str, Any]:
        """As the API and `glaswerk find --json` show it."""
        return {"about": self.about, "documents": self.documents, "sql": self.sql}


def counted(retriever: Retriever, scope: Scope) -> Count | None:
    """The count that a question asks for; None for another question, or if it asks for more than words."""
    match = _ASKED.match(scope.question)
    if match is None or _BEYOND.search(match["rest"]):
        return None
    about = " ".join(_LINK.sub(" ", match["rest"]).strip(" ?.!").split())
    each = [scope.filters.by(author) for author in scope.authors] or [scope.filters]
    found = [retriever.count(about, filters) for filters in each]
    return Count(about, sum(number for number, _ in found), ";\n".join(sql for _, sql in found))
