"""Whether a passage says what a sentence says: words and their order decide, and a doubt counts against it.

A sentence is quoted if it is one or more whole sentences of a passage. It is supported by ONE sentence of a
passage that has all of its numbers, names and telling words: in the same order, without a new clause between
them, behind the same prepositions, under the same negations and without a doubt that the claim leaves out. A
claim that says "it" or "she" needs all that the question names in that sentence. Much that is true is
refused; what passes should be so. Known to pass: metaphor, irony, and a name that two people have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.terms import is_common, stems, words

Mark = Literal["quoted", "supported", "unsupported"]
_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_NEGATION_WORDS = """
not no never none neither nor without cannot nothing nobody nowhere hardly barely nicht kein keine keinen
keinem keiner keines nie niemals ohne nichts niemand nirgends weder kaum
"""
NEGATIONS = frozenset(_NEGATION_WORDS.split())
_FREE_WORDS = """
been being did does done having should also just very called named according says said text passage passages
document documents source answer yes wurde wurden worden sei seien habe hätte auch nur sehr laut gemäß heißt
genannt text passage dokument dokumente quelle antwort question frage
"""
# Words by which the same thing is said otherwise; they need not be in the passage.
_FREE = frozenset(_FREE_WORDS.split())
_DOUBT_WORDS = """
may might could would almost nearly if unless whether deny denies denied claim claims claimed allege
alleged allegedly reportedly supposedly rumour rumor rumours rumors false falsely untrue myth believe
believes believed suppose supposed think thinks thought pretend pretended hope hoped hopes plan plans
planned intended want wanted könnte könnten würde würden fast beinahe falls ob wenn soll sollen sollte
sollten angeblich vermutlich behauptet behaupten behauptete bestreitet bestritt leugnet leugnete gerücht
gerüchte falsch mythos glaubt glauben glaubte plant planen geplant wollte wollen
"""
# Without them, what a sentence says may be another thing.
_DOUBTS = frozenset(_DOUBT_WORDS.split())
_CLAUSE_WORDS = """
and but or while whereas who whom whose which that because when where und aber oder während weil sondern als
dass , ; : ( ) — – -- / |
"""
# Between two words of a claim, they begin something else.
_CLAUSES = frozenset(_CLAUSE_WORDS.split())
_PREPOSITION_WORDS = """
by to from of against without before after until since under over in on at for with into
von nach gegen ohne vor bis seit durch an zu auf bei mit für aus über unter hinter neben zwischen
"""
_PREPOSITIONS = {
    **{word: word for word in _PREPOSITION_WORDS.split()},
    **{"im": "in", "ins": "in", "am": "an", "ans": "an", "zum": "zu", "zur": "zu", "vom": "von"},
    **{"beim": "bei", "aufs": "auf", "fürs": "für"},
}
_SAYS_NOTHING = _FREE | _PREPOSITIONS.keys()
_POINTING_WORDS = "it he she they this that these those there er sie es dies dieser diese dieses dort"
_POINTING = frozenset(_POINTING_WORDS.split())
_MARKS = re.compile(r"[,;:()—–/|]|--|\w+(?:['’]\w+)*")
# Characters of a claim and of a passage's sentence that are compared: more is no sentence.
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer. `passage`: the number of the one that says so, None if none does.

    `reason`: why it is not supported, "" if it is.
    """

    text: str
    mark: Mark
    passage: int | None
    reason: str = ""


def claims(answer: str, question: str, passages: Sequence[str]) -> list[Claim]:
    """Every sentence of an answer, with what the passages say to it."""
    asked = _Question(question)
    cut = [[text[start:end] for start, end in sentences(text)] for text in passages]
    return [_claim(answer[start:end], asked, cut) for start, end in sentences(answer)]


class _Question:
    """What a question is about, computed once."""

    def __init__(self, text: str) -> None:
        found = words(text)
        self.stems = frozenset(stem for word in found for stem in stems(word))
        self.about = [word for word in found if not is_common(word)]


