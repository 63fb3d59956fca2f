"""Which occurrences of a token run are whole words: the bytes before and behind decide."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from glaswerk.trace.suffix_array import Integers, Tokens
from glaswerk.trace.word_tokens import begins_in_word, ends_in_word

Flags = np.ndarray[Any, np.dtype[np.bool_]]
# A verdict on the bytes seen so far; None asks for one more token.
_Verdict = Callable[[bytes], bool | None]

_WORDS_KEPT = 1 << 16


class WordBoundaries:
    """Byte view of a vocabulary. Special tokens have no bytes: nothing reaches across them."""

    def __init__(self, pieces: Sequence[bytes | None], turn_id: int | None) -> None:
        """pieces: the bytes of each token id, None for special ones; turn_id: opens a dialogue's turn, None
        where no token does."""
        self._pieces = pieces
        self._turn_id = turn_id
        # Answers repeat words, and a short word ends thousands of tokens that must be looked at.
        self.leads = lru_cache(_WORDS_KEPT)(self._leads)

    @cached_property
    def _behind(self) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
        """Per token: 1 where a word has ended before it, 0 where it goes on, -1 where more is needed."""
        verdicts = [True if piece is None else _not(begins_in_word(piece)) for piece in self._pieces]
        return np.array([-1 if verdict is None else int(verdict) for verdict in verdicts], np.int8)

    @cached_property
    def _reversed(self) -> list[tuple[bytes, int]]:
        """The bytes of every token from last to first, sorted, so that those with one ending lie together."""
        return sorted((piece[::-1], i) for i, piece in enumerate(self._pieces) if piece)

    @cached_property
    def _same(self) -> dict[bytes, list[int]]:
        """Tokens by their bytes."""
        found: dict[bytes, list[int]] = {}
        for token, piece in enumerate(self._pieces):
            if piece:
                found.setdefault(piece, []).append(token)
        return found

    def _leads(self, word: str) -> list[tuple[int, bool]]:
        """Tokens that `word` can end with, and whether each of them holds it whole for certain.

        These are the tokens that end with the word, unless a letter or digit stands before it in them, and
        those that a longer run of tokens can end the word with.
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
        # No piece of UTF-8 text holds the byte 0xff.
        first, last = (bisect_left(self._reversed, (end,)) for end in (tail, tail + b"\xff"))
        return self._reversed[first:last]

    def starts_with(self, tokens: Tokens, ends: Integers, word: str) -> Flags:
        """For each position, whether the text that ends there ends with `word`, whole.

        The name of a role at the head of a dialogue's turn is no text of the dialogue.
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
        """For each position, whether no letter or digit begins there."""
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
        """Gather tokens from each position outwards until the verdict on their bytes is known.

        Positions that have the same bytes so far are judged together.
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
