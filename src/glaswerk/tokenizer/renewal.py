"""Tokenizers after a deletion: entries that only forgotten text needed go, and every other id stays.

An entry that no remaining document needs is replaced by one that no text can produce. Remaining documents are
encoded as before, so that models can be trained further, and a replay keeps its order.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.artifact_files import TOKENIZER
from glaswerk.core.document import Message
from glaswerk.core.files import write_atomic
from glaswerk.core.progress import track
from glaswerk.data.store.corpus import read_documents
from glaswerk.data.store.families import SHARD_SPLITS
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lineage.stages import ADOPTED
from glaswerk.tokenizer.backends import BYTES
from glaswerk.tokenizer.shards import Encoder, Shards, batched_documents
from glaswerk.tokenizer.tokenizer import Tokenizer
from glaswerk.tokenizer.tokenizer_files import copy_tokenizer

RECIPE = "renew-tokenizer/1"
# The key in the config of a renewed tokenizer: `of`, the id of the tokenizer as it was trained.
RENEWED = "renewed"
# The figure of how many entries were removed, of tokenizers and of models.
REMOVED = "entries_removed"
# Bytes that UTF-8 never has, as letters of a byte-level vocabulary: no text is encoded with them, and a model
# that still writes such an id writes U+FFFD.
_NEVER = "".join(letter for letter, byte in BYTES.items() if byte >= 0xF8)
# Tokens counted at once.
_PIECE = 1 << 22
_TURNS: tuple[Message, ...] = tuple(
    Message(role=role, content="") for role in ("system", "user", "assistant", "tool")
)


def trained_id(lab: Lab, identifier: str) -> str:
    """The id of a tokenizer as it was trained: two with the same one give the same ids to every token."""
    rows = lab.ledger.rows("SELECT config FROM artifact WHERE id = ?", identifier)
    config = lab.ledger.parsed(rows[0]["config"]) if rows else {}
    return str(config.get(RENEWED, {}).get("of", identifier))


def corpus_of(lab: Lab, tokenizer: Artifact) -> Artifact | None:
    """The present corpus of the name that a tokenizer was trained on; None if it is adopted or gone."""
    wanted = tokenizer.inputs.get("corpus", "")
    rows = lab.ledger.rows("SELECT name FROM artifact WHERE id = ? AND kind = 'corpus'", wanted)
    there = {made.id: made for made in lab.all("corpus")}
    return there.get(wanted) or (lab.find("corpus", str(rows[0]["name"])) if rows else None)


def renew_tokenizer(lab: Lab, tokenizer: Artifact, *, drop: bool) -> Artifact | None:
    """The tokenizer for the rebuilt corpus that it was trained on; None if that is not needed or possible.

    With `drop`, entries go that no document of any corpus needs. All other entries keep their ids.
    """
    corpus = corpus_of(lab, tokenizer)
    if corpus is None or corpus.id == tokenizer.inputs["corpus"]:
        return None
    renewed = {"of": trained_id(lab, tokenizer.id), "from": tokenizer.id, "drop": drop}
    spec = Spec(
        "tokenizer", tokenizer.name, RECIPE, {"corpus": corpus.id}, {**tokenizer.config, RENEWED: renewed}
    )

    def write(folder: Path) -> Mapping[str, Any]:
        copy_tokenizer(tokenizer.path, folder)
        gone = _drop(folder, _needed(lab, tokenizer.path)) if drop else 0
        before = int(tokenizer.stats.get(REMOVED, 0))
        return {**tokenizer.stats, REMOVED: before + gone}

    return lab.make(spec, write)


def entries_only_in(lab: Lab, documents: Collection[str]) -> dict[str, int]:
    """By tokenizer, how many entries occur in the shards of `documents` only; counted from their tokens."""
    found = {}
    for tokenizer in lab.all("tokenizer"):
        packed = [made for made in lab.all("shards") if made.inputs.get("tokenizer") == tokenizer.id]
        if packed and tokenizer.config.get("stage") != ADOPTED:
            theirs, others = _used(packed, documents, int(tokenizer.stats["vocab_size"]))
            pairs = _pairs(_read(tokenizer.path))
            gone = _with_parts(theirs, pairs) - _with_parts(others, pairs)
            found[tokenizer.name] = len(gone & set(pairs))
    return {name: count for name, count in found.items() if count}


def lacks_only_dropped(vocabulary: Path, renewed: Path) -> bool:
    """Whether the tokenizer in folder `renewed` is that in `vocabulary` without some entries."""
    old, new = (_read(folder)["model"]["vocab"] for folder in (vocabulary, renewed))
    ids = {identifier: token for token, identifier in new.items()}
    differing = [i for token, i in old.items() if ids.get(i) != token]
    return len(old) == len(new) and bool(differing) and all(_is_unused(ids.get(i, "")) for i in differing)


def _needed(lab: Lab, folder: Path) -> set[int]:
    """Ids that the documents of any corpus, or the marks of a dialogue's turns, are encoded with."""
    tokenizer = Tokenizer.load(folder)
    found = np.zeros(tokenizer.vocab_size, bool)
    found[tokenizer.render_chat(_TURNS, prompt=True)] = True
    encoder = Encoder(tokenizer)
    for corpus in lab.all("corpus"):
        rows = (document for split in SHARD_SPLITS for document in read_documents(corpus.path, split))
        for part in batched_documents(track(rows, f"entries of {corpus.name}", unit="document")):
            for _, tokens, _ in encoder(part):
                found[tokens] = True
    return set(np.flatnonzero(found).tolist())


