"""The first pass of curation: every rule that needs one document and the hashes of those before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.document import Message
from glaswerk.data import duplicates, language, pii, quality
from glaswerk.data.chats import FAMILIES, plain_text
from glaswerk.data.decisions import KEPT, Decisions, Samples
from glaswerk.data.forget import Gone
from glaswerk.data.parquet import SCHEMA
from glaswerk.data.posts import PREFIX

_READ = (
    "id", "source", "text", "lang", "kind", "retweet_of", "audience", "tdm_opt_out", "messages", "rejected",
)  # fmt: skip
# Below this the most probable language is a guess; measured on 8-word posts.
_SURE = 0.4


@dataclass(frozen=True)
class CurateConfig(quality.QualityConfig):
    """What decides a corpus beside its sources.

    `languages` empty keeps all; a text goes for its language only where it has `language_letters` letters,
    some language has the probability `language_certainty`, and those asked for together have less than
    `language_probability`. `near_duplicate` is a Jaccard index over three-word sequences.
    """

    languages: tuple[str, ...] = ()
    validation_share: float = 0.02
    audiences: tuple[str, ...] = ("public",)
    language_letters: int = 20
    language_certainty: float = 0.4
    language_probability: float = 0.2
    near_duplicate: float = 0.85


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say about one document, with the text as it would go into the corpus."""

    reason: str
    text: str
    score: float | None = None
    duplicate_of: str = ""
    lang: str = ""
    messages: tuple[Message, ...] = ()
    rejected: tuple[Message, ...] = ()
    masked: Counter[str] = field(default_factory=Counter)
    hash: bytes = b""


@dataclass(slots=True)
class Survivors:
    """What the second pass needs of each document that is left, by its number in the survivors' file."""

    rows: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    masked: dict[int, Counter[str]] = field(default_factory=dict)
    digests: list[NDArray[np.uint32]] = field(default_factory=list)
    guards: list[NDArray[np.uint64]] = field(default_factory=list)
    # Survivor numbers that the rows of `digests` stand for (dialogues have no MinHash).
    hashed: list[int] = field(default_factory=list)


class Screen:
    """Judges batches of documents in the order (source, id) and writes those that are left to `path`."""

    def __init__(self, path: Path, config: CurateConfig, deleted: set[str], gone: Gone) -> None:
        self.decisions, self.samples, self.survivors = Decisions(), Samples(), Survivors()
        self._config, self._deleted, self._gone = config, deleted, gone
        self._seen: dict[bytes, str] = {}
        self._ids: set[str] = set()
        self._file = pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1)

    def close(self) -> None:
        self._file.close()

    def add(self, table: Any) -> None:
        """Judge one batch (a table with SCHEMA)."""
        rows = table.select(_READ).to_pylist()
        kept: list[tuple[int, Verdict]] = []
        for index, row in enumerate(rows):
            verdict = self._judge(row)
            number = self.decisions.add(
                row["id"], row["source"], verdict.reason, verdict.score, verdict.duplicate_of
            )
            if verdict.reason == KEPT:
                self._keep(row, number, verdict)
                kept.append((index, verdict))
            else:
                self.samples.offer(verdict.reason, row["id"], verdict.text)
        if kept:
            self._write(table, kept)
            self._hash_words([rows[index] for index, _ in kept], [verdict.text for _, verdict in kept])

    def _keep(self, row: Mapping[str, Any], number: int, verdict: Verdict) -> None:
        left = self.survivors
        self._seen[verdict.hash] = row["id"]
        if verdict.masked:
            left.masked[len(left.rows)] = verdict.masked
        left.rows.append(number)
        left.ids.append(row["id"])
        left.kinds.append(row["kind"])
        left.hashes.append(verdict.hash)

    def _write(self, table: Any, kept: Sequence[tuple[int, Verdict]]) -> None:
        columns = table.take([index for index, _ in kept])
        verdicts = [verdict for _, verdict in kept]
        for name in ("text", "lang", "messages", "rejected"):
            place = SCHEMA.get_field_index(name)
            values = pa.array([_plain(getattr(v, name)) for v in verdicts], SCHEMA.field(name).type)
            columns = columns.set_column(place, SCHEMA.field(name), values)
        self._file.write_table(columns)

    def _hash_words(self, rows: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> None:
        left = self.survivors
        first = len(left.rows) - len(rows)
        chosen = [i for i, row in enumerate(rows) if row["kind"] not in FAMILIES]
        if chosen:
            digests, guards = duplicates.features([texts[i] for i in chosen])
            left.digests.append(digests)
            left.guards.append(guards)
            left.hashed += [first + i for i in chosen]

    def _judge(self, row: Mapping[str, Any]) -> Verdict:
        refused = self._by_relation(row)
        if refused != "forgotten":  # perhaps only this source is
            self._ids.add(row["id"])
        text, messages, rejected, masked = _masked(row)
        if refused:
            return Verdict(refused, text)
        found = _by_quality(row["kind"], text, self._config)
        if found is not None:
            return Verdict(found.reason, text, found.score)
        lang, share = _language(row, text, self._config)
        if share < self._config.language_probability:
            return Verdict("language", text, round(share, 4))
        content = duplicates.content_hash(text)
        if content in self._seen:
            return Verdict("exact-duplicate", text, 1.0, self._seen[content])
        return Verdict(KEPT, text, None, "", lang, messages, rejected, masked, content)

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
        if row["id"].startswith(PREFIX) and row["id"] in self._ids:
            return "repeated-id"
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


def _by_quality(kind: str, text: str, config: CurateConfig) -> quality.Finding | None:
    if kind in FAMILIES:
        return None if text.strip() else quality.Finding("empty", 0.0)
    return quality.check(text, kind, config)


def _language(row: Mapping[str, Any], text: str, config: CurateConfig) -> tuple[str, float]:
    """The document's language, and the probability that it is one of those asked for (1 if all are).

    A language that the source names is believed where it is one of those asked for.
    """
    given = row["lang"]
    if given and (not config.languages or given in config.languages):
        return given, 1.0
    found = language.probabilities(text)
    top, probability = next(iter(found.items()), (language.UNKNOWN, 0.0))
    lang = top if probability >= _SURE else given or language.UNKNOWN
    judged = config.languages and row["kind"] not in FAMILIES and probability >= config.language_certainty
    if not judged or language.letters(text) < config.language_letters:
        return lang, 1.0
    return lang, language.share_of(found, config.languages)


def _plain(value: Any) -> Any:
    return [dict(item) for item in value] if isinstance(value, tuple) else value


def near_duplicates(
    left: Survivors, texts: Mapping[int, str], pairs: Iterable[tuple[int, int]], threshold: float
) -> dict[int, tuple[int, float]]:
    """Survivor number → (number of the kept one it repeats, overlap), in order: the first stays."""
    dropped: dict[int, tuple[int, float]] = {}
    for later, earlier in sorted((later, earlier) for earlier, later in pairs):
        if later in dropped or earlier in dropped:
            continue
        share = duplicates.overlap(texts[earlier], texts[later])
        if share >= threshold:
            dropped[later] = (earlier, share)
    return dropped
