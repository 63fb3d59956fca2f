"""Judging one document at a time: rights, quality, language, toxicity, evaluation items; with masking.

`Judge` applies the rules of `data.filters` in the order of `store.reasons.CURATION`; the first that rejects
the document decides. Rules that compare documents are in `resolve`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glaswerk.core.document import Message
from glaswerk.data import language
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.dialogues.chats import plain_text
from glaswerk.data.filters import pii, quality
from glaswerk.data.filters.boilerplate import strip
from glaswerk.data.filters.decontaminate import EvalIndex, Leak
from glaswerk.data.filters.toxicity import lexicon_toxicity
from glaswerk.data.filters.webtext import check_web
from glaswerk.data.removal.reach import Removed
from glaswerk.data.store.decisions import KEPT
from glaswerk.data.store.families import TEXT, TURNS, family_of
from glaswerk.data.store.order import given_id

# The columns of a document that `Judge` reads.
JUDGED_COLUMNS = (
    "id",
    "source",
    "text",
    "lang",
    "kind",
    "retweet_of",
    "audience",
    "tdm_opt_out",
    "messages",
    "rejected",
    "media",
)
# Characters beyond which a text is worth repairing rather than dropping: about twenty screens, a book.
_LONG = 20_000
_NO_KEYS = np.zeros(0, np.uint64)
_Turns = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one document, with its text as it would go into the corpus.

    `reason`: the rule that rejected it, or "kept". `score`: the figure of that rule. `masked`: what was
    masked or removed, counted by kind. `toxicity`: 0 to 1, None for languages without a word list.
    `leaks`: the evaluation items found in the text.
    """

    reason: str
    text: str
    score: float | None = None
    lang: str = ""
    messages: tuple[Message, ...] = ()
    rejected: tuple[Message, ...] = ()
    masked: Counter[str] = field(default_factory=Counter)
    toxicity: float | None = None
    leaks: tuple[Leak, ...] = ()
    audience: str = "public"


