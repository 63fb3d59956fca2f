"""Log-likelihoods of many (context, continuation) requests, encoded as lm-evaluation-harness encodes them."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.core.progress import progress_bar
from glaswerk.infer import Engine, Score

Request = tuple[str, str]
# Requests scored together share what they begin with; more of them would need more memory for their tokens.
_TOGETHER = 4096


class Scorer:
    """Scores plain text under one engine, and remembers what it scored."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._known: dict[Request, Score] = {}

    def scores(self, requests: Sequence[Request], label: str) -> list[Score]:
        """The score of each continuation after its context, in order.

        A space at the end of a context belongs to the continuation. A tokenizer that opens documents with a
        token does so here; after an empty context there is always one.
        """
        new = [request for request in dict.fromkeys(requests) if request not in self._known]
        with progress_bar(label, len(new)) as bar:
            for start in range(0, len(new), _TOGETHER):
                part = new[start : start + _TOGETHER]
                found = self.engine.span_scores([self._row(*request) for request in part])
                self._known.update(zip(part, found, strict=True))
                bar.advance(len(part))
        return [self._known[request] for request in requests]

    def _row(self, context: str, continuation: str) -> tuple[list[int], int]:
        tokenizer = self.engine.tokenizer
        kept = context.rstrip()
        context, continuation = kept, context[len(kept) :] + continuation
        start = [tokenizer.start_id] if not context or tokenizer.opens else []
        head = tokenizer.encode(context) if context else []
        whole = tokenizer.encode(context + continuation)
        return start + whole, max(1, len(whole) - len(head))
