"""Log-likelihoods of many (context, continuation) requests, encoded as lm-evaluation-harness encodes them."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.core.progress import progress_bar
from glaswerk.evaluate.tasks.score_store import ScoreStore
from glaswerk.infer import Engine, Score

Request = tuple[str, str]
# Requests scored together share what they begin with; more of them would need more memory for their tokens.
_TOGETHER = 4096


class Scorer:
    """Scores plain text under one engine, and keeps what it scored."""

    def __init__(self, engine: Engine, store: ScoreStore, *, chat: bool = False) -> None:
        """chat: whether the model can be asked in dialogues."""
        self.engine, self._store, self.chat = engine, store, chat

    def scores(self, requests: Sequence[Request], label: str) -> list[Score]:
        """The score of each continuation after its context, in order.

        A space at the end of a context belongs to the continuation. A tokenizer that opens documents with a
        token does so here; after an empty context there is always one.
        """
        rows = [self._row(*request) for request in requests]
        found = self._store.known(rows)
        new = [i for i, score in enumerate(found) if score is None]
        with progress_bar(label, len(rows)) as bar:
            bar.advance(len(rows) - len(new))
            for start in range(0, len(new), _TOGETHER):
                part = new[start : start + _TOGETHER]
                scores = self.engine.span_scores([rows[i] for i in part])
                self._store.keep([rows[i] for i in part], scores)
                for i, score in zip(part, scores, strict=True):
                    found[i] = score
                bar.advance(len(part))
        return [score for score in found if score is not None]

    def _row(self, context: str, continuation: str) -> tuple[list[int], int]:
        tokenizer = self.engine.tokenizer
        kept = context.rstrip()
        context, continuation = kept, context[len(kept) :] + continuation
        start = [tokenizer.start_id] if not context or tokenizer.opens else []
        head = tokenizer.encode(context) if context else []
        whole = tokenizer.encode(context + continuation)
        return start + whole, max(1, len(whole) - len(head))
