"""Exact and near duplicates: normalised hashes, MinHash candidates, verified by real overlap.

A near duplicate must share its words *and* its facts. Posts are short and often follow a pattern
("Good morning from Mill Lane, the bakery opens at 7"): another name or number makes another fact, though
nearly all three-word sequences agree. So up to GUARD_WORDS words two texts count as near duplicates only
if no word that differs between them is capitalised or holds a digit. The names and numbers also go into
the bucket key, which keeps the candidates of patterned posts few. Longer texts are compared by overlap alone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import rensa
from numpy.typing import NDArray

# At 200 words and an overlap of 0.85, at most five words differ: a changed date in a long notice.
GUARD_WORDS = 200
SHINGLE = 3
PERMUTATIONS = 128
# 16 bands of 8 rows: a pair at Jaccard 0.85 is found with probability 0.994, one at 0.5 with 0.06.
BANDS = 16
SEED = 1
# A bucket larger than this is compared only with its neighbours in order: bounded time on hostile input.
BUCKET_PAIRS = 50
_LINK = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['’.,:-][^\W_]+)*")
_DIGIT = re.compile(r"\d")
_SENTENCE = re.compile(r"(?:^|[.!?:…\n]\W*)([^\W_])", re.UNICODE)


def normalise(text: str) -> str:
    """NFKC, case folded, runs of white space as one space: what "the same text" means here."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def content_hash(text: str) -> bytes:
    """16 bytes of BLAKE2b over the normalised text; decides exact duplicates and the split."""
    return hashlib.blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def words_of(text: str) -> list[str]:
    """Words in their own spelling, links aside: the same news under another short link is a duplicate."""
    return _WORD.findall(_LINK.sub(" ", text))


def shingles(words: Sequence[str]) -> list[str]:
    """Case-folded sequences of SHINGLE words; a shorter text is one shingle."""
    folded = [word.casefold() for word in words]
    if len(folded) <= SHINGLE:
        return [" ".join(folded)]
    return [" ".join(folded[i : i + SHINGLE]) for i in range(len(folded) - SHINGLE + 1)]


def features(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """MinHash digests, uint32 of shape (texts, PERMUTATIONS), and fact keys, uint64 of shape (texts,)."""
    words = [words_of(text) for text in texts]
    rows = rensa.RMinHash.digests_from_token_sets(
        [shingles(w) for w in words], num_perm=PERMUTATIONS, seed=SEED
    )
    digests = np.array(rows, dtype=np.uint32).reshape(len(texts), PERMUTATIONS)
    guards = [guard_key(text, w) for text, w in zip(texts, words, strict=True)]
    return digests, np.array(guards, dtype=np.uint64)


def guard_key(text: str, words: Sequence[str]) -> int:
    """64-bit key of the numbers and of the names inside sentences; 0 for long texts."""
    if len(words) > GUARD_WORDS:
        return 0
    facts = {word.casefold() for word in words if _DIGIT.search(word)}
    facts |= _names(text)
    return int.from_bytes(hashlib.blake2b("\n".join(sorted(facts)).encode(), digest_size=8).digest())


def _names(text: str) -> set[str]:
    """Capitalised words that do not begin a sentence, where a capital says nothing."""
    bare = _LINK.sub(" ", text)
    first = {match.start(1) for match in _SENTENCE.finditer(bare)}
    return {m[0].casefold() for m in _WORD.finditer(bare) if m[0][0].isupper() and m.start() not in first}


def candidates(digests: NDArray[np.uint32], guards: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) of rows that agree in their facts and at least one band; each pair once."""
    found: set[tuple[int, int]] = set()
    width = digests.shape[1] // BANDS
    for band in range(BANDS):
        keys = _band_keys(digests[:, band * width : (band + 1) * width], guards)
        for bucket in _buckets(keys):
            found.update(_pairs(bucket))
    yield from sorted(found)


def _band_keys(rows: NDArray[np.uint32], guards: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One 64-bit key a row, FNV-style over the band's values and the facts."""
    keys = guards ^ np.uint64(0xCBF29CE484222325)
    for column in range(rows.shape[1]):
        keys = (keys ^ rows[:, column].astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return keys


def _buckets(keys: NDArray[np.uint64]) -> Iterator[list[int]]:
    """Row numbers that share a key, ascending, for keys of two rows or more."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    for start, end in pairwise([0, *edges.tolist(), len(order)]):
        if end - start > 1:
            yield order[start:end].tolist()


def _pairs(bucket: Sequence[int]) -> Iterable[tuple[int, int]]:
    for position, later in enumerate(bucket):
        # The first of a bucket stands for it, its nearest predecessors catch what changed along the way.
        for earlier in {*bucket[:1], *bucket[max(0, position - BUCKET_PAIRS) : position]} - {later}:
            yield earlier, later


def overlap(left: str, right: str) -> float:
    """Jaccard index of the shingle sets, 0 where the texts differ in a name or a number."""
    left_words, right_words = words_of(left), words_of(right)
    if min(len(left_words), len(right_words)) <= GUARD_WORDS and _facts_differ(left_words, right_words):
        return 0.0
    first, second = set(shingles(left_words)), set(shingles(right_words))
    return len(first & second) / len(first | second)


def _facts_differ(left: Sequence[str], right: Sequence[str]) -> bool:
    different = {w.casefold() for w in left} ^ {w.casefold() for w in right}
    return any(
        word.casefold() in different and (word[0].isupper() or _DIGIT.search(word) is not None)
        for word in (*left, *right)
    )