def _claim(text: str, asked: _Question, passages: Sequence[Sequence[str]]) -> Claim:
    plain = words(text[:_LONGEST])
    if len(text) > _LONGEST or not (told := _telling(plain)):
        return Claim(text, "unsupported", None, "it says nothing that could be checked")
    for number, parts in enumerate(passages):
        if _is_whole(plain, parts):
            return Claim(text, "quoted", number)
    reasons: list[str] = []
    for number, parts in enumerate(passages):
        for sentence in parts:
            reason = _refusal(text, plain, told, sentence, asked)
            if not reason:
                return Claim(text, "supported", number)
            reasons.append(reason)
    # The one that came furthest in the checks says most.
    closest = max(reasons, key=_rank, default="no passage is cited")
    return Claim(text, "unsupported", None, closest)


_CHECKS = ("says no", "is not about", "has no number", "lacks", "negates", "in doubt", "another way")


def _rank(reason: str) -> int:
    return next((i for i, part in enumerate(_CHECKS) if part in reason), 0)


def _is_whole(plain: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether a claim is one or more neighbouring sentences, word for word and to their ends."""
    each = [words(part) for part in parts]
    for first in range(len(each)):
        found: list[str] = []
        for part in each[first:]:
            found += part
            if found == list(plain):
                return True
            if len(found) > len(plain):
                break
    return False


def _refusal(text: str, plain: Sequence[str], told: Sequence[str], sentence: str, asked: _Question) -> str:
    """Why a sentence of a passage does not say what a claim says; "" if it does."""
    there = words(sentence[:_LONGEST])
    every = {stem for word in there for stem in stems(word)}
    if not any(asked.stems.isdisjoint(stems(word)) for word in told):
        return "it only repeats the question"
    shared = sum(1 for word in asked.about if every.intersection(stems(word)))
    needed = len(asked.about) if not _POINTING.isdisjoint(plain) else len(asked.about) / 2
    if shared < needed:
        return "the passage's sentence is not about what is asked"
    if numbers := set(_NUMBER.findall(text)) - set(_NUMBER.findall(sentence)):
        return f"the passage has no number {min(numbers)}"
    if missing := [word for word in told if not every.intersection(stems(word))]:
        return f"the passage lacks {missing[0]!r}"
    if _negations(plain) != _negations(there):
        return "one of the two negates what the other says"
    if sentence.rstrip("\"'”») ").endswith("?") or set(there) & _DOUBTS - set(plain):
        return "the passage asks it or leaves it in doubt"
    return "" if _goes_along(text, sentence) else "the passage says these words in another way"


def negated(found: Iterable[str]) -> bool:
    """Whether words deny something."""
    return bool(_negations(found))


def _negations(found: Iterable[str]) -> Counter[str]:
    return Counter("n't" if word.endswith("n't") else word for word in found if _denies(word))


def _denies(word: str) -> bool:
    return word in NEGATIONS or word.endswith("n't")


def _telling(found: Iterable[str]) -> list[str]:
    return [word for word in found if not (is_common(word) or word in _SAYS_NOTHING or _denies(word))]


def _goes_along(text: str, sentence: str) -> bool:
    """Whether the telling words of a claim follow each other in one clause of the sentence, each behind the
    preposition that it has there: who did what to whom."""
    told, there = _placed(text), _placed(sentence)
    at, first = 0, True
    for own, before, _ in told:
        place = next((i for i in range(at, len(there)) if set(stems(own)) & set(stems(there[i][0]))), None)
        if place is None:
            return False
        region = there[at : place + 1]
        if not first and any(clause for _, _, clause in region):
            return False
        # "by the mason Anna": the preposition of a word may be that of what stands for the same before it.
        nearest = region[-1][1] or (_last(part for _, part, _ in region) if before else "")
        if not first and nearest != before:
            return False
        at, first = place + 1, False
    return True


def _placed(text: str) -> list[tuple[str, str, bool]]:
    """(telling word, the last preposition before it, whether a clause begins before it) of a text."""
    found: list[tuple[str, str, bool]] = []
    before, clause = "", False
    for token in _MARKS.findall(text[:_LONGEST].casefold()):
        if token in _PREPOSITIONS:
            before = _PREPOSITIONS[token]
        elif token in _CLAUSES:
            clause = True
        elif _telling([token]):
            found.append((token, before, clause))
            before, clause = "", False
    return found


def _last(parts: Iterable[str]) -> str:
    return next((part for part in reversed(list(parts)) if part), "")
