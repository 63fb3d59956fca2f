"""The text of an answer from its tokens, piece by piece: whole characters only, ended by stop strings."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence

from glaswerk.infer.engines.job import Emission, Finish, Token
from glaswerk.infer.stop_strings import StopFilter
from glaswerk.tokenizer import Tokenizer


class AnswerText:
    """Decodes one answer. `finish` is set once it has ended; `tokens` counts all tokens, the last one too."""

    def __init__(
        self, tokenizer: Tokenizer, ends: frozenset[int], stop: Sequence[str] = (), *, within: bool = False
    ) -> None:
        """within: it continues a text, so that a space before its first token is its own."""
        self._strip = tokenizer.prefixes and not within
        self._tokenizer, self._ends = tokenizer, ends
        self._utf8, self._stops = codecs.getincrementaldecoder("utf-8")("replace"), StopFilter(stop)
        self.tokens = 0
        self.finish: Finish | None = None

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended the answer, if one did."""
        return self._stops.first or None

    def feed(self, emission: Emission) -> str:
        """The text that an emission completes; "" after the end. Raises the error of a failed job."""
        if emission.error is not None:
            raise emission.error
        pieces = []
        for token in emission.tokens:
            if self.finish is None:
                pieces.append(self._token(token))
        if emission.finish is not None and self.finish is None:
            # The decoder may still hold the first bytes of a character: half a character is no text.
            pieces.append(self._stops.rest())
            self.finish = emission.finish
        return "".join(pieces)

    def whole(self, emissions: Iterable[Emission]) -> str:
        """The text of all emissions of an answer."""
        return "".join(self.feed(emission) for emission in emissions)

    def _token(self, token: Token) -> str:
        self.tokens += 1
        if token.id in self._ends:
            return ""
        text = self._stops.feed(self._utf8.decode(self._piece(token.id)))
        if self._stops.hit:
            self.finish = "stop"
        return text

    def _piece(self, token: int) -> bytes:
        """The bytes of a token; of the first, without the space that begins every text."""
        found = self._tokenizer.decode_bytes([token])
        return found.removeprefix(b" ") if self.tokens == 1 and self._strip else found
