"""Shards: a corpus as token files, with the span of every document so that tokens lead back to it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import SHARDS_INDEX, mask_file, spans_file, tokens_file
from glaswerk.core.document import Document, Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import aside, curate_command, pack_command
from glaswerk.core.progress import track
from glaswerk.data.store.corpus import read_documents
from glaswerk.data.store.families import SHARD_SPLITS
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.stages import ADOPTED
from glaswerk.tokenizer.chat_format import DialogueRefused
from glaswerk.tokenizer.retained_spans import keep_spans
from glaswerk.tokenizer.tokenizer import Tokenizer

_SPAN_SCHEMA = pa.schema([("document", pa.string()), ("start", pa.int64()), ("end", pa.int64())])
_BATCH = 2048
# Version 2 finds the answers of templates that write earlier turns differently; own templates do not.
_RECIPE, _ADOPTED_RECIPE = "shards/1", "shards/2"
Encoded = tuple[str, list[int], list[int] | None]


def _tokenizer_hint(lab: Lab, corpus: str, tokenizer: str) -> str:
    """How to get a tokenizer that is missing: train it, adopt it, or name one that is there."""
    there = [made.name for made in lab.all("tokenizer")]
    other = f"; or, with the one that is there, {pack_command(f'{corpus}.{there[-1]}')}" if there else ""
    made = "glaswerk tokenizer" if tokenizer == "main" else f"glaswerk adopt FOLDER --name {tokenizer}"
    return made + other


def pack(lab: Lab, *, corpus: str = "main", tokenizer: str = "main") -> Artifact:
    """Encode a corpus into shards. An end token follows each document; spans exclude it.

    Files per split: `<split>.bin` (little-endian uint16, or uint32 for vocabularies above 65,536),
    `<split>.spans.parquet` (document, start, end in tokens) and, for chat and preference splits,
    `<split>.mask.bin` (uint8, 1 = loss on this token). A preference pair has two spans, chosen then rejected:
    each is the shared prompt and one answer, with loss on that answer only.

    Dialogues that an adopted chat template refuses are left out and counted in the figures of their split
    (`template_refuses`), as are answers that are not in the text it writes (`answer_not_found`).
    """
    documents = lab.need("corpus", corpus, hint=curate_command(corpus))
    vocabulary = lab.need("tokenizer", tokenizer, hint=_tokenizer_hint(lab, corpus, tokenizer))
    inputs = {"corpus": documents.id, "tokenizer": vocabulary.id}
    recipe = _ADOPTED_RECIPE if vocabulary.config.get("stage") == ADOPTED else _RECIPE
    spec = Spec("shards", f"{corpus}.{tokenizer}", recipe, inputs)
    before = lab.find("shards", spec.name)
    if before is not None and before.id != spec.id:
        keep_spans(lab, before)
    elif before is not None and _lacks_pairs(before, documents):
        lab.remove(before)
    return lab.make(spec, lambda folder: _write(folder, documents.path, Tokenizer.load(vocabulary.path)))


def _lacks_pairs(shards: Artifact, corpus: Artifact) -> bool:
    """Whether an older version, which skipped preference pairs, packed `shards`.

    Packed again they keep their id, as the other splits are identical byte for byte: models trained on them
    keep their lineage."""
    return "preference" in corpus.stats.get("splits", ()) and "preference" not in shards.stats["splits"]


@dataclass
class _Writer:
    """Appends documents to the files of one split."""

    folder: Path
    split: str
    dtype: np.dtype[Any]
    tokens: int = 0
    ids: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def append(self, encoded: Iterable[Encoded], end_id: int) -> None:
        """Append (document id, tokens, loss mask or None), each followed by the end token."""
        with (
            (self.folder / tokens_file(self.split)).open("ab") as stream,
            (self.folder / mask_file(self.split)).open("ab") as masks,
        ):
            for identifier, tokens, mask in encoded:
                self.ids.append(identifier)
                self.starts.append(self.tokens)
                self.ends.append(self.tokens + len(tokens))
                self.tokens += len(tokens) + 1
                stream.write(np.array([*tokens, end_id], self.dtype).tobytes())
                if mask is not None:
                    masks.write(bytes([*mask, 0]))

    def close(self) -> None:
        """Write the span table, and delete the mask file if no document had a mask."""
        mask = self.folder / mask_file(self.split)
        if mask.exists() and mask.stat().st_size == 0:
            mask.unlink()
        spans = pa.table([self.ids, self.starts, self.ends], schema=_SPAN_SCHEMA)
        pq.write_table(spans, self.folder / spans_file(self.split), compression="zstd")


def _write(folder: Path, corpus: Path, tokenizer: Tokenizer) -> Mapping[str, Any]:
    dtype = np.dtype("<u2") if tokenizer.vocab_size <= 1 << 16 else np.dtype("<u4")
    counts = {}
    for split in SHARD_SPLITS:
        writer = _Writer(folder, split, dtype)
        encoder = Encoder(tokenizer)
        for part in batched_documents(track(read_documents(corpus, split), f"pack {split}", unit="document")):
            writer.append(encoder(part), tokenizer.end_id)
        encoder.check(writer.tokens)
        if writer.tokens:
            writer.close()
            figures = {"documents": len(set(writer.ids)), "tokens": writer.tokens}
            counts[split] = figures | encoder.left_out
    if "train" not in counts:
        raise GlaswerkError(
            "the corpus has no training document",
            hint="glaswerk add posts ARCHIVE.zip, then glaswerk curate",
        )
    layout = {"dtype": dtype.str, "vocab_size": tokenizer.vocab_size, "end_id": tokenizer.end_id}
    (folder / SHARDS_INDEX).write_text(json.dumps({**layout, "splits": counts}, indent=2) + "\n")
    return {"splits": counts, "vocab_size": tokenizer.vocab_size}


def batched_documents(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents in groups of 2,048: bounds memory and keeps the encoder's threads busy."""
    group: list[Document] = []
    for document in documents:
        group.append(document)
        if len(group) == _BATCH:
            yield group
            group = []
    if group:
        yield group


