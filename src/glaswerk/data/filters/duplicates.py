"""Exact and near duplicates: normalised hashes, and MinHash candidates verified by their actual overlap.

A near duplicate must share its words *and* its facts. Posts are short and often follow a pattern
("Good morning from Mill Lane, the bakery opens at 7"): a different name or number states a different fact,
although nearly all three-word sequences agree. So two texts of up to GUARD_WORDS words count as near
duplicates only if no word that differs between them is capitalised or has a digit. The names and numbers
are also part of the bucket key, which keeps patterned posts from producing many candidates. Longer texts
are compared by overlap alone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import rensa
from numpy.typing import NDArray

from glaswerk.data.scripts import UNSPACED, has_unspaced

# At 200 words and an overlap of 0.85, at most five words differ: a changed date in a long notice.
GUARD_WORDS = 200
SHINGLE = 3
PERMUTATIONS = 128
# 16 bands of 8 rows: a pair at Jaccard 0.85 is found with probability 0.994, one at 0.5 with 0.06.
BANDS = 16
SEED = 1
# A row is compared with at most this many predecessors in its bucket: bounded time on hostile input.
BUCKET_PAIRS = 8
# Pairs converted to Python integers (32 bytes each) at a time.
_PAIRS = 1 << 16
_CHARACTERS = 2 << 20
_WORDS = 1 << 18
_LINK = re.compile(r"https?://\S+")
_WORD = re.compile(r"[^\W_]+(?:['’.,:-][^\W_]+)*")
# In scripts without spaces every letter counts as a word: a sequence of three is then three letters. Of two
# Chinese sentences that differ in one word of two letters, a third of these sequences differ.
_OWN = rf"(?:(?![{UNSPACED}])[^\W_])+"
_LETTER_OR_WORD = re.compile(rf"[{UNSPACED}]|{_OWN}(?:['’.,:-]{_OWN})*")
_DIGIT = re.compile(r"\d")
_SENTENCE = re.compile(r"(?:^|[.!?:…\n]\W*)([^\W_])", re.UNICODE)


def normalise(text: str) -> str:
    """The text in NFKC, case folded, with single spaces. Texts with equal results are "the same text"."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def content_hash(text: str) -> bytes:
    """16 bytes of BLAKE2b over the normalised text; they decide exact duplicates and the split."""
    return hashlib.blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def words_of(text: str) -> list[str]:
    """The words as spelled, without links: the same news under another short link is a duplicate.

    Letters of scripts without spaces are words by themselves.
    """
    return _words(text).findall(_bare(text))


def _words(text: str) -> re.Pattern[str]:
    return _LETTER_OR_WORD if has_unspaced(text) else _WORD


def _bare(text: str) -> str:
    return _LINK.sub(" ", text) if "http" in text else text


def shingles(words: Sequence[str]) -> list[str]:
    """Case-folded sequences of SHINGLE words; a text of fewer words is one shingle."""
    folded = [word.casefold() for word in words]
    if len(folded) <= SHINGLE:
        return [" ".join(folded)]
    return [f"{a} {b} {c}" for a, b, c in zip(folded, folded[1:], folded[2:], strict=False)]


