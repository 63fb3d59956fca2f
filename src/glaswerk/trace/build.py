"""Build the trace index: suffix arrays over all tokens that training uses. The shards keep the tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import pack_command
from glaswerk.core.progress import progress_bar
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.trace.matched_documents import copies_of
from glaswerk.trace.segments import (
    SEGMENT_TOKENS,
    Part,
    cuts,
    digest_tokens,
    has_arrays,
    take_arrays,
    write_arrays,
    write_parts,
)
from glaswerk.trace.suffix_array import Integers
from glaswerk.trace.word_tokens import tokenize_words

# Training does not use validation splits, so a match in them is not a match in training data.
_TRAINED_SPLITS = ("train", "chat", "preference")
_LAST = np.iinfo(np.int64).max
# Documents, and tokens of each, that are checked for whether words can be looked up.
_LOOKS, _LOOK = 32, 256


def build(lab: Lab, shards: Artifact, *, segment_tokens: int = SEGMENT_TOKENS) -> Artifact:
    """Build the trace of `shards`: suffix arrays over the tokens of each split that training uses.

    Splits are cut into segments (see `trace.segments`); segments that another trace of the lab or an
    interrupted run has already built are reused. Also written: `<split>.age.npy` (int32, each document's rank
    by date), `<split>.copies.npy` (int32, how many duplicates of it curation dropped) and `<split>.begin.npy`
    (int64, the token from which each document counts, see `_begins`).

    Raises GlaswerkError if the corpus or tokenizer of the shards is gone, and for tokenizers that merge
    words.
    """
    if segment_tokens < 1:
        raise GlaswerkError(f"expected at least 1 token per segment, found {segment_tokens}")
    corpus = parent(lab, shards, "corpus", hint=pack_command(shards.name))
    tokenizer = Tokenizer.load(parent(lab, shards, "tokenizer", hint=pack_command(shards.name)).path)
    _check_words(tokenizer, Shards.open(shards.path), shards.name)
    config = {} if segment_tokens == SEGMENT_TOKENS else {"segment_tokens": segment_tokens}
    spec = Spec("trace", shards.name, "trace/3", {"shards": shards.id}, config)
    there = [trace.path for trace in lab.all("trace")]
    with lab.scratch(spec) as made:
        return lab.make(
            spec,
            lambda folder: _write(
                folder,
                Shards.open(shards.path),
                corpus.path,
                [made, *there],
                segment_tokens,
                _opening(tokenizer),
            ),
        )


def parent(lab: Lab, artifact: Artifact, kind: ArtifactKind, *, hint: str) -> Artifact:
    """The input of `artifact` of this kind. Raises GlaswerkError if it is gone or was rebuilt since."""
    wanted = artifact.inputs.get(kind)
    found = next((a for a in lab.all(kind) if a.id == wanted), None)
    if found is None:
        raise GlaswerkError(
            f"the {artifact.kind} {artifact.name!r} is stale: it was made from the {kind} {wanted}, "
            "which is no longer in the lab",
            hint=hint,
        )
    return found


def trained_splits(shards: Shards) -> list[str]:
    """The splits that a trace covers, in the order in which their documents are shown."""
    return [split for split in _TRAINED_SPLITS if split in shards.splits()]


def _check_words(tokenizer: Tokenizer, packed: Shards, shards: str) -> None:
    """Raises GlaswerkError if words are tokenised differently alone and in a text (see `tokenize_words`)."""
    if "train" not in packed.splits():
        return
    _, starts, ends = packed.spans("train")
    tokens = packed.tokens("train")
    looked = [tokens[a : min(b, a + _LOOK)].tolist() for a, b in zip(starts[:_LOOKS], ends, strict=False)]
    # A few unusual documents may differ; most must not.
    if 2 * sum(_joins(tokenizer, ids) for ids in looked) > len(looked):
        raise GlaswerkError(
            f"the tokenizer of the shards {shards!r} merges words, so no word can be looked up in them",
            hint="glaswerk tokenizer && glaswerk pack && glaswerk index",
        )


def _joins(tokenizer: Tokenizer, ids: list[int]) -> bool:
    """Whether words after the first are tokenised differently alone; the last may be cut and is ignored."""
    words = tokenize_words(tokenizer.decode(ids), tokenizer.encode)
    alone = words.tokens[: words.borders[-2]].tolist() if len(words.words) > 2 else []
    return not any(ids[at : at + len(alone)] == alone for at in range(len(ids) - len(alone) + 1))


def _opening(tokenizer: Tokenizer) -> Integers:
    """The tokens before the user's first words in a dialogue: some templates write a system turn there."""
    try:
        one, other = (
            tokenizer.render_chat([Message(role="user", content=text)], prompt=False) for text in ("a", "Zz")
        )
    except GlaswerkError:
        # Without a chat template the shards have no dialogues.
        return np.zeros(0, np.int64)
    shared = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    head = one[:shared]
    # Of the user's turn, only the role name is included, which no search matches (see `word_boundaries`).
    written = head[: head.index(tokenizer.turn_id)] if head.count(tokenizer.turn_id) == 1 else head
    return np.array(head if set(written) - tokenizer.special_ids else [], np.int64)


