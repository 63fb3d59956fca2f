"""Convert the tokenizer in a GGUF file's metadata to Hugging Face tokenizer files.

GGUF gives only the name of the split rule; llama.cpp's source defines what the names mean
(src/llama-vocab.cpp). `transformers` 5.23 splits "smollm" without its rule for digits, so we do not use it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.piece_table import PieceTable, opening_processor, tokenizer_json
from glaswerk.tokenizer.tokenizer import SPLIT_PATTERN

_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_LLAMA3_NAMES = ("llama-bpe", "llama3", "llama-v3")
_DIGITS = {"type": "Digits", "individual_digits": True}
_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
_GPT2 = {**_BYTES, "use_regex": True}


def _split(pattern: str) -> list[dict[str, Any]]:
    return [{"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}, _BYTES]


PRE_TOKENIZERS: Mapping[str, list[dict[str, Any]]] = {
    "gpt-2": [_GPT2],
    **{name: [_DIGITS, _GPT2] for name in ("smollm", "starcoder")},
    **{name: _split(SPLIT_PATTERN) for name in ("qwen2", "deepseek-r1-qwen")},
    **{name: _split(_LLAMA3) for name in _LLAMA3_NAMES},
}
_CONTROL, _USER_DEFINED = 3, 4
_NAMED = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "pad_token": "padding_token_id",
    "unk_token": "unknown_token_id",
}


@dataclass(frozen=True, slots=True)
class TokenizerFiles:
    """Content of `tokenizer.json` and `tokenizer_config.json`; the chat template, or "" without one."""

    tokenizer: str
    config: Mapping[str, Any]
    template: str


def tokenizer_from_gguf(metadata: Mapping[str, Any], where: str) -> TokenizerFiles:
    """The tokenizer files for GGUF metadata; `where` names the file in errors.

    Raises GlaswerkError if the tokenizer is no BPE, byte-level or SentencePiece's, or its tables are
    inconsistent.
    """
    if metadata.get("tokenizer.ggml.model") == "llama":
        return _sentencepiece(metadata, where)
    model, pre = metadata.get("tokenizer.ggml.model"), metadata.get("tokenizer.ggml.pre", "gpt-2")
    if model != "gpt2" or pre not in PRE_TOKENIZERS:
        raise GlaswerkError(
            f"expected a 'llama' tokenizer in {where}, or a 'gpt2' one with one of the split rules "
            f"{', '.join(PRE_TOKENIZERS)}; found {model!r} with {pre!r}",
            hint="adopt the model's Hugging Face folder, which has its tokenizer.json",
        )
    tokens = _texts(metadata, "tokens", where)
    merges = [tuple(pair.split(" ")) for pair in _texts(metadata, "merges", where)]
    if len(set(tokens)) < len(tokens) or any(len(pair) != 2 for pair in merges):
        raise GlaswerkError(f"the tokenizer in {where} has a duplicate token or a merge that is not a pair")
    named = {ours: _token(tokens, metadata.get(f"tokenizer.ggml.{key}")) for ours, key in _NAMED.items()}
    opening = metadata.get("tokenizer.ggml.add_bos_token", pre in _LLAMA3_NAMES)
    data = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "normalizer": None,
        "added_tokens": _added(tokens, metadata.get("tokenizer.ggml.token_type"), where),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": PRE_TOKENIZERS[pre]},
        "post_processor": opening_processor(named["bos_token"], tokens.index(named["bos_token"]))
        if opening and named["bos_token"]
        else None,
        "decoder": _BYTES,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": pre in _LLAMA3_NAMES,
            "vocab": {token: i for i, token in enumerate(tokens)},
            "merges": merges,
        },
    }
    template = metadata.get("tokenizer.chat_template", "")
    return TokenizerFiles(
        json.dumps(data, ensure_ascii=False),
        {key: name for key, name in named.items() if name},
        template if isinstance(template, str) else "",
    )


def _sentencepiece(metadata: Mapping[str, Any], where: str) -> TokenizerFiles:
    """llama.cpp's "llama": SentencePiece's BPE, with a space before every text unless the file says no."""
    tokens = _texts(metadata, "tokens", where)
    scores, kinds = (
        found if isinstance(found := metadata.get(f"tokenizer.ggml.{key}"), list) else []
        for key in ("scores", "token_type")
    )
    table = PieceTable(
        tokens, scores, kinds, prefix=metadata.get("tokenizer.ggml.add_space_prefix", True) is True
    )
    table.check(where)
    named = {ours: _token(tokens, metadata.get(f"tokenizer.ggml.{key}")) for ours, key in _NAMED.items()}
    opens = metadata.get("tokenizer.ggml.add_bos_token", True)
    template = metadata.get("tokenizer.chat_template", "")
    return TokenizerFiles(
        tokenizer_json(table, named["bos_token"] if opens else ""),
        {key: name for key, name in named.items() if name},
        template if isinstance(template, str) else "",
    )


def _texts(metadata: Mapping[str, Any], key: str, where: str) -> list[str]:
    found = metadata.get(f"tokenizer.ggml.{key}")
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        raise GlaswerkError(
            f"{where} has no tokenizer: its metadata lacks tokenizer.ggml.{key}",
            hint="adopt a file that includes its tokenizer, or the model's Hugging Face folder",
        )
    return found


def _token(tokens: list[str], identifier: Any) -> str:
    known = isinstance(identifier, int) and 0 <= identifier < len(tokens)
    return tokens[identifier] if known else ""


def _added(tokens: list[str], kinds: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(kinds, list) or len(kinds) != len(tokens):
        raise GlaswerkError(f"expected {len(tokens):,} token types in {where}, one per token (token_type)")
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return [
        {"id": i, "content": token, **flags, "special": kind == _CONTROL}
        for i, (token, kind) in enumerate(zip(tokens, kinds, strict=True))
        if kind in (_CONTROL, _USER_DEFINED)
    ]
