"""Tokens that only `tokenizer_config.json` names: `transformers` adds them when it loads a tokenizer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.core.errors import GlaswerkError

_FLAGS = ("single_word", "lstrip", "rstrip", "normalized")
_MOST = 1 << 24


def with_added_tokens(content: str, config: Mapping[str, Any], where: str) -> str:
    """The content of `tokenizer.json` with the tokens that `added_tokens_decoder` of `config` has beyond it.

    where: the config's file, for errors. Raises GlaswerkError for ids that are none or belong to others.
    """
    said = config.get("added_tokens_decoder")
    data = _object(content)
    if not isinstance(said, dict) or data is None:
        return content
    known = {entry.get("content") for entry in data["added_tokens"] if isinstance(entry, dict)}
    vocabulary = data["model"]["vocab"]
    new = [entry for entry in _entries(said, where) if entry["content"] not in known]
    new.sort(key=lambda entry: int(entry["id"]))
    ids = [*vocabulary.values(), *(e.get("id") for e in data["added_tokens"] if isinstance(e, dict))]
    # The library gives a new token the next free id, whatever the file says.
    free = 1 + max((number for number in ids if isinstance(number, int)), default=-1)
    for entry in new:
        expected = vocabulary.get(entry["content"], free)
        if entry["id"] != expected:
            raise GlaswerkError(
                f"expected the id {expected!r} for {entry['content']!r:.60} in {where}, found {entry['id']}: "
                "other ids are taken by tokenizer.json or leave a gap",
                hint="download tokenizer.json and tokenizer_config.json again, from one revision",
            )
        free += expected == free
    if not new:
        return content
    added = sorted([*data["added_tokens"], *new], key=lambda entry: int(entry["id"]))
    return json.dumps({**data, "added_tokens": added}, ensure_ascii=False)


def _object(content: str) -> dict[str, Any] | None:
    """The parsed file if it is a BPE tokenizer; `Tokenizer.load` refuses any other with words."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(data, dict) and isinstance(data.get("added_tokens"), list)
    model = data.get("model") if whole else None
    return data if isinstance(model, dict) and isinstance(model.get("vocab"), dict) else None


def _entries(said: Mapping[str, Any], where: str) -> Iterator[dict[str, Any]]:
    for key, entry in said.items():
        number = int(key) if key.isascii() and key.isdecimal() and len(key) < 9 else -1
        content = entry.get("content") if isinstance(entry, dict) else None
        if not 0 <= number < _MOST or not isinstance(content, str) or not content:
            raise GlaswerkError(
                f"expected a token id from 0 to {_MOST - 1:,} with its content in added_tokens_decoder of "
                f"{where}, found {key!r:.40}: {entry!r:.60}",
                hint="download tokenizer_config.json again",
            )
        flags = {flag: bool(entry.get(flag)) for flag in _FLAGS}
        yield {"id": number, "content": content, **flags, "special": bool(entry.get("special"))}
