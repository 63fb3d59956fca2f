"""Which occurrences of a token sequence begin and end at word boundaries, judged by the adjacent bytes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from glaswerk.trace.suffix_array import Integers, Tokens
from glaswerk.trace.word_tokens import begins_in_word, ends_in_word

Flags = np.ndarray[Any, np.dtype[np.bool_]]
# A verdict on the bytes seen so far; None means that one more token is needed.
_Verdict = Callable[[bytes], bool | None]

_WORDS_KEPT = 1 << 16


class WordBoundaries:
    """Decides word boundaries for one vocabulary. Special tokens have no bytes: they end a word."""

    def __init__(self, pieces: Sequence[bytes | None], turn_id: int | None) -> None:
        """pieces: the bytes of each token id, None for special tokens; turn_id: the token that opens a turn
        of a dialogue, None if the tokenizer has none."""
        self._pieces = pieces
        self._turn_id = turn_id
        # Cached: answers repeat words, and thousands of tokens can end with a short word.
        self.leads = lru_cache(_WORDS_KEPT)(self._leads)

    @cached_property
    def _behind(self) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """Per token: 1 if a word ends before it, 0 if the word continues, -1 if more bytes are needed."""
        verdicts = [True if piece is None else _not(begins_in_word(piece)) for piece in self._pieces]
        return np.array([-1 if verdict is None else int(verdict) for verdict in verdicts], np.int8)

    @cached_property
    def _reversed(self) -> list[tuple[bytes, int]]:
        """(reversed bytes, token), sorted, so that tokens with the same ending are adjacent."""
        return sorted((piece[::-1], i) for i, piece in enumerate(self._pieces) if piece)

    @cached_property
    def _same(self) -> dict[bytes, list[int]]:
        """Token ids by their bytes."""
        found: dict[bytes, list[int]] = {}
        for token, piece in enumerate(self._pieces):
            if piece:
                found.setdefault(piece, []).append(token)
        return found

    def _leads(self, word: str) -> list[tuple[int, bool]]:
        """(token, certain) for every token that can be the last token of `word`.

        These are tokens that end with the word and have no letter or digit before it, and tokens that are a
        proper suffix of the word. certain: the token alone shows that the word begins at a boundary.
        """
        wanted = word.encode()
        found = [
            (token, verdict is True)
            for piece, token in self._ending(wanted[::-1])
            if (verdict := _not(ends_in_word(piece[len(wanted) :][::-1]))) is not False
        ]
        for start in range(1, len(wanted)):
            found += [(token, False) for token in self._same.get(wanted[start:], ())]
        return found

    def _ending(self, tail: bytes) -> list[tuple[bytes, int]]:
        """Tokens whose reversed bytes begin with `tail`."""
        # UTF-8 text never contains the byte 0xff.
        first, last = (bisect_left(self._reversed, (end,)) for end in (tail, tail + b"\xff"))
        return self._reversed[first:last]

    def starts_with(self, tokens: Tokens, ends: Integers, word: str) -> Flags:
        """For each position, whether the text before it ends with `word` as a whole word; shape (positions,).

        The role name at the start of a dialogue turn is not text of the dialogue and does not count.
        """
        wanted = word.encode()

        def verdict(seen: bytes) -> bool | None:
            if len(seen) < len(wanted):
                return None if wanted.endswith(seen) else False
            return _not(ends_in_word(seen[: -len(wanted)])) if seen.endswith(wanted) else False

        def at_special(seen: bytes, token: int) -> bool:
            return seen == wanted and token != self._turn_id

        return self._look(tokens, ends, -1, verdict, at_special)

    def ends_whole(self, tokens: Tokens, starts: Integers) -> Flags:
        """For each position, whether the text from there does not begin with a letter or digit."""
        inside = starts < len(tokens)
        verdicts = np.where(inside, self._behind[tokens[np.where(inside, starts, 0)]], 1)
        whole: Flags = verdicts == 1
        open_ = np.flatnonzero(verdicts == -1)
        if len(open_):
            whole[open_] = self._look(
                tokens, starts[open_], 1, lambda seen: _not(begins_in_word(seen)), lambda seen, token: True
            )
        return whole

    def _look(
        self,
        tokens: Tokens,
        positions: Integers,
        step: int,
        verdict: _Verdict,
        at_special: Callable[[bytes, int], bool],
    ) -> Flags:
        """Collect tokens from each position outwards until their bytes decide the verdict.

        Positions with the same bytes so far are judged together.
        """
        result = np.zeros(len(positions), bool)
        groups = [(b"", np.arange(len(positions)), positions - 1 if step < 0 else positions)]
        while groups:
            seen, which, places = groups.pop()
            inside = (places >= 0) & (places < len(tokens))
            found = np.where(inside, tokens[np.where(inside, places, 0)].astype(np.int64), -1)
            for token in np.unique(found).tolist():
                same = found == token
                piece = None if token < 0 else self._pieces[token]
                if piece is None:
                    result[which[same]] = at_special(seen, token)
                    continue
                grown = piece + seen if step < 0 else seen + piece
                answer = verdict(grown)
                if answer is None:
                    groups.append((grown, which[same], places[same] + step))
                else:
                    result[which[same]] = answer
        return result


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
