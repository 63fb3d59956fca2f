"""Convert a tokenizer folder to the metadata of a GGUF file.

llama.cpp identifies a split rule by name. Its own converter finds the name by hashing token ids, so it
refuses every tokenizer that it has not seen. Here the rule itself is compared with the rules behind the
names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import CHAT_TEMPLATE, TOKENIZER
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.from_gguf import PRE_TOKENIZERS
from glaswerk.tokenizer.tokenizer import Tokenizer

_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5


@dataclass(frozen=True, slots=True)
class GgufTokenizer:
    """The values for `tokenizer.ggml.*`: `tokens` and `kinds` indexed by id, `merges` as "left right"."""

    pre: str
    tokens: list[str]
    kinds: list[int]
    merges: list[str]
    start_id: int
    end_id: int
    turn_end_id: int
    opens: bool
    template: str


def tokenizer_to_gguf(folder: Path, rows: int) -> GgufTokenizer:
    """The tokenizer in `folder` for a network with `rows` embeddings.

    Ids without a token are named as llama.cpp's converter names them ("[PAD…]"). Raises GlaswerkError if the
    tokenizer is not byte-level BPE or its split rule has no name in GGUF.
    """
    data = json.loads((folder / TOKENIZER).read_text(encoding="utf-8"))
    tokenizer = Tokenizer.load(folder)
    vocab = {token: i for token, i in data["model"]["vocab"].items()}
    added = {entry["content"]: entry for entry in data["added_tokens"]}
    vocab |= {name: entry["id"] for name, entry in added.items()}
    by_id = {i: token for token, i in vocab.items()}
    kinds = {name: _CONTROL if entry["special"] else _USER_DEFINED for name, entry in added.items()}
    tokens = [by_id.get(i, f"[PAD{i}]") for i in range(rows)]
    template = folder / CHAT_TEMPLATE
    return GgufTokenizer(
        pre=_rule(data),
        tokens=tokens,
        kinds=[kinds.get(token, _NORMAL) if i in by_id else _UNUSED for i, token in enumerate(tokens)],
        merges=[pair if isinstance(pair, str) else " ".join(pair) for pair in data["model"]["merges"]],
        start_id=tokenizer.start_id,
        end_id=tokenizer.end_id,
        turn_end_id=tokenizer.turn_end_id,
        opens=tokenizer.start_id != tokenizer.end_id,
        template=template.read_text(encoding="utf-8") if template.exists() else "",
    )


def _rule(data: dict[str, Any]) -> str:
    """The name of the split rule. How the rule reports offsets does not matter."""
    found = data.get("pre_tokenizer") or {}
    steps = [_essence(step) for step in found.get("pretokenizers", [found])]
    for name, known in PRE_TOKENIZERS.items():
        if steps == [_essence(step) for step in known] and _is_normal(data.get("normalizer"), name):
            return name
    raise GlaswerkError(
        "GGUF has no name for this tokenizer's split rule",
        hint="serve the Hugging Face folder directly; it needs no GGUF",
    )


def _essence(step: dict[str, Any]) -> dict[str, Any]:
    chosen = {key: value for key, value in step.items() if key != "trim_offsets"}
    return chosen | {"behavior": str(chosen["behavior"]).capitalize()} if "behavior" in chosen else chosen


def _is_normal(normalizer: Any, name: str) -> bool:
    # Qwen's tokenizers first compose characters (NFC). llama.cpp's "qwen2" skips this for all of them.
    return normalizer is None or (name == "qwen2" and normalizer == {"type": "NFC"})
