"""What `glaswerk find --json` prints (see `json_fields`)."""

from __future__ import annotations

from glaswerk.cli.json_sources import Fields

_HIT: Fields = {
    "id": ("string", "Id of the document."),
    "source": ("string", "The source it came from."),
    "author": ("string", "Its author; empty if unknown."),
    "created_at": ("string or null", "When it was written (ISO 8601)."),
    "url": ("string", "Its address; empty if none."),
    "licence": ("string", "Its licence."),
    "lang": ("string", "Its language; empty if unknown."),
    "start": ("integer", "First character of the passage in the document's text."),
    "end": ("integer", "Character after the passage."),
    "text": ("string", "The passage."),
    "score": ("number", "BM25 of the passage, comparable within one search."),
    "copies": ("integer", "Further passages that say the same."),
}
_QUOTE: Fields = {
    "quote": ("string", "The sentence that answers."),
    "quote_start": ("integer", "Its first character in the document's text."),
    "quote_end": ("integer", "The character after it."),
    "covered": ("number", "Share of the question's weight that occurs in the passage."),
    "fits": ("boolean", "Whether it has the kind of thing that is asked for, such as a time."),
    "by": ("string", "What it was found by: words or meaning."),
}
FOUND: Fields = {
    "question": ("string", "The question as it was searched."),
    "verdict": ("string", "answered, closest (no quote has what is asked for), counted or declined."),
    "quotes": ("list", "Quotes that answer; empty if nothing does."),
    **{f"quotes[].{path}": field for path, field in {**_QUOTE, **_HIT}.items()},
    "near": ("list", "The best passages, whether they answer or not."),
    **{f"near[].{path}": field for path, field in _HIT.items()},
    "filters": ("object", "What was searched: the options, and times that the question names."),
    "count": ("object or null", "How many documents say something, where that was asked."),
    "count.about": ("string", "The words that they all have."),
    "count.documents": ("integer", "How many documents."),
    "count.sql": ("string", "The query that counted them."),
}
MADE: Fields = {
    "sources": ("object", "Documents that were added, by source."),
    "left_out": ("object", "By reason, how many were left out: glaswerk explain REASON."),
    "kept": ("integer", "Documents in the corpus."),
    "bytes": ("integer", "Bytes of their text."),
    "passages": ("integer", "Passages that can be quoted."),
    "vectors": ("integer or null", "Sentences that are found by meaning; null without `glaswerk[vectors]`."),
    "calibration": ("object", "Shares of made questions that get a quote, with and without an answer here."),
    "model": ("string or null", "The model that writes below the quotes."),
    "seconds": ("number", "Wall-clock time."),
}
