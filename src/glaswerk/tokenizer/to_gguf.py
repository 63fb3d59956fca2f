"""Convert a tokenizer folder to the metadata of a GGUF file.

llama.cpp identifies a split rule by name. Its own converter finds the name by hashing token ids, so it
refuses every tokenizer that it has not seen. Here the rule itself is compared with the rules behind the
names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import CHAT_TEMPLATE, TOKENIZER
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.from_gguf import PRE_TOKENIZERS
from glaswerk.tokenizer.piece_table import (
    BYTE,
    CONTROL,
    NORMAL,
    SPACE,
    UNUSED,
    USER_DEFINED,
    PieceTable,
    merges_of,
)
from glaswerk.tokenizer.tokenizer import Tokenizer

_BYTE = re.compile(r"<0x[0-9A-F]{2}>")
_PREPEND = {"type": "Prepend", "prepend": SPACE}


@dataclass(frozen=True, slots=True)
class GgufTokenizer:
    """The values for `tokenizer.ggml.*`: `tokens`, `kinds` and `scores` by id, `merges` as "left right".

    model: "gpt2" with merges, or "llama" with scores, which is SentencePiece's; prefix: for "llama", whether
    a space is put before every text.
    """

    pre: str
    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    start_id: int
    end_id: int
    turn_end_id: int
    opens: bool
    template: str
    model: str = "gpt2"
    scores: Sequence[float] = ()
    prefix: bool = False


def tokenizer_to_gguf(folder: Path, rows: int) -> GgufTokenizer:
    """The tokenizer in `folder` for a network with `rows` embeddings.

    Ids without a token are named as llama.cpp's converter names them ("[PAD…]"). Raises GlaswerkError if the
    tokenizer is no BPE, or its split rule or its order of merges has no name in GGUF.
    """
    data = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    tokenizer = Tokenizer.load(folder)
    if data["model"].get("type") != "BPE":
        raise _nameless(f"tokenizer of type {data['model'].get('type')!r:.40}")
    vocab = {token: i for token, i in data["model"]["vocab"].items()}
    added = {entry["content"]: entry for entry in data["added_tokens"]}
    vocab |= {name: entry["id"] for name, entry in added.items()}
    by_id = {i: token for token, i in vocab.items()}
    kinds = {name: CONTROL if entry["special"] else USER_DEFINED for name, entry in added.items()}
    tokens = [by_id.get(i, f"[PAD{i}]") for i in range(rows)]
    template = folder / CHAT_TEMPLATE
    if pieces := _pieces(data, tokens, by_id):
        return replace(
            pieces,
            start_id=tokenizer.start_id,
            end_id=tokenizer.end_id,
            turn_end_id=tokenizer.turn_end_id,
            opens=tokenizer.opens,
            template=template.read_text(encoding="utf-8") if template.exists() else "",
        )
    return GgufTokenizer(
        pre=_rule(data),
        tokens=tokens,
        kinds=[kinds.get(token, NORMAL) if i in by_id else UNUSED for i, token in enumerate(tokens)],
        merges=[pair if isinstance(pair, str) else " ".join(pair) for pair in data["model"]["merges"]],
        start_id=tokenizer.start_id,
        end_id=tokenizer.end_id,
        turn_end_id=tokenizer.turn_end_id,
        opens=tokenizer.opens,
        template=template.read_text(encoding="utf-8") if template.exists() else "",
    )


def _rule(data: dict[str, Any]) -> str:
    """The name of the split rule. How the rule reports offsets does not matter."""
    found = data.get("pre_tokenizer") or {}
    steps = [_essence(step) for step in found.get("pretokenizers", [found])]
    for name, known in PRE_TOKENIZERS.items():
        if steps == [_essence(step) for step in known] and _is_normal(data.get("normalizer"), name):
            return name
    raise _nameless("tokenizer's split rule")


def _nameless(what: str) -> GlaswerkError:
    return GlaswerkError(
        f"GGUF has no name for this {what}", hint="serve the Hugging Face folder directly; it needs no GGUF"
    )


def _pieces(data: dict[str, Any], tokens: list[str], by_id: Mapping[int, str]) -> GgufTokenizer | None:
    """A SentencePiece tokenizer; None for one that changes or splits texts in another way.

    GGUF has a score for each piece, not an order of merges. Raises GlaswerkError if the scores would merge
    other pairs, or in another order.
    """
    prefix = _prefix_of(data)
    if prefix is None:
        return None
    own = {entry["id"]: USER_DEFINED if not entry["special"] else CONTROL for entry in data["added_tokens"]}
    bytes_too = data["model"].get("byte_fallback")
    made = dict.fromkeys(_joined(pair) for pair in data["model"]["merges"])
    ranks = {piece: -float(rank) for rank, piece in enumerate(made)}
    lowest = -float(len(ranks))
    kinds = [
        UNUSED if i not in by_id else own.get(i) or (BYTE if bytes_too and _BYTE.fullmatch(token) else NORMAL)
        for i, token in enumerate(tokens)
    ]
    scores = [
        ranks.get(token, lowest) if kind == NORMAL else 0.0 for token, kind in zip(tokens, kinds, strict=True)
    ]
    if kinds.count(BYTE) < 256:
        raise _nameless("tokenizer without a piece for each byte")
    table = PieceTable(tokens, scores, kinds, prefix)
    table.check("the tokenizer")
    if _order(merges_of(table)) != _order(map(_pair, data["model"]["merges"])):
        raise _nameless("tokenizer's order of merges: scores of pieces would merge other pairs")
    return GgufTokenizer("default", tokens, kinds, [], 0, 0, 0, False, "", "llama", scores, prefix)


def _prefix_of(data: dict[str, Any]) -> bool | None:
    """Whether a SentencePiece tokenizer puts a space before texts; None if it is not one that GGUF has."""
    found = data.get("normalizer") or {}
    steps = found.get("normalizers", [found])
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    # Gemma's rule splits at spaces, of which its normaliser has left none.
    idle = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    if data.get("pre_tokenizer") not in (None, idle) or not steps or steps[-1] != spaces:
        return None
    return steps[:-1] == [_PREPEND] if steps[:-1] in ([], [_PREPEND]) else None


def _pair(merge: str | list[str]) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _joined(merge: str | list[str]) -> str:
    return "".join(_pair(merge))


def _order(merges: Iterable[tuple[str, str]]) -> list[tuple[str, set[tuple[str, str]]]]:
    """The pairs that make each piece, by piece in order of its first pair."""
    found: dict[str, set[tuple[str, str]]] = {}
    for pair in merges:
        found.setdefault("".join(pair), set()).add(pair)
    return list(found.items())


def _essence(step: dict[str, Any]) -> dict[str, Any]:
    chosen = {key: value for key, value in step.items() if key != "trim_offsets"}
    return chosen | {"behavior": str(chosen["behavior"]).capitalize()} if "behavior" in chosen else chosen


def _is_normal(normalizer: Any, name: str) -> bool:
    # Qwen's tokenizers first compose characters (NFC). llama.cpp's "qwen2" skips this for all of them.
    return normalizer is None or (name == "qwen2" and normalizer == {"type": "NFC"})
