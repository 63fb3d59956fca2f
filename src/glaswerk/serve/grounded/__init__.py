"""Answers that rest on the lab's own documents: quotes first, then what a model says, checked against them.

`endpoint.py` is in front of chat completions, `answers.py` in front of responses and messages, over any
engine and any upstream; `refusing.py` is in front of what cannot be grounded. `asking.py` asks limits, then
documents; `checked.py` checks what a model says. `content.py` searches and compares every quote with its
document at that moment; `search.py` is GET /v1/glaswerk/search.
"""

from glaswerk.serve.grounded.admission import Admission
from glaswerk.serve.grounded.answers import GroundedAnswerer
from glaswerk.serve.grounded.asking import Asking
from glaswerk.serve.grounded.content import Content
from glaswerk.serve.grounded.endpoint import Grounded
from glaswerk.serve.grounded.refusing import refusing
from glaswerk.serve.grounded.search import search_operation
from glaswerk.serve.offers.ground_settings import GroundSettings

__all__ = [
    "Admission",
    "Asking",
    "Content",
    "GroundSettings",
    "Grounded",
    "GroundedAnswerer",
    "refusing",
    "search_operation",
]