def _used(packed: Sequence[Artifact], documents: Collection[str], size: int) -> tuple[set[int], set[int]]:
    """The ids in the spans of `documents`, and those in all others."""
    wanted = set(documents)
    theirs, all_of_them = np.zeros(size, np.int64), np.zeros(size, np.int64)
    for made in packed:
        shards = Shards.open(made.path)
        for split in shards.splits():
            tokens = shards.tokens(split)
            for start in range(0, len(tokens), _PIECE):
                all_of_them += np.bincount(tokens[start : start + _PIECE], minlength=size)
            for name, start, end in zip(*shards.spans(split), strict=True):
                if name in wanted:
                    theirs += np.bincount(tokens[start:end], minlength=size)
    return set(np.flatnonzero(theirs).tolist()), set(np.flatnonzero(all_of_them > theirs).tolist())


def _drop(folder: Path, needed: set[int]) -> int:
    """Replace the merged entries that are not `needed`, nor part of one that is; returns how many."""
    data = _read(folder)
    model, pairs = data["model"], _pairs(data)
    kept = _with_parts(needed, pairs)
    gone = {i for i in pairs if i not in kept}
    vocab = model["vocab"]
    model["merges"] = [pair for pair in model["merges"] if vocab["".join(_pair(pair))] not in gone]
    # Those that were replaced before have no merges and stay as they are.
    model["vocab"] = {_unused(i) if i in gone else token: i for token, i in vocab.items()}
    write_atomic(folder / TOKENIZER, json.dumps(data, indent=2, ensure_ascii=False))
    return len(gone)


def _pairs(data: Mapping[str, Any]) -> dict[int, list[tuple[int, int]]]:
    """By merged entry, the pairs of entries that it is merged from."""
    vocab, found = data["model"]["vocab"], dict[int, list[tuple[int, int]]]()
    for left, right in map(_pair, data["model"]["merges"]):
        found.setdefault(vocab[left + right], []).append((vocab[left], vocab[right]))
    return found


def _with_parts(ids: Iterable[int], pairs: Mapping[int, list[tuple[int, int]]]) -> set[int]:
    """`ids` and all entries that they are merged from."""
    found, new = set(ids), set(ids)
    while new:
        new = {part for i in new for pair in pairs.get(i, ()) for part in pair} - found
        found |= new
    return found


def _pair(merge: Any) -> Sequence[str]:
    return merge.split(" ") if isinstance(merge, str) else merge


def _unused(identifier: int) -> str:
    """An entry that no text is encoded with: the number in the digits of `_NEVER`."""
    digits = list(_digits(identifier))
    return _NEVER[-1] + "".join(_NEVER[digit] for digit in digits)


def _digits(number: int) -> Iterator[int]:
    while number:
        number, digit = divmod(number, len(_NEVER))
        yield digit


def _is_unused(token: str) -> bool:
    return token.startswith(_NEVER[-1]) and len(token) > 1 and set(token) <= set(_NEVER)


def _read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    return found
