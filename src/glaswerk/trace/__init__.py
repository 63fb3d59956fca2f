"""Floor 7: find the training documents that contain the words of an answer, verbatim.

In: packed shards (to build an index) or an answer (to trace it). Out: `Trace`, the maximal verbatim spans of
the answer, each with its exact number of occurrences and some of the documents that contain it.

Start with `tracer.py`, then `results.py` (what a trace returns) and `build.py` (how the index is built).
Below them: `suffix_array.py` (search in token files), `word_tokens.py` and `word_boundaries.py` (matches are
whole words), `search.py` (maximal spans), `segments.py` and `indexed_split.py` (the index on disk),
`matched_documents.py` and `relevance.py` (which documents are shown), `hidden_documents.py` (which are not),
`novelty.py` (how much of an answer is verbatim, compared with unseen text).
"""

from glaswerk.trace.build import build
from glaswerk.trace.results import Count, Match, Span, Trace
from glaswerk.trace.tracer import Tracer

__all__ = ["Count", "Match", "Span", "Trace", "Tracer", "build"]