class Judge:
    """Judges documents one at a time.

    Of other documents it knows only which are deleted or to be removed, which lines are boilerplate (sorted
    keys of `filters.boilerplate`), and the evaluation items.
    """

    def __init__(
        self,
        config: CurateConfig,
        deleted: frozenset[str],
        removed: Removed,
        boilerplate: NDArray[np.uint64] = _NO_KEYS,
        evaluations: EvalIndex | None = None,
        limited: frozenset[str] = frozenset(),
    ) -> None:
        self._config, self._deleted, self._removed = config, deleted, removed
        self._boilerplate, self._evaluations, self._limited = boilerplate, evaluations, limited

    def judge(self, rows: Sequence[Mapping[str, Any]]) -> list[Verdict]:
        """A verdict for each row: the first rule that rejects it, or "kept". Rows need JUDGED_COLUMNS."""
        verdicts = [self._judge(row) for row in rows]
        kept = [number for number, verdict in enumerate(verdicts) if verdict.reason == KEPT]
        if self._evaluations is not None and "evaluation-item" not in self._config.off:
            found = self._evaluations.find_all(verdicts[number].text for number in kept)
            for number, leaks in zip(kept, found, strict=True):
                if leaks:
                    verdicts[number] = self._without_items(
                        self._evaluations, rows[number], verdicts[number], leaks
                    )
        return verdicts

    def _judge(self, row: Mapping[str, Any]) -> Verdict:
        text, messages, rejected, masked = self._masked(row)
        refused = self.refusal(row)
        if refused:
            return Verdict(refused, text)
        family = family_of(row["kind"], row["media"] or ())
        if (found := self._first(_by_quality(family, row["kind"], text, self._config.quality))) is not None:
            return Verdict(found.reason, text, found.score)
        lang, share = _language(row, family, text, self._config)
        if share < self._config.language_probability and "language" not in self._config.off:
            return Verdict("language", text, round(share, 4))
        if (found := self._first(check_web(text, row["kind"], lang, self._config.web))) is not None:
            return Verdict(found.reason, text, found.score)
        toxicity = lexicon_toxicity(text, lang)
        if toxicity is not None and toxicity > self._config.toxicity.lexicon_toxicity_max:
            return Verdict("lexicon-toxicity", text, toxicity)
        who = self.audience(row)
        return Verdict(KEPT, text, None, lang, messages, rejected, masked, toxicity, audience=who)

    def _first(self, findings: Iterable[quality.Finding]) -> quality.Finding | None:
        """The first finding whose rule is not switched off."""
        return next((found for found in findings if found.reason not in self._config.off), None)

    def _without_items(
        self, evaluations: EvalIndex, row: Mapping[str, Any], verdict: Verdict, leaks: Sequence[Leak]
    ) -> Verdict:
        """Remove the lines with evaluation items from a long text; reject a text that cannot be repaired."""
        if row["kind"] in ("page", "book", "speech") and len(verdict.text) > _LONG:
            lines = verdict.text.split("\n")
            found = evaluations.find_all(lines)
            text = "\n".join(line for line, here in zip(lines, found, strict=True) if not here)
            if text.strip() and not evaluations.find(text):
                gone = Counter({"evaluation": len(verdict.text) - len(text)})
                return replace(verdict, text=text, masked=verdict.masked + gone, leaks=tuple(leaks))
        return replace(verdict, reason="evaluation-item", leaks=tuple(leaks))

    def refusal(self, row: Mapping[str, Any]) -> str:
        """The first rule that rejects the document whatever its text: deletion, rights, audience, retweet.

        Empty if none does.
        """
        if self._removed.covers(row):
            return "forgotten"
        if row["id"] in self._deleted:
            return "deleted"
        if not self._removed.copies.isdisjoint((row["id"], given_id(row["id"]))):
            return "copy-of-forgotten"
        if row["tdm_opt_out"]:
            return "rights-opt-out"
        if self.audience(row) not in self._config.audiences:
            return "private-audience"
        return "retweet" if row["retweet_of"] and "retweet" not in self._config.off else ""

    def audience(self, row: Mapping[str, Any]) -> str:
        """Who may read a document: a public one counts as limited if any source knows its post to be."""
        few = not self._limited.isdisjoint((row["id"], given_id(row["id"]), row["retweet_of"]))
        audience: str = row["audience"]
        return "limited" if few and audience == "public" else audience

    def _masked(self, row: Mapping[str, Any]) -> tuple[str, _Turns, _Turns, Counter[str]]:
        if not row["messages"]:
            text, gone = strip(row["text"], row["kind"], self._boilerplate)
            text, counts = pii.mask(text, self._config.mask)
            return text, (), (), counts + Counter(boilerplate=gone)
        messages, counts = self._masked_turns(row["messages"])
        rejected, more = self._masked_turns(row["rejected"] or ())
        return plain_text(messages, rejected), messages, rejected, counts + more

    def _masked_turns(self, turns: Iterable[Message]) -> tuple[_Turns, Counter[str]]:
        total: Counter[str] = Counter()
        messages = []
        for message in turns:
            content, counts = pii.mask(message["content"], self._config.mask)
            total += counts
            messages.append(Message(role=message["role"], content=content))
        return tuple(messages), total


def _by_quality(
    family: int, kind: str, text: str, config: quality.QualityConfig
) -> Iterable[quality.Finding]:
    if family != TEXT:
        return () if text.strip() else (quality.Finding("empty", 0.0),)
    return quality.check(text, kind, config)


def _language(row: Mapping[str, Any], family: int, text: str, config: CurateConfig) -> tuple[str, float]:
    """The document's language, and the probability that it is one of those selected (1 if all are).

    A language that the source names is trusted if it is one of those selected.
    """
    given = row["lang"]
    if given and (not config.languages or given in config.languages):
        return given, 1.0
    found = language.probabilities(text)
    top, probability = next(iter(found.items()), (language.UNKNOWN, 0.0))
    lang = top if probability >= config.language_certainty else given or language.UNKNOWN
    judged = config.languages and family not in TURNS and probability >= config.language_certainty
    if not judged or language.letters(text) < config.language_letters:
        return lang, 1.0
    return lang, language.share_of(found, config.languages)
