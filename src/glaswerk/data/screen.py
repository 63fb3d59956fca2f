"""What can be said of one document by itself: relation, rights, quality, language; masking on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.core.document import Message
from glaswerk.data import language, pii, quality
from glaswerk.data.chats import plain_text
from glaswerk.data.decisions import KEPT
from glaswerk.data.families import TEXT, TURNS, family_of
from glaswerk.data.forget import Gone
from glaswerk.data.settings import CurateConfig

# What `judge` reads of a document.
READ = (
    "id", "source", "text", "lang", "kind", "retweet_of", "audience", "tdm_opt_out", "messages",
    "rejected", "media",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say about one document, with the text as it would go into the corpus."""

    reason: str
    text: str
    score: float | None = None
    lang: str = ""
    messages: tuple[Message, ...] = ()
    rejected: tuple[Message, ...] = ()
    masked: Counter[str] = field(default_factory=Counter)


class Screen:
    """Judges documents one by one. It knows what is deleted or forgotten, and nothing of other documents."""

    def __init__(self, config: CurateConfig, deleted: frozenset[str], gone: Gone) -> None:
        self._config, self._deleted, self._gone = config, deleted, gone

    def judge(self, row: Mapping[str, Any]) -> Verdict:
        """The first rule that speaks against the document, or `kept`. `row` has the columns READ."""
        text, messages, rejected, masked = _masked(row)
        refused = self._by_relation(row)
        if refused:
            return Verdict(refused, text)
        family = family_of(row["kind"], row["media"] or ())
        found = _by_quality(family, row["kind"], text, self._config.quality)
        if found is not None:
            return Verdict(found.reason, text, found.score)
        lang, share = _language(row, family, text, self._config)
        if share < self._config.language_probability:
            return Verdict("language", text, round(share, 4))
        return Verdict(KEPT, text, None, lang, messages, rejected, masked)

    def _by_relation(self, row: Mapping[str, Any]) -> str:
        """Rules on what the document is rather than what it says."""
        if self._gone.covers(row):
            return "forgotten"
        if row["id"] in self._deleted:
            return "deleted"
        if row["tdm_opt_out"]:
            return "rights-opt-out"
        if row["audience"] not in self._config.audiences:
            return "private-audience"
        return "retweet" if row["retweet_of"] else ""


_Turns = tuple[Message, ...]


def _masked(row: Mapping[str, Any]) -> tuple[str, _Turns, _Turns, Counter[str]]:
    if not row["messages"]:
        text, counts = pii.mask(row["text"])
        return text, (), (), counts
    messages, counts = _masked_turns(row["messages"])
    rejected, more = _masked_turns(row["rejected"] or ())
    return plain_text(messages, rejected), messages, rejected, counts + more


def _masked_turns(turns: Iterable[Message]) -> tuple[_Turns, Counter[str]]:
    total: Counter[str] = Counter()
    messages = []
    for message in turns:
        content, counts = pii.mask(message["content"])
        total += counts
        messages.append(Message(role=message["role"], content=content))
    return tuple(messages), total


def _by_quality(family: int, kind: str, text: str, config: quality.QualityConfig) -> quality.Finding | None:
    if family != TEXT:
        return None if text.strip() else quality.Finding("empty", 0.0)
    return quality.check(text, kind, config)


def _language(row: Mapping[str, Any], family: int, text: str, config: CurateConfig) -> tuple[str, float]:
    """The document's language, and the probability that it is one of those asked for (1 if all are).

    A language that the source names is believed where it is one of those asked for.
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
