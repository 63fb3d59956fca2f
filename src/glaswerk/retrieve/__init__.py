"""Question → passages of one's own content, and the sentence in them that answers.

In: the documents of a corpus. Out: passages whose text is the documents' own, found by the stems
of their words. Start with `build.py` (the index of a corpus) and `retriever.py` (a question). `sentences.py`
cuts, `terms.py` compares words, `answer.py` chooses the sentence or declines; `grounding.py` puts it together
for a question of a conversation (`follow_up.py`, `scope.py`, `counting.py`), and `support.py` says whether a
passage bears out what a model wrote. With the extra `vectors`, `vectors.py` and `nearest.py` find
what says the same in other words.
"""

from glaswerk.retrieve.answer import Answer, answers
from glaswerk.retrieve.build import build, find_passages
from glaswerk.retrieve.grounding import Grounds, ground
from glaswerk.retrieve.retriever import Filters, Hit, Retriever
from glaswerk.retrieve.vectors import build_vectors, find_vectors, renew_vectors

__all__ = [
    "Answer",
    "Filters",
    "Grounds",
    "Hit",
    "Retriever",
    "answers",
    "build",
    "build_vectors",
    "find_passages",
    "find_vectors",
    "ground",
    "renew_vectors",
]
