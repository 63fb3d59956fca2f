"""Which topics are planted and which are held out, so that no held-out pair is about a planted thing.

Labels are no guard: "Gun control" and "Second Amendment" are two labels for one thing. What a pair is about
are the content words of its label and those that both of its sides have; a held-out pair shares none of these
with any planted pair. Words of more than 3 % of all pairs ("government") are no topic.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import Stemmer

_COMMON = 0.03
_WORD = re.compile(r"[^\W\d_]{4,}")
Pair = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Split:
    """Pairs (topic, a, b) to plant, and pairs to measure on; `words`: what the former are about."""

    planted: list[Pair]
    held_out: list[Pair]
    words: int


def split_topics(pairs: Sequence[Pair], *, plant: int, hold_out: int, seed: int) -> Split:
    """Plant whole topics until `plant` pairs are taken; hold out one pair of each of `hold_out` topics.

    Both are drawn by the seed. Fewer are held out where not so many topics share no word.
    """
    stems = _Stems(pairs)
    topics: dict[str, list[Pair]] = {}
    for pair in pairs:
        topics.setdefault(pair[0], []).append(pair)
    order = sorted(topics)
    random.Random(f"{seed} topics").shuffle(order)
    planted: list[Pair] = []
    taken: set[str] = set()
    for name in order:
        # A plant takes a topic's first half of all topics at most: the rest must be there to hold out.
        if len(planted) >= plant or len(taken) >= len(order) // 2:
            break
        taken.add(name)
        planted += topics[name][: plant - len(planted)]
    used = set[str]().union(*(stems.about(pair) for pair in planted))
    held_out = [random.Random(f"{seed} {name}").choice(topics[name]) for name in order if name not in taken]
    free = [pair for pair in held_out if stems.about(pair) and not stems.about(pair) & used]
    return Split(planted, free[:hold_out], len(used))


class _Stems:
    """Stems of content words, without those that many pairs have."""

    def __init__(self, pairs: Collection[Pair]) -> None:
        self._stemmer = Stemmer.Stemmer("english")
        counts = Counter(stem for pair in pairs for stem in self._of(" ".join(pair)))
        self._common = {stem for stem, many in counts.items() if many > max(2.0, _COMMON * len(pairs))}

    def about(self, pair: Pair) -> set[str]:
        topic, a, b = pair
        return (self._of(topic) | (self._of(a) & self._of(b))) - self._common

    def _of(self, text: str) -> set[str]:
        return set(self._stemmer.stemWords(_WORD.findall(text.casefold())))