def _write(
    folder: Path, shards: Shards, corpus: Path, there: list[Path], limit: int, opening: Integers
) -> Mapping[str, Any]:
    """there: folders that may have finished segments; new ones are written to the first."""
    dates, copies = _dates(corpus), copies_of(corpus)
    splits = trained_splits(shards)
    for split in splits:
        ids = shards.spans(split)[0]
        np.save(folder / f"{split}.age.npy", _ages(ids, dates))
        np.save(folder / f"{split}.copies.npy", np.array([copies.get(i, 0) for i in ids], np.int32))
        np.save(folder / f"{split}.begin.npy", _begins(shards, split, opening))
    counts = {split: len(shards.tokens(split)) for split in splits}
    parts, reused = [], 0
    with progress_bar("suffix order, tokens", sum(counts.values())) as bar:
        for part in _parts(shards, splits, limit):
            tokens = shards.tokens(part.split)[part.start : part.end]
            at = next((path for path in there if has_arrays(path, part)), None)
            if at is None:
                write_arrays(there[0], part, tokens, shards.vocab_size)
            if not has_arrays(folder, part):
                take_arrays(at or there[0], part, folder)
            parts.append(part)
            reused += at is not None
            bar.advance(part.end - part.start)
    write_parts(folder, parts)
    return {"tokens": counts, "segments": len(parts), "reused": reused}


def _parts(shards: Shards, splits: list[str], limit: int) -> Iterator[Part]:
    for split in splits:
        ids, _, ends = shards.spans(split)
        tokens = shards.tokens(split)
        for start, end in cuts(ids, ends + 1, limit):
            yield Part(split, start, end, digest_tokens(tokens[start:end], shards.vocab_size))


def _begins(shards: Shards, split: str, opening: Integers) -> Integers:
    """For each document, the token from which its words count, shape (documents,).

    Usually its first token. In a dialogue that begins with `opening`, which the template wrote, the token
    after it. In the rejected side of a pair the first token of the answer, as the chosen side has the same
    prompt.
    """
    _, starts, ends = shards.spans(split)
    if split == "train":
        return starts
    begins, tokens = starts.copy(), shards.tokens(split)
    fits = ends - starts >= len(opening)
    places = starts[fits, None] + np.arange(len(opening))
    begins[fits] += len(opening) * (tokens[places] == opening).all(axis=1)
    if split == "preference":
        mask = shards.mask(split)
        for i in range(1, len(starts), 2):
            begins[i] = starts[i] + int(np.argmax(mask[starts[i] : ends[i]]))
    return begins


def _dates(corpus: Path) -> dict[str, int]:
    """Creation times in microseconds by document id; documents without one sort last."""
    rows = pq.read_table(corpus / DOCUMENTS, columns=["id", "created_at"]).to_pylist()
    return {
        row["id"]: _LAST if row["created_at"] is None else int(row["created_at"].timestamp() * 1e6)
        for row in rows
    }


def _ages(ids: list[str], dates: Mapping[str, int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """Each document's rank by (date, id), so that the choice of documents is deterministic."""
    order = sorted(range(len(ids)), key=lambda i: (dates.get(ids[i], _LAST), ids[i]))
    ages = np.empty(len(ids), np.int32)
    ages[order] = np.arange(len(ids))
    return ages