def features(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    """MinHash digests, uint32 of shape (texts, PERMUTATIONS), and guard keys, uint64 of shape (texts,)."""
    parts = [_features(part) for part in _parts(texts)]
    return (
        np.concatenate([np.zeros((0, PERMUTATIONS), np.uint32), *(digests for digests, _ in parts)]),
        np.concatenate([np.zeros(0, np.uint64), *(guards for _, guards in parts)]),
    )


def _parts(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Runs of successive texts whose shingles, about 100 bytes each, fit into memory together."""
    start = characters = 0
    for place, text in enumerate(texts):
        if characters and characters + len(text) > _CHARACTERS:
            yield texts[start:place]
            start, characters = place, 0
        characters += len(text)
    yield texts[start:]


def _features(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.uint64]]:
    words = [words_of(text) for text in texts]
    if len(words) == 1 and len(words[0]) > _WORDS:
        # The digest of a union is the minimum of the digests, so a book's shingles need not all be in memory.
        pieces = (words[0][at : at + _WORDS + SHINGLE - 1] for at in range(0, len(words[0]), _WORDS))
        digests = np.minimum.reduce([_digests([piece]) for piece in pieces])
    else:
        digests = _digests(words)
    guards = [guard_key(text, w) for text, w in zip(texts, words, strict=True)]
    return digests, np.array(guards, dtype=np.uint64)


def _digests(words: Sequence[Sequence[str]]) -> NDArray[np.uint32]:
    sets = [shingles(each) for each in words]
    rows = rensa.RMinHash.digests_from_token_sets(sets, num_perm=PERMUTATIONS, seed=SEED)
    return np.array(rows, dtype=np.uint32).reshape(len(words), PERMUTATIONS)


def guard_key(text: str, words: Sequence[str]) -> int:
    """A 64-bit key of the numbers in a text and the names inside its sentences; 0 for long texts."""
    if len(words) > GUARD_WORDS:
        return 0
    facts = {word.casefold() for word in words if _DIGIT.search(word)}
    facts |= _names(text)
    return int.from_bytes(hashlib.blake2b("\n".join(sorted(facts)).encode(), digest_size=8).digest())


def _names(text: str) -> set[str]:
    """Capitalised words that do not begin a sentence, where every word has a capital."""
    bare = _bare(text)
    first = {match.start(1) for match in _SENTENCE.finditer(bare)}
    return {
        m[0].casefold() for m in _words(bare).finditer(bare) if m[0][0].isupper() and m.start() not in first
    }


def candidates(digests: NDArray[np.uint32], guards: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """Pairs (earlier, later) of rows with the same guard key and at least one equal band; each pair once."""
    rows = np.arange(len(guards), dtype=np.uint32)
    found = np.zeros(0, np.uint64)
    for keys in band_keys(digests, guards):
        found = np.union1d(found, pairs(keys, rows))
    yield from to_pairs(found)


def band_keys(digests: NDArray[np.uint32], guards: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Bucket keys of shape (BANDS, rows): an FNV-style hash of a band's values and the guard; never 0."""
    width = digests.shape[1] // BANDS
    keys = np.empty((BANDS, len(guards)), np.uint64)
    keys[:] = guards ^ np.uint64(0xCBF29CE484222325)
    columns = digests.astype(np.uint64).reshape(len(guards), BANDS, width)
    for place in range(width):
        keys = (keys ^ columns[:, :, place].T) * np.uint64(0x9E3779B97F4A7C15)
        keys ^= keys >> np.uint64(29)
    return np.maximum(keys, np.uint64(1))


def pairs(keys: NDArray[np.uint64], rows: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Pairs of `rows` (ascending) that share a key, each as later << 32 | earlier, sorted and unique.

    In a bucket every row is paired with the first, which represents it, and with its BUCKET_PAIRS nearest
    predecessors, which catch gradual change. Linear in the number of rows, whatever the input.
    """
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order].astype(np.uint64)
    begins = np.ones(len(keys), bool)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(keys)), 0))
    found = [(rows[~begins] << np.uint64(32)) | rows[first[~begins]]]
    for offset in range(1, min(BUCKET_PAIRS, len(keys) - 1) + 1):
        same = np.flatnonzero(keys[offset:] == keys[:-offset])
        if not len(same):
            break
        found.append((rows[same + offset] << np.uint64(32)) | rows[same])
    return np.unique(np.concatenate(found))


def to_pairs(found: NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
    """(earlier, later) of the sorted pairs, so in the order of the later and then the earlier row."""
    for start in range(0, len(found), _PAIRS):
        for pair in found[start : start + _PAIRS].tolist():
            yield pair & 0xFFFFFFFF, pair >> 32


@dataclass(frozen=True, slots=True)
class Words:
    """What a comparison needs from a text.

    `count`: number of words. `folded`: the case-folded words. `facts`: those that are capitalised or have a
    digit. `shingles`: the case-folded sequences of SHINGLE words.
    """

    count: int
    folded: frozenset[str]
    facts: frozenset[str]
    shingles: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Words:
        """The words of a text, without links."""
        words = words_of(text)
        facts = frozenset(w.casefold() for w in words if w[0].isupper() or _DIGIT.search(w) is not None)
        return cls(len(words), frozenset(w.casefold() for w in words), facts, frozenset(shingles(words)))


def overlap(left: str, right: str) -> float:
    """Jaccard index of the shingle sets; 0 if the texts differ in a name or a number."""
    return overlap_of(Words.of(left), Words.of(right))


def overlap_of(left: Words, right: Words) -> float:
    """`overlap` of prepared texts. A word that is capitalised in one text and missing from the other is a
    different fact."""
    if not left.count or not right.count:
        return 0.0  # only emoji: nothing to compare
    if min(left.count, right.count) <= GUARD_WORDS and (left.facts | right.facts) & (
        left.folded ^ right.folded
    ):
        return 0.0
    return len(left.shingles & right.shingles) / len(left.shingles | right.shingles)