class Encoder:
    """Encodes documents. `left_out`: what it could not encode, counted by reason."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._refusal: DialogueRefused | None = None
        self._answers = 0
        self.left_out = Counter[str]()

    def __call__(self, documents: list[Document]) -> Iterator[Encoded]:
        """(document id, tokens, loss mask or None) of each document that the format can express."""
        plain = [d for d in documents if not d.messages]
        tokens = self._tokenizer.encode_many([d.text for d in plain])
        yield from ((document.id, ids, None) for document, ids in zip(plain, tokens, strict=True))
        for document in documents:
            if not document.messages:
                continue
            try:
                yield from self._pair(document) if document.rejected else self._dialogue(document)
            except DialogueRefused as error:
                self._refusal = self._refusal or error
                self.left_out["template_refuses"] += 1

    def check(self, tokens: int) -> None:
        """Raises GlaswerkError if the template left nothing of the dialogues, or no answer in them."""
        if self._refusal is not None and not tokens:
            raise self._refusal
        if self._answers and self.left_out["answer_not_found"] == self._answers:
            raise GlaswerkError(
                f"the chat template shows none of {self._answers:,} answers, so there is nothing to learn",
                hint="mark the answers with {% generation %} in chat_template.jinja and adopt again",
            )
        self.left_out = +self.left_out

    def _dialogue(self, document: Document) -> list[Encoded]:
        tokens, mask = self._found(document.messages)
        return [(document.id, tokens, mask)]

    def _pair(self, document: Document) -> list[Encoded]:
        """Chosen, then rejected: both, since a refused side leaves out the pair."""
        asked = document.messages[:-1]
        prompt = self._tokenizer.render_chat(asked, prompt=False)
        sides: list[Encoded] = []
        # The complete dialogue, as an adopted template may begin with a system turn or a start token.
        for answer in (document.messages[-1:], document.rejected):
            tokens, mask = self._found((*asked, *answer))
            same = zip(prompt, tokens, strict=False)
            begin = next((i for i, (a, b) in enumerate(same) if a != b), len(prompt))
            sides.append((document.id, tokens, [0] * begin + mask[begin:]))
        return sides

    def _found(self, messages: Sequence[Message]) -> tuple[list[int], list[int]]:
        found = self._tokenizer.encode_dialogue(messages, prompt=False)
        self._answers += sum(message["role"] == "assistant" for message in messages)
        self.left_out["answer_not_found"] += found.unfound
        return found.ids, found.mask


class Shards:
    """Read access to packed shards. `folder`: where their files are; `dtype`: type of a token on disk."""

    def __init__(self, folder: Path, layout: Mapping[str, Any]) -> None:
        self.folder = folder
        self.dtype = np.dtype(layout["dtype"])
        self.vocab_size = int(layout["vocab_size"])
        self.end_id = int(layout["end_id"])
        self._splits: Mapping[str, Mapping[str, int]] = layout["splits"]

    @classmethod
    def open(cls, folder: Path) -> Shards:
        """Open the shards in `folder`. Raises GlaswerkError if `shards.json` is missing or damaged."""
        try:
            return cls(folder, json.loads((folder / SHARDS_INDEX).read_text()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise GlaswerkError(
                f"expected shards in {folder}, but shards.json cannot be read: {error!r}",
                hint=aside(folder, pack_command(folder.name)),
            ) from error

    def splits(self) -> list[str]:
        """The splits that have at least one document."""
        return list(self._splits)

    def tokens(self, split: str) -> np.ndarray[Any, np.dtype[Any]]:
        """Memory-mapped token ids, shape (tokens,)."""
        return np.memmap(self._file(split, tokens_file), dtype=self.dtype, mode="r")

    def mask(self, split: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Memory-mapped loss mask of a chat or preference split, shape (tokens,)."""
        return np.memmap(self._file(split, mask_file), dtype=np.uint8, mode="r")

    def spans(
        self, split: str
    ) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
        """Document ids, and int64 arrays of their start and end (exclusive) in tokens, in file order."""
        table = pq.read_table(self._file(split, spans_file))
        return table["document"].to_pylist(), table["start"].to_numpy(), table["end"].to_numpy()

    def find(self, document: str) -> list[tuple[str, int, int]]:
        """(split, start, end) of a document in every split that contains it."""
        found = []
        for split in self._splits:
            table = ds.dataset(self._file(split, spans_file), format="parquet")
            rows = table.scanner(filter=ds.field("document") == document).to_table().to_pylist()
            found += [(split, row["start"], row["end"]) for row in rows]
        return found

    def count(self, documents: Collection[str]) -> list[tuple[str, int, int]]:
        """(split, number of `documents` in it, their tokens) for every split that contains any of them."""
        held = {split: self.held(split, documents) for split in self._splits}
        return [(split, len(found), sum(found.values())) for split, found in held.items() if found]

    def held(self, split: str, documents: Collection[str]) -> dict[str, int]:
        """Token count of each of `documents` that is in the split; for a pair, both sides together."""
        wanted = pa.array(list(documents), pa.string())
        table = pq.read_table(self._file(split, spans_file))
        found: dict[str, int] = {}
        for row in table.filter(pc.is_in(table["document"], wanted)).to_pylist():
            found[row["document"]] = found.get(row["document"], 0) + row["end"] - row["start"]
        return found

    def _file(self, split: str, name_of: Callable[[str], str]) -> Path:
        if split not in self._splits:
            raise GlaswerkError(f"the shards have no split {split!r}; they have {', '.join(self._splits)}")
        return self.folder / name_of(split)
