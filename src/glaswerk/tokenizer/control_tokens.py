"""Control tokens: which tokens of a stranger's tokenizer are one, and how no text becomes one of them.

`tokenizers` does not split texts at special tokens if asked, but a name that is in the vocabulary as well is
still found there: by a Unigram model always, by BPE if merges make it, by WordPiece and WordLevel as a word.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

# A token between two messages looks so in every family: <eos>, <|im_end|>, </s>, [INST], <start_of_turn>.
_LOOKS = re.compile(r"<\|?[^<>|\s]{1,60}\|?>|\[/?[A-Z_]{1,40}\]")
# What an answer may contain itself, and byte pieces.
_CONTENT = re.compile(r"</?think(?:ing)?>|<0x[0-9A-Fa-f]{2}>")
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")


def with_control_tokens(
    data: Mapping[str, Any], named: Collection[str], rendered: Sequence[str]
) -> dict[str, Any]:
    """`tokenizer.json` in which every control token is a special token.

    named: what the config names (bos_token, …); rendered: texts of a dialogue without answers, as the chat
    template writes them. What is there around the messages is a control token, whatever the file calls it.
    """
    ids = _ids(data["model"])
    added = [dict(entry) for entry in data["added_tokens"]]
    known = {entry["content"] for entry in added}
    around = {name for text in rendered for name in _LOOKS.findall(text) if name in ids}
    around |= {name for name in known if name and any(name in text for text in rendered)}
    control = {name for name in (*named, *around) if name and not _CONTENT.fullmatch(name)}
    for entry in added:
        entry["special"] = bool(entry.get("special")) or entry["content"] in control
    new = sorted((ids[name], name) for name in control - known if name in ids)
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added += [{"id": number, "content": name, **flags} for number, name in new]
    return {**data, "added_tokens": sorted(added, key=lambda entry: int(entry["id"]))}


def out_of_reach(data: Mapping[str, Any], special: Mapping[str, int]) -> Mapping[str, Any]:
    """`data` with the special tokens under names that no text contains; `data` itself if none is in the
    vocabulary. All ids stay, and so does what every other text becomes."""
    model, numbers = data["model"], set(special.values())
    hidden = {
        name: f"{secrets.token_hex(16)}{number}" for name, number in _ids(model).items() if number in numbers
    }
    if not hidden:
        return data
    added = [
        {**entry, "content": hidden.get(entry["content"], entry["content"])} for entry in data["added_tokens"]
    ]
    return {**data, "added_tokens": added, "model": {**model, **_renamed(model, hidden)}}


def _renamed(model: Mapping[str, Any], hidden: Mapping[str, str]) -> dict[str, Any]:
    vocabulary = model["vocab"]
    found: dict[str, Any] = {}
    if isinstance(vocabulary, Mapping):
        found["vocab"] = {hidden.get(name, name): number for name, number in vocabulary.items()}
    else:
        found["vocab"] = [[hidden.get(piece, piece), score] for piece, score in vocabulary]
    if isinstance(model.get("unk_token"), str):
        found["unk_token"] = hidden.get(model["unk_token"], model["unk_token"])
    if "merges" in model:
        found["merges"] = list(_merges(model, hidden))
    return found


def _merges(model: Mapping[str, Any], hidden: Mapping[str, str]) -> Iterator[Any]:
    """The merges without those that take or make a hidden token, or a byte piece, which only bytes become."""
    prefix = model.get("continuing_subword_prefix") or ""
    for merge in model["merges"]:
        left, right = merge.split(" ", 1) if isinstance(merge, str) else merge
        made = left + right.removeprefix(prefix)
        if hidden.keys().isdisjoint((left, right, made)) and not (
            model.get("byte_fallback") and _BYTE.fullmatch(made)
        ):
            yield merge


def _ids(model: Mapping[str, Any]) -> dict[str, int]:
    """The id of each entry of the vocabulary: a table, or the list of a Unigram model."""
    vocabulary = model["vocab"]
    if isinstance(vocabulary, Mapping):
        return dict(vocabulary)
    return {entry[0]: number for number, entry in enumerate(vocabulary)}
