"""How many documents say something: counted by a query that is shown, never by a model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from glaswerk.retrieve.retriever import Filters, Retriever

_DOCUMENTS = (
    r"posts?|tweets?|documents?|articles?|messages?|e-?mails?|letters?|pages?|texts?|entries|speeches|"
    r"beiträge|posts|tweets|dokumente|artikel|nachrichten|e-?mails|briefe|seiten|texte|einträge|reden"
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


@dataclass(frozen=True, slots=True)
class Count:
    """Documents that have all words of `about`; `sql` is the query that found them."""

    about: str
    documents: int
    sql: str

    def to_json(self) -> dict[str, Any]:
        """As the API and `glaswerk find --json` show it."""
        return {"about": self.about, "documents": self.documents, "sql": self.sql}


def counted(retriever: Retriever, question: str, filters: Filters) -> Count | None:
    """The count that a question asks for; None for a question that asks for something else."""
    match = _ASKED.match(question)
    if match is None:
        return None
    about = " ".join(_LINK.sub(" ", match["rest"]).strip(" ?.!").split())
    documents, sql = retriever.count(about, filters)
    return Count(about, documents, sql)
